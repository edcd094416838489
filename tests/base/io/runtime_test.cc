#include "base/io/runtime.h"

#include "tests/base/io/backend.h"

namespace weir::io {
namespace {

struct RuntimeTest : OnEveryBackend {};

TEST_P(RuntimeTest, TimersFireInOrderOfDueThenOfArming) {
  std::vector<int> order;
  Timer c([&] { order.push_back(3); }), a([&] { order.push_back(1); }), b([&] { order.push_back(2); }),
      never([&] { order.push_back(9); });
  const MonoTime start = rt().now();
  rt().arm(c, start + 3ms);
  rt().arm(a, start + 2ms);
  rt().arm(b, start + 2ms);
  rt().arm(never, start + 1ms);
  EXPECT_TRUE(never.armed());
  rt().disarm(never);
  EXPECT_FALSE(never.armed());
  ASSERT_TRUE(run_until([&] { return order.size() == 3; }));
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3}));
  EXPECT_GE(rt().now(), start + 3ms);
  EXPECT_FALSE(a.armed());
}

TEST_P(RuntimeTest, RearmingForgetsTheOldDueTime) {
  int fired = 0;
  Timer t([&] { ++fired; });
  const MonoTime start = rt().now();
  rt().arm(t, start + 1ms);
  rt().arm(t, start + 5ms);
  ASSERT_TRUE(run_until([&] { return fired > 0; }));
  EXPECT_GE(rt().now(), start + 5ms);
  EXPECT_EQ(fired, 1);
}

TEST_P(RuntimeTest, ATimerMayArmOrDestroyItself) {
  int fired = 0;
  std::unique_ptr<Timer> t;
  t = std::make_unique<Timer>([&] {
    if (++fired < 3)
      rt().arm_in(*t, 1ms);
    else
      t.reset();
  });
  Timer other([] {});
  rt().arm_in(*t, 1ms);
  rt().arm_in(other, 100s);
  ASSERT_TRUE(run_until([&] { return fired == 3; }));
  EXPECT_EQ(t, nullptr);
}

TEST_P(RuntimeTest, ADestroyedTimerIsForgotten) {
  bool fired = false, later = false;
  {
    Timer gone([&] { fired = true; });
    rt().arm_in(gone, 1ms);
  }
  Timer t([&] { later = true; });
  rt().arm_in(t, 2ms);
  ASSERT_TRUE(run_until([&] { return later; }));
  EXPECT_FALSE(fired);
}

TEST_P(RuntimeTest, DeferredTasksRunAtTheEndOfTheTurnUntilNoneIsLeft) {
  std::vector<int> order;
  MonoTime posted_at, deferred_at;
  rt().post([&] {
    rt().defer([&] {
      order.push_back(3);
      deferred_at = rt().now();
      rt().defer([&] { order.push_back(4); });
      rt().post([&] { order.push_back(5); });
    });
    order.push_back(1);
    posted_at = rt().now();
  });
  rt().post([&] { order.push_back(2); });
  ASSERT_TRUE(run_until([&] { return order.size() == 5; }));
  EXPECT_EQ(order, (std::vector<int>{1, 2, 3, 4, 5}));
  EXPECT_EQ(posted_at, deferred_at);  // one turn
}

TEST_P(RuntimeTest, AStormOfTimersComesInOrder) {
  std::vector<std::unique_ptr<Timer>> timers;
  std::vector<MonoTime> fired;
  const MonoTime start = rt().now();
  size_t armed = 0;
  for (int i = 0; i < 500; ++i) {
    timers.push_back(
        std::make_unique<Timer>([&fired, &timers, i] { fired.push_back(timers[static_cast<size_t>(i)]->due()); }));
    rt().arm(*timers.back(), start + Duration{static_cast<int64_t>(rt().random().below(2'000'000))});
    ++armed;
    if (i % 3 == 0) {
      Timer& victim = *timers[rt().random().below(timers.size())];
      armed -= victim.armed();
      rt().disarm(victim);
    }
  }
  ASSERT_TRUE(run_until([&] { return fired.size() == armed; }));
  EXPECT_TRUE(std::is_sorted(fired.begin(), fired.end()));
}

TEST_P(RuntimeTest, NamesItself) { EXPECT_EQ(rt().backend(), GetParam()); }

ON_EVERY_BACKEND(RuntimeTest);

}  // namespace
}  // namespace weir::io
