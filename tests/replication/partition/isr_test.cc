#include "replication/partition/isr.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/util/rng.h"

namespace weir::replication {
namespace {

MonoTime at(int64_t ms) { return MonoTime{ms * 1'000'000}; }

PartitionImage image(std::vector<BrokerId> isr, PartitionEpoch partition_epoch = 1) {
  PartitionImage p;
  p.replicas = {1, 2, 3};
  p.isr = std::move(isr);
  p.leader = 1;
  p.leader_epoch = 5;
  p.partition_epoch = partition_epoch;
  return p;
}

/// Node 1 leads [1, 2, 3]; lag 100 ms, waits 10 ms for who joins.
struct Leader {
  explicit Leader(std::vector<BrokerId> isr, int32_t min_isr = 1, Offset end = 0)
      : state({.self = 1, .lag_max = 100ms, .join_wait_max = 10ms, .min_insync_replicas = min_isr},
              {image(std::move(isr)), end, end, 0}, at(0)) {
    for (BrokerId id : {2, 3}) state.step(IsrState::BrokerSeen{id, 100 + id, true}, at(0), out);
    out = {};
  }
  void own(Offset end, Offset durable, int64_t ms) { state.step(IsrState::OwnProgress{end, durable}, at(ms), out); }
  void fetch(BrokerId id, Offset from, int64_t ms) {
    state.step(IsrState::FollowerFetched{id, 100 + id, from}, at(ms), out);
  }
  void tick(int64_t ms) { state.step(IsrState::Tick{}, at(ms), out); }
  void answer(ErrorCode error, PartitionImage p, int64_t ms) {
    state.step(IsrState::Answered{error, std::move(p)}, at(ms), out);
  }
  std::vector<BrokerId> proposed() {
    std::vector<BrokerId> ids;
    if (out.propose)
      for (const IsrMember& m : *out.propose) ids.push_back(m.id);
    out.propose.reset();
    return ids;
  }
  IsrState state;
  IsrEffects out;
};

TEST(Isr, HighWatermarkIsTheLeastDurableOffsetOfTheIsr) {
  Leader l({1, 2, 3});
  l.own(10, 0, 1);
  l.fetch(2, 10, 2);
  l.fetch(3, 10, 2);
  EXPECT_EQ(l.state.high_watermark(), 0);  // the leader's own disk counts too
  l.own(10, 7, 3);
  EXPECT_EQ(l.state.high_watermark(), 7);
  l.own(20, 20, 4);
  EXPECT_EQ(l.state.high_watermark(), 10);
  l.fetch(2, 20, 5);
  EXPECT_EQ(l.state.high_watermark(), 10);
  l.out = {};
  l.fetch(3, 15, 5);
  EXPECT_EQ(l.state.high_watermark(), 15);
  EXPECT_TRUE(l.out.high_watermark_moved);
}

TEST(Isr, HighWatermarkNeverFalls) {
  Leader l({1, 2, 3});
  l.own(10, 10, 1);
  l.fetch(2, 10, 1);
  l.fetch(3, 10, 1);
  ASSERT_EQ(l.state.high_watermark(), 10);
  l.fetch(3, 4, 2);  // lost its disk
  EXPECT_EQ(l.state.high_watermark(), 10);
}

TEST(Isr, SilentMemberIsProposedForRemovalAfterTheLagTimeAndStillCountsUntilThen) {
  Leader l({1, 2, 3});
  l.own(10, 10, 1);
  l.fetch(2, 10, 2);
  l.tick(100);
  EXPECT_TRUE(l.proposed().empty());
  l.tick(102);
  EXPECT_EQ(l.proposed(), (std::vector<BrokerId>{1, 2}));
  EXPECT_EQ(l.state.high_watermark(), 0);  // pending: the maximal ISR counts
  l.answer(ErrorCode::none, image({1, 2}, 2), 103);
  EXPECT_EQ(l.state.high_watermark(), 10);
  EXPECT_TRUE(l.out.isr_changed);
}

TEST(Isr, WhoWasPutOutIsNotWaitedForAndComesBackWhenTheControllerTakesIt) {
  Leader l({1, 2, 3});
  l.own(10, 10, 1);
  l.fetch(2, 10, 2);
  l.fetch(3, 0, 3);
  l.state.step(IsrState::ImageSeen{image({1, 2}, 2)}, at(4), l.out);
  EXPECT_EQ(l.state.high_watermark(), 10);
  EXPECT_TRUE(l.proposed().empty());
  l.fetch(3, 10, 8);
  EXPECT_EQ(l.proposed(), (std::vector<BrokerId>{1, 2, 3}));

  // An idle partition has nothing to fetch: what the replica had when it was put out is enough, once the controller
  // takes it.
  Leader idle({1, 2, 3});
  idle.own(10, 10, 1);
  idle.fetch(2, 10, 2), idle.fetch(3, 10, 2);
  idle.state.step(IsrState::ImageSeen{image({1, 2}, 2)}, at(4), idle.out);
  EXPECT_EQ(idle.proposed(), (std::vector<BrokerId>{1, 2, 3}));
  idle.answer(ErrorCode::ineligible_replica, image({1, 2}, 2), 5);
  idle.tick(300);
  EXPECT_EQ(idle.proposed(), (std::vector<BrokerId>{1, 2, 3}));
}

TEST(Isr, IdlePartitionKeepsItsMembersWithoutFetches) {
  Leader l({1, 2, 3});
  l.own(10, 10, 1);
  l.fetch(2, 10, 2);
  l.fetch(3, 10, 2);
  l.tick(5'000);
  l.own(11, 11, 10'000);  // both were at the end until now
  l.tick(10'050);
  EXPECT_TRUE(l.proposed().empty());
  l.tick(10'102);
  EXPECT_EQ(l.proposed(), (std::vector<BrokerId>{1}));
}

TEST(Isr, FollowerUnderConstantLoadIsCaughtUpThoughNeverAtTheEnd) {
  Leader l({1, 2});
  for (int i = 1; i <= 50; ++i) {
    l.own(i * 10, i * 10, i * 10);
    l.fetch(2, i * 10 - 10, i * 10 + 5);  // always what the end was at its fetch before
    l.tick(i * 10 + 6);
  }
  EXPECT_TRUE(l.proposed().empty());
}

TEST(Isr, ReplicaJoinsWhenDurableUpToTheHighWatermarkAndTheEpochStart) {
  Leader l({1, 2}, 1, 50);  // this epoch starts at 50
  l.fetch(2, 50, 1);
  ASSERT_EQ(l.state.high_watermark(), 50);
  l.fetch(3, 49, 2);
  EXPECT_TRUE(l.proposed().empty());
  l.fetch(3, 50, 3);
  EXPECT_EQ(l.proposed(), (std::vector<BrokerId>{1, 2, 3}));
}

TEST(Isr, PendingMemberHoldsTheHighWatermark) {
  Leader l({1, 2});
  l.fetch(3, 0, 1);
  ASSERT_EQ(l.proposed(), (std::vector<BrokerId>{1, 2, 3}));
  l.own(10, 10, 2);
  l.fetch(2, 10, 3);
  EXPECT_EQ(l.state.high_watermark(), 0);  // KIP-497: the controller may have taken it
  l.answer(ErrorCode::ineligible_replica, {}, 200);
  EXPECT_EQ(l.state.high_watermark(), 10);
}

TEST(Isr, ChangeOfUnknownFateIsSentAgain) {
  Leader l({1, 2});
  l.fetch(3, 0, 1);
  ASSERT_FALSE(l.proposed().empty());
  l.answer(ErrorCode::request_timed_out, {}, 2);
  EXPECT_TRUE(l.state.change_pending());
  ASSERT_TRUE(l.state.wake_at(at(2)).has_value());
  const MonoTime wake = *l.state.wake_at(at(2));
  l.state.step(IsrState::Tick{}, wake, l.out);
  EXPECT_EQ(l.proposed(), (std::vector<BrokerId>{1, 2, 3}));
  l.state.step(IsrState::ImageSeen{image({1, 2, 3}, 2)}, wake, l.out);  // it had been applied
  EXPECT_FALSE(l.state.change_pending());
  EXPECT_EQ(l.state.isr(), (std::vector<BrokerId>{1, 2, 3}));
}

TEST(Isr, StrictMinIsrStopsTheHighWatermark) {
  Leader l({1, 2}, 2);
  l.own(10, 10, 1);
  l.fetch(2, 10, 2);
  ASSERT_EQ(l.state.high_watermark(), 10);
  l.state.step(IsrState::ImageSeen{image({1}, 2)}, at(3), l.out);
  EXPECT_TRUE(l.state.under_min_isr());
  l.own(20, 20, 4);
  EXPECT_EQ(l.state.high_watermark(), 10);
  l.state.step(IsrState::BrokerSeen{2, 102, false}, at(4), l.out);
  l.state.step(IsrState::ImageSeen{image({1, 3}, 3)}, at(5), l.out);
  l.fetch(3, 20, 6);
  EXPECT_EQ(l.state.high_watermark(), 20);
}

TEST(Isr, FencedOrReregisteredBrokerDoesNotJoin) {
  Leader l({1, 2});
  l.state.step(IsrState::BrokerSeen{3, 103, false}, at(1), l.out);
  l.fetch(3, 0, 2);
  EXPECT_TRUE(l.proposed().empty());
  l.state.step(IsrState::BrokerSeen{3, 777, true}, at(3), l.out);  // another incarnation than the one that fetched
  EXPECT_TRUE(l.proposed().empty());
  l.state.step(IsrState::FollowerFetched{3, 777, 0}, at(4), l.out);
  EXPECT_EQ(l.proposed(), (std::vector<BrokerId>{1, 2, 3}));
}

TEST(Isr, ReplicaThatCatchesUpIsWaitedForOnlyAMoment) {
  Leader l({1});
  l.own(10, 10, 0);
  l.fetch(2, 0, 1);
  l.own(20, 20, 2);
  l.fetch(2, 10, 3);  // as far as the end was at its last fetch: caught up, on its way in
  l.proposed();
  l.answer(ErrorCode::operation_not_attempted, {}, 3);
  l.own(30, 30, 4);
  EXPECT_EQ(l.state.high_watermark(), 20);
  auto wake = l.state.wake_at(at(4));
  ASSERT_TRUE(wake.has_value());
  l.state.step(IsrState::Tick{}, at(14), l.out);
  EXPECT_EQ(l.state.high_watermark(), 30);
}

/// Whatever happens: the high watermark never falls, never passes a committed member's durable end, and stands below
/// min ISR.
TEST(Isr, RandomisedHistoriesKeepTheInvariants) {
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SplitMix64 rng(seed);
    const auto min_isr = static_cast<int32_t>(1 + rng.below(2));
    IsrState s({.self = 1, .lag_max = 100ms, .join_wait_max = 10ms, .min_insync_replicas = min_isr},
               {image({1, 2, 3}), 0, 0, 0}, at(0));
    PartitionImage controller = image({1, 2, 3});
    std::optional<std::vector<BrokerId>> asked;
    Offset end = 0, durable = 0, hw = 0;
    int64_t ms = 0;
    for (int i = 0; i < 400; ++i) {
      ms += static_cast<int64_t>(rng.below(20));
      IsrEffects out;
      switch (rng.below(7)) {
        case 0:
          end += static_cast<Offset>(rng.below(10));
          s.step(IsrState::OwnProgress{end, durable}, at(ms), out);
          break;
        case 1:
          durable += static_cast<Offset>(rng.below(static_cast<uint64_t>(end - durable + 1)));
          s.step(IsrState::OwnProgress{end, durable}, at(ms), out);
          break;
        case 2:
        case 3: {
          const auto id = static_cast<BrokerId>(2 + rng.below(2));
          Offset known = 0;
          for (const auto& f : s.followers())
            if (f.id == id) known = std::max<Offset>(f.durable_end, 0);
          s.step(
              IsrState::FollowerFetched{id, 100,
                                        known + static_cast<Offset>(rng.below(static_cast<uint64_t>(end - known + 1)))},
              at(ms), out);
          break;
        }
        case 4:
          s.step(IsrState::BrokerSeen{static_cast<BrokerId>(2 + rng.below(2)), 100, rng.chance(3, 4)}, at(ms), out);
          break;
        case 5:
          s.step(IsrState::Tick{}, at(ms), out);
          break;
        case 6: {
          if (!asked) break;
          if (rng.chance(1, 3)) {
            s.step(IsrState::Answered{ErrorCode::request_timed_out, {}}, at(ms), out);
            break;
          }
          controller.isr = *asked;
          ++controller.partition_epoch;
          asked.reset();
          if (rng.chance(1, 2))
            s.step(IsrState::Answered{ErrorCode::none, controller}, at(ms), out);
          else
            s.step(IsrState::ImageSeen{controller}, at(ms), out);
          break;
        }
      }
      if (out.propose) {
        asked.emplace();
        for (const IsrMember& m : *out.propose) asked->push_back(m.id);
      }
      ASSERT_EQ(s.check_invariants(), "") << "seed " << seed << " step " << i;
      ASSERT_GE(s.high_watermark(), hw) << "seed " << seed;
      if (s.high_watermark() > hw) {
        ASSERT_FALSE(s.under_min_isr()) << "seed " << seed;
        ASSERT_LE(s.high_watermark(), durable);
        for (const auto& f : s.followers()) {
          const bool counted = s.in_isr(f.id) ||
                               (asked && std::find(asked->begin(), asked->end(), f.id) != asked->end());
          if (counted) {
            ASSERT_LE(s.high_watermark(), f.durable_end) << "seed " << seed << " step " << i;
          }
        }
      }
      hw = s.high_watermark();
    }
  }
}

}  // namespace
}  // namespace weir::replication
