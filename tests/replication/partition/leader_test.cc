#include "replication/partition/leader.h"

#include <gtest/gtest.h>

namespace weir::replication {
namespace {

MonoTime at(int64_t ms) { return MonoTime{ms * 1'000'000}; }

TEST(ProduceWaits, AcksOneEndsWithTheOwnDiskAndAllWithTheHighWatermark) {
  ProduceWaits w;
  const auto one = w.add(1, 10, at(100));
  const auto all = w.add(-1, 10, at(100));
  EXPECT_TRUE(w.step({9, 9, false}).empty());
  auto done = w.step({10, 9, false});
  ASSERT_EQ(done.size(), 1u);
  EXPECT_EQ(done[0].id, one);
  done = w.step({10, 10, false});
  ASSERT_EQ(done.size(), 1u);
  EXPECT_EQ(done[0].id, all);
  EXPECT_EQ(done[0].error, ErrorCode::none);
  EXPECT_TRUE(w.empty());
  EXPECT_FALSE(w.next_deadline().has_value());
}

TEST(ProduceWaits, PassedBelowMinIsrIsNotEnoughReplicasAfterAppend) {
  ProduceWaits w;
  w.add(-1, 10, at(100));
  const auto done = w.step({10, 10, true});
  ASSERT_EQ(done.size(), 1u);
  EXPECT_EQ(done[0].error, ErrorCode::not_enough_replicas_after_append);
}

TEST(ProduceWaits, DeadlinesAndLossOfLeadershipEndEachWaitOnce) {
  ProduceWaits w;
  const auto a = w.add(-1, 10, at(50));
  const auto b = w.add(-1, 20, at(100));
  EXPECT_EQ(w.next_deadline(), at(50));
  auto done = w.expire(at(60));
  ASSERT_EQ(done.size(), 1u);
  EXPECT_EQ(done[0].id, a);
  EXPECT_EQ(done[0].error, ErrorCode::request_timed_out);
  done = w.abandon(ErrorCode::not_leader_or_follower);
  ASSERT_EQ(done.size(), 1u);
  EXPECT_EQ(done[0].id, b);
  EXPECT_TRUE(w.expire(at(1000)).empty());
  EXPECT_TRUE(w.step({99, 99, false}).empty());
}

TEST(LeaderEpoch, OlderIsFencedNewerIsUnknown) {
  EXPECT_EQ(compare_leader_epoch(-1, 5), ErrorCode::none);
  EXPECT_EQ(compare_leader_epoch(5, 5), ErrorCode::none);
  EXPECT_EQ(compare_leader_epoch(4, 5), ErrorCode::fenced_leader_epoch);
  EXPECT_EQ(compare_leader_epoch(6, 5), ErrorCode::unknown_leader_epoch);
}

}  // namespace
}  // namespace weir::replication
