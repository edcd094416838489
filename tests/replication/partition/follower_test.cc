#include "replication/partition/follower.h"

#include <gtest/gtest.h>

#include <map>

#include "base/util/rng.h"

namespace weir::replication {
namespace {

LeaderSaid said(Offset from, Offset hw, Offset log_start = 0) {
  LeaderSaid s;
  s.asked_from = from;
  s.high_watermark = hw;
  s.log_start = log_start;
  return s;
}

TEST(Follower, AppendsWhatContinuesItsLog) {
  FollowerState f;
  LeaderSaid s = said(10, 8);
  s.has_records = true;
  FollowerEffects out;
  f.step(s, {0, 10, 10, 5}, {}, out);
  EXPECT_TRUE(out.append);
  EXPECT_FALSE(out.back_off);
  out = {};
  f.step(s, {0, 12, 12, 5}, {}, out);  // an answer to an older question
  EXPECT_FALSE(out.append);
}

TEST(Follower, HighWatermarkIsBoundedByItsOwnEndAndDoesNotFall) {
  EXPECT_EQ(FollowerState::high_watermark(20, 5, 10), 10);
  EXPECT_EQ(FollowerState::high_watermark(3, 5, 10), 5);
}

TEST(Follower, CutsToTheSmallerEndOfTheSharedEpoch) {
  FollowerState f;
  LeaderSaid s = said(20, 8);
  s.diverging = log::EpochEnd{3, 12};
  FollowerEffects out;
  f.step(s, {0, 20, 20, 5}, {3, 15}, out);
  EXPECT_EQ(out.truncate_to, 12);
  out = {};
  f.step(s, {0, 20, 20, 5}, {2, 9}, out);  // KIP-279: we never had epoch 3
  EXPECT_EQ(out.truncate_to, 9);
}

TEST(Follower, OutOfRangeStartsAgainOrCutsAtTheLeadersStart) {
  FollowerState f;
  LeaderSaid s = said(20, 100, 50);
  s.error = ErrorCode::offset_out_of_range;
  FollowerEffects out;
  f.step(s, {0, 20, 20, 5}, {}, out);
  EXPECT_EQ(out.restart_at, 50);
  s = said(60, 100, 50);
  s.error = ErrorCode::offset_out_of_range;
  out = {};
  f.step(s, {40, 60, 60, 5}, {}, out);
  EXPECT_EQ(out.truncate_to, 50);
}

TEST(Follower, BacksOffLongerWithEachError) {
  FollowerState f;
  LeaderSaid s = said(0, 0);
  s.error = ErrorCode::not_leader_or_follower;
  FollowerEffects a, b;
  f.step(s, {}, {}, a);
  f.step(s, {}, {}, b);
  ASSERT_TRUE(a.back_off && b.back_off);
  EXPECT_LT(*a.back_off, *b.back_off);
  EXPECT_TRUE(a.wait_for_metadata);
}

TEST(Follower, LogStartFollowsTheLeaderUpToTheHighWatermark) {
  FollowerState f;
  FollowerEffects out;
  f.step(said(10, 10, 7), {0, 10, 10, 5}, {}, out);
  EXPECT_EQ(out.advance_log_start, 7);
  out = {};
  f.step(said(10, 4, 7), {0, 10, 10, 3}, {}, out);
  EXPECT_EQ(out.advance_log_start, 4);
}

/// A log as its epochs: epoch -> start offset. Truncation as the machine asks for it ends with equal histories,
/// whatever they were.
struct History {
  std::map<LeaderEpoch, Offset> starts;
  Offset end = 0;
  log::EpochEnd epoch_end(LeaderEpoch e) const {
    auto next = starts.upper_bound(e);
    if (next == starts.begin()) return {};
    const Offset at = next == starts.end() ? end : next->second;
    return {std::prev(next)->first, at};
  }
  LeaderEpoch epoch_of(Offset o) const {
    LeaderEpoch e = kNoLeaderEpoch;
    for (const auto& [epoch, start] : starts)
      if (start <= o) e = epoch;
    return e;
  }
  void truncate(Offset to) {
    end = std::min(end, to);
    std::erase_if(starts, [&](const auto& s) { return s.second >= end; });
  }
};

TEST(Follower, TruncationByEpochEndsOnCommonHistory) {
  for (uint64_t seed = 1; seed <= 2000; ++seed) {
    SplitMix64 rng(seed);
    History leader, follower;
    LeaderEpoch epoch = 0;
    for (int i = 0; i < 4; ++i) {  // common
      leader.starts[epoch] = leader.end;
      leader.end += static_cast<Offset>(1 + rng.below(5));
      epoch += static_cast<LeaderEpoch>(1 + rng.below(2));
    }
    follower = leader;
    const Offset common = leader.end;
    for (int i = 0; i < 6; ++i) {  // each epoch written by one of them only
      History& writer = rng.chance(1, 2) ? leader : follower;
      writer.starts[epoch] = writer.end;
      writer.end += static_cast<Offset>(1 + rng.below(5));
      epoch += static_cast<LeaderEpoch>(1 + rng.below(2));
    }
    FollowerState f;
    for (int round = 0; round < 20; ++round) {
      const LeaderEpoch last = follower.end > 0 ? follower.epoch_of(follower.end - 1) : kNoLeaderEpoch;
      const log::EpochEnd end = leader.epoch_end(last);
      if (!(end.epoch < last || end.end_offset < follower.end)) break;
      LeaderSaid s = said(follower.end, 0);
      s.diverging = end;
      FollowerEffects out;
      f.step(s, {0, follower.end, follower.end, 0}, follower.epoch_end(end.epoch), out);
      ASSERT_TRUE(out.truncate_to.has_value()) << seed;
      ASSERT_GE(*out.truncate_to, common) << seed << ": cut more than needed";
      follower.truncate(*out.truncate_to);
    }
    for (Offset o = 0; o < follower.end; ++o)
      ASSERT_EQ(follower.epoch_of(o), leader.epoch_of(o)) << seed << " at " << o;
  }
}

}  // namespace
}  // namespace weir::replication
