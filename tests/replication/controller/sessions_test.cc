#include <gtest/gtest.h>

#include "replication/controller/broker_sessions.h"

namespace weir::replication {
namespace {

using Ids = std::vector<BrokerId>;
MonoTime at(int64_t ms) { return MonoTime{ms * 1'000'000}; }

/// Brokers 1 and 2, a session of 1600 ms, heartbeats each 200 ms until `until`.
struct Sessions {
  explicit Sessions(int64_t until) {
    for (BrokerId id : {1, 2}) {
      auto b = std::make_shared<BrokerImage>();
      b->id = id;
      b->fenced = false;
      image.brokers[id] = b;
    }
    s.reset(image, at(0));
    for (int64_t ms = 200; ms <= until; ms += 200) beat(1, ms), beat(2, ms);
  }
  void beat(BrokerId id, int64_t ms) { s.contact(id, 1, at(ms)); }
  MetadataImage image;
  BrokerSessions s{std::chrono::milliseconds(1600)};
};

}  // namespace

TEST(SilenceLimit, IsSomeTimesTheLongestPauseWithinItsBounds) {
  SilenceLimit l(800ms, 1600ms);
  EXPECT_EQ(l.limit(), 1600ms);  // knows nothing yet
  int64_t ms = 0;
  for (int i = 0; i < 11; i++) l.heard(at(ms += 200));
  EXPECT_EQ(l.limit(), 800ms);
  l.heard(at(ms += 400));
  EXPECT_EQ(l.limit(), 1200ms);
  l.heard(at(ms += 1100));
  EXPECT_EQ(l.limit(), 1600ms);
  // Forgotten after a minute or two.
  for (int i = 0; i < 700; i++) l.heard(at(ms += 200));
  EXPECT_EQ(l.limit(), 800ms);
  l.forgive(at(ms += 5000));
  l.heard(at(ms += 200));
  EXPECT_EQ(l.limit(), 800ms);
}

TEST(BrokerSessions, ASilentBrokerIsAskedThenSetAsideThenLost) {
  Sessions x(4000);
  x.s.answered(1, at(4000));
  EXPECT_TRUE(x.s.to_ask(x.image, at(4390)).empty());
  EXPECT_EQ(x.s.next_look(x.image), at(4400));
  x.beat(1, 4400);
  EXPECT_EQ(x.s.to_ask(x.image, at(4400)), (Ids{2}));
  EXPECT_TRUE(x.s.to_ask(x.image, at(4410)).empty());  // once
  EXPECT_TRUE(x.s.to_set_aside(x.image, at(4790)).empty());
  EXPECT_EQ(x.s.to_set_aside(x.image, at(4800)), (Ids{2}));
  EXPECT_TRUE(x.s.to_set_aside(x.image, at(4810)).empty());
  EXPECT_EQ(x.s.aside(), (std::set<BrokerId>{2}));
  x.beat(1, 5500);
  EXPECT_TRUE(x.s.expired(x.image, at(5590)).empty());
  EXPECT_EQ(x.s.expired(x.image, at(5600)), (Ids{2}));
  x.beat(2, 5610);
  EXPECT_TRUE(x.s.aside().empty());
  EXPECT_TRUE(x.s.expired(x.image, at(5620)).empty());
}

TEST(BrokerSessions, AnAnswerKeepsItWhereItIsButNotBeyondItsSession) {
  Sessions x(4000);
  x.beat(1, 5600);
  ASSERT_EQ(x.s.to_ask(x.image, at(4400)), (Ids{2}));
  x.s.answered(2, at(4410));
  EXPECT_TRUE(x.s.to_set_aside(x.image, at(4900)).empty());
  ASSERT_EQ(x.s.to_ask(x.image, at(4810)), (Ids{2}));
  x.s.answered(2, at(4820));
  EXPECT_TRUE(x.s.to_set_aside(x.image, at(5590)).empty());
  EXPECT_EQ(x.s.expired(x.image, at(5600)), (Ids{2}));  // its heartbeats do not come through
}

TEST(BrokerSessions, AskedLateItHasAsLongToAnswer) {
  Sessions x(4000);
  ASSERT_EQ(x.s.to_ask(x.image, at(4900)).size(), 2u);  // we stood still
  EXPECT_TRUE(x.s.to_set_aside(x.image, at(5290)).empty());
  EXPECT_EQ(x.s.to_set_aside(x.image, at(5300)).size(), 2u);
}

TEST(BrokerSessions, WhoStallsNowAndThenGetsItsWholeSession) {
  Sessions x(4000);
  for (int64_t ms = 4200; ms <= 4800; ms += 200) x.beat(1, ms);
  x.beat(2, 4700);
  for (int64_t ms = 4900; ms <= 6900; ms += 200) x.beat(2, ms), x.beat(1, ms);
  ASSERT_EQ(x.s.to_ask(x.image, at(7700)).size(), 2u);
  EXPECT_EQ(x.s.to_set_aside(x.image, at(8100)), (Ids{1}));
  EXPECT_EQ(x.s.to_set_aside(x.image, at(8500)), (Ids{2}));
}

TEST(BrokerSessions, AFormerLeaderThatFellSilentIsGivenLittleTime) {
  Sessions x(4000);
  x.s.suspect(1, at(4010));
  EXPECT_EQ(x.s.to_set_aside(x.image, at(4110)), (Ids{1}));
  EXPECT_EQ(x.s.expired(x.image, at(4330)), (Ids{1}));
  x.s.answered(1, at(4331));
  EXPECT_TRUE(x.s.expired(x.image, at(4340)).empty());
}

}  // namespace weir::replication
