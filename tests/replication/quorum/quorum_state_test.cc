#include "replication/quorum/quorum_state.h"

#include <limits>

#include <gtest/gtest.h>

#include "tests/replication/quorum/quorum_world.h"

namespace weir::replication::test {
namespace {

/// Node 1 of three, by hand.
struct One {
  SplitMix64 random{7};
  MemoryQuorumLog log;
  QuorumState s;
  MonoTime now{1'000'000'000};
  QuorumEffects out;
  explicit One(std::vector<Entry> entries = {}, int voters = 3, ElectionCell cell = {}, LogEnd had = {})
      : log(make(std::move(entries))), s(1, set(voters), {}, log, random) {
    s.start(cell, 0, had, now, out);
  }
  static MemoryQuorumLog make(std::vector<Entry> entries) {
    MemoryQuorumLog l;
    l.entries = std::move(entries);
    l.durable = l.end_offset();
    return l;
  }
  static VoterSet set(int n) {
    std::vector<Voter> v;
    for (int i = 1; i <= n; i++) v.push_back({.id = i});
    return VoterSet(v);
  }
  QuorumEffects take() { return std::exchange(out, {}); }
  void tick() {
    now = s.wake_at();
    s.on_tick(now, out);
  }
  VoteAnswer vote(LeaderEpoch epoch, BrokerId candidate, LogEnd end, bool pre) {
    return s.on_vote({.epoch = epoch, .candidate = candidate, .log = end, .pre_vote = pre}, now, out);
  }
  void win(BrokerId voter = 2) {
    tick();  // pre-vote
    s.on_vote_answer(voter, out.votes.back().ask, {.granted = true, .epoch = s.cell().epoch}, now, out);
    s.on_vote_answer(voter, out.votes.back().ask, {.granted = true, .epoch = s.cell().epoch}, now, out);
    if (!s.leads()) return;
    log.entries.push_back({s.cell().epoch, 0});
    log.durable = log.end_offset();
    s.on_durable(out);
  }
};

}  // namespace

TEST(QuorumState, ASingleVoterLeadsWhenStarted) {
  One n({}, 1);
  EXPECT_TRUE(n.s.leads());
  EXPECT_TRUE(n.out.became_leader && n.out.persist);
  EXPECT_EQ(n.s.cell(), (ElectionCell{1, 1, 1}));
}

TEST(QuorumState, APreVoteBindsNobodyAndRaisesNoEpoch) {
  One n;
  n.tick();
  QuorumEffects out = n.take();
  EXPECT_EQ(n.s.role(), QuorumRole::prospective);
  EXPECT_EQ(n.s.cell().epoch, 0);
  EXPECT_FALSE(out.persist);
  ASSERT_EQ(out.votes.size(), 2u);
  EXPECT_TRUE(out.votes[0].ask.pre_vote);
  // Granting one promises nothing either: both candidates get it.
  One m;
  EXPECT_TRUE(m.vote(0, 2, {0, 0}, true).granted);
  EXPECT_TRUE(m.vote(0, 3, {0, 0}, true).granted);
  EXPECT_FALSE(m.out.persist);
}

TEST(QuorumState, AVoterVotesOnceAnEpochAndForTheSameAgain) {
  One n;
  EXPECT_TRUE(n.vote(1, 2, {0, 0}, false).granted);
  EXPECT_TRUE(n.take().persist);
  EXPECT_TRUE(n.vote(1, 2, {0, 0}, false).granted);
  EXPECT_FALSE(n.take().persist);
  EXPECT_FALSE(n.vote(1, 3, {0, 0}, false).granted);
  EXPECT_TRUE(n.vote(2, 3, {0, 0}, false).granted);
  EXPECT_EQ(n.s.cell(), (ElectionCell{2, 3, kNoBroker}));
}

TEST(QuorumState, AVoteOfAnOlderEpochIsFenced) {
  One n({}, 3, {5, kNoBroker, kNoBroker});
  VoteAnswer a = n.vote(4, 2, {9, 9}, false);
  EXPECT_TRUE(a.fenced && !a.granted);
  EXPECT_EQ(a.epoch, 5);
}

TEST(QuorumState, AnEpochThatLeavesNoRoomForTheNextIsNotBelieved) {
  constexpr LeaderEpoch kLast = std::numeric_limits<LeaderEpoch>::max();
  One n({}, 3, {5, kNoBroker, kNoBroker});
  n.take();
  for (LeaderEpoch epoch : {kLast, kLast - 1, kEpochHigh, -1, std::numeric_limits<LeaderEpoch>::min()}) {
    for (bool pre : {true, false}) {
      VoteAnswer a = n.vote(epoch, 2, {0, 0}, pre);
      EXPECT_TRUE(a.refused && !a.granted && !a.fenced) << epoch;
      EXPECT_EQ(a.epoch, 5);
    }
    EXPECT_EQ(n.s.on_begin_epoch(2, epoch, n.now, n.out), ErrorCode::invalid_request) << epoch;
    EXPECT_EQ(n.s.on_end_epoch(2, epoch, {1}, n.now, n.out), ErrorCode::invalid_request) << epoch;
  }
  n.s.on_leader_heard(2, kLast, n.now, n.out);
  n.s.on_fetch_answer(2, 5, {.leader = 2, .epoch = kLast}, n.now, n.out);
  EXPECT_EQ(n.s.cell().epoch, 5);
  EXPECT_FALSE(n.out.persist);
}

TEST(QuorumState, TheHighestEpochThatARequestMayLeapToLeavesElectionsEnough) {
  One n;
  EXPECT_TRUE(n.vote(kEpochHigh - 1, 2, {0, 0}, false).granted);
  n.win();
  ASSERT_TRUE(n.s.leads());
  EXPECT_EQ(n.s.cell().epoch, kEpochHigh);
  EXPECT_EQ(n.s.on_begin_epoch(3, kEpochHigh + kEpochStep + 1, n.now, n.out), ErrorCode::invalid_request);
  EXPECT_EQ(n.s.on_begin_epoch(3, kEpochHigh + kEpochStep, n.now, n.out), ErrorCode::none);
  EXPECT_EQ(n.s.leader(), 3);
  // A voter that was away while many were elected learns of it from the answers to its own requests.
  One late;
  late.s.on_leader_heard(3, kEpochHigh + 5000, late.now, late.out);
  EXPECT_EQ(late.s.cell().epoch, kEpochHigh + 5000);
}

TEST(QuorumState, NobodyCampaignsBeyondTheLastEpoch) {
  One n({}, 3, {kEpochMax, kNoBroker, kNoBroker});
  n.win();
  EXPECT_FALSE(n.s.leads());
  EXPECT_EQ(n.s.cell().epoch, kEpochMax);
  n.tick();
  n.s.check_invariants();
}

TEST(QuorumState, AShorterLogGetsNoVote) {
  One n({{1, 1}, {2, 2}});
  EXPECT_FALSE(n.vote(3, 2, {1, 9}, false).granted);  // longer, of an older epoch
  EXPECT_FALSE(n.vote(3, 2, {2, 1}, false).granted);
  EXPECT_TRUE(n.vote(3, 2, {2, 2}, false).granted);
}

TEST(QuorumState, AVoterThatLostRecordsVotesAsIfItHadThemAndDoesNotCampaign) {
  One n({{1, 0}}, 3, {}, {1, 3});
  n.tick();
  EXPECT_EQ(n.s.role(), QuorumRole::unattached);
  EXPECT_TRUE(n.take().votes.empty());
  EXPECT_FALSE(n.vote(2, 2, {1, 2}, false).granted) << "as long as its own log, but not as what it had";
  EXPECT_TRUE(n.vote(3, 3, {1, 3}, false).granted);
  // With what it lost it is a voter like any other.
  n.log.entries = {{1, 0}, {1, 1}, {1, 2}};
  n.log.durable = 3;
  n.tick();
  EXPECT_EQ(n.s.role(), QuorumRole::prospective);
}

TEST(QuorumState, ASingleVoterLeadsWithWhatItHasLeft) {
  One n({{1, 0}}, 1, {}, {1, 3});
  EXPECT_TRUE(n.s.leads());
}

TEST(QuorumState, AVoteSurvivesARestart) {
  One n({}, 3, {4, 2, kNoBroker});
  EXPECT_FALSE(n.vote(4, 3, {0, 0}, false).granted);
  EXPECT_TRUE(n.vote(4, 2, {0, 0}, false).granted);
}

TEST(QuorumState, WhoHearsFromTheLeaderRefusesPreVotes) {
  One n;
  n.s.on_begin_epoch(2, 1, n.now, n.out);
  EXPECT_TRUE(n.vote(1, 3, {0, 0}, true).granted);  // not heard by a fetch yet (KIP-996)
  n.s.on_fetch_answer(2, 1, {.leader = 2, .epoch = 1}, n.now, n.out);
  EXPECT_FALSE(n.vote(1, 3, {0, 0}, true).granted);
  n.s.on_leader_gone(2, n.now);
  EXPECT_TRUE(n.vote(1, 3, {0, 0}, true).granted);
  EXPECT_LT(n.s.wake_at() - n.now, Duration{50'000'000});
}

TEST(QuorumState, ARejectedPreVoteGoesBackToTheLeader) {
  One n;
  n.s.on_begin_epoch(2, 1, n.now, n.out);
  n.tick();
  ASSERT_EQ(n.s.role(), QuorumRole::prospective);
  VoteAsk ask = n.out.votes.back().ask;
  n.s.on_vote_answer(2, ask, {.epoch = 1, .leader = 2}, n.now, n.out);
  n.s.on_vote_answer(3, ask, {.epoch = 1, .leader = 2}, n.now, n.out);
  EXPECT_EQ(n.s.role(), QuorumRole::follower);
  EXPECT_EQ(n.s.cell().epoch, 1);
}

TEST(QuorumState, TheHighWatermarkNeedsAMajorityOfDurableOffsets) {
  One n;
  n.win();
  ASSERT_TRUE(n.s.leads());
  EXPECT_EQ(n.s.high_watermark(), 0);
  n.s.on_fetch({.replica = 2, .epoch = 1, .offset = 0}, n.now, n.out);
  EXPECT_EQ(n.s.high_watermark(), 0);
  n.s.on_fetch({.replica = 2, .epoch = 1, .offset = 1, .last_epoch = 1}, n.now, n.out);
  EXPECT_EQ(n.s.high_watermark(), 1);
  n.log.entries.push_back({1, 5});  // not durable here yet
  n.s.on_fetch({.replica = 2, .epoch = 1, .offset = 2, .last_epoch = 1}, n.now, n.out);
  EXPECT_EQ(n.s.high_watermark(), 1);
  n.s.on_fetch({.replica = 3, .epoch = 1, .offset = 2, .last_epoch = 1}, n.now, n.out);
  EXPECT_EQ(n.s.high_watermark(), 2);  // two others are a majority without us
}

/// Raft's figure 8: a record of epoch 1 on a majority, counted under a leader of epoch 3 whose own first record is not
/// on one, may still be lost.
TEST(QuorumState, ARecordOfAnOlderEpochIsNotCommittedByCounting) {
  auto committed = [] {
    One n({{1, 1}}, 3, {2, kNoBroker, kNoBroker});
    n.win();
    CHECK(n.s.leads(), "the vote was won");
    n.s.on_fetch({.replica = 2, .epoch = 3, .offset = 1, .last_epoch = 1}, n.now, n.out);
    Offset by_counting = n.s.high_watermark();
    n.s.on_fetch({.replica = 2, .epoch = 3, .offset = 2, .last_epoch = 3}, n.now, n.out);
    EXPECT_EQ(n.s.high_watermark(), 2);
    return by_counting;
  };
  EXPECT_EQ(committed(), 0);
  faults().count_old_epoch = true;
  EXPECT_EQ(committed(), 1) << "the switch breaks what this test watches";
  faults().count_old_epoch = false;
}

TEST(QuorumState, ADivergingFollowerIsToldWhereItsEpochEnds) {
  One n({{1, 1}, {1, 2}, {3, 3}}, 3, {3, kNoBroker, kNoBroker});
  n.win();
  auto diverging = [&](Offset offset, LeaderEpoch last) {
    return n.s.on_fetch({.replica = 2, .epoch = 4, .offset = offset, .last_epoch = last}, n.now, n.out).diverging;
  };
  EXPECT_FALSE(diverging(2, 1));
  EXPECT_EQ(diverging(5, 2), (LogEnd{1, 2}));  // epoch 2 is unknown here
  EXPECT_EQ(diverging(3, 1), (LogEnd{1, 2}));  // longer in epoch 1 than we are
  One f({{1, 1}, {1, 2}, {2, 7}, {2, 8}, {2, 9}});
  EXPECT_EQ(f.s.truncation_point({1, 2}), 2);
  EXPECT_EQ(f.s.truncation_point({2, 3}), 3);
  EXPECT_EQ(f.s.truncation_point({0, 0}), 0);
}

TEST(QuorumState, ALeaderStepsDownForANewerEpochAndIsFencedInItsOwn) {
  One n;
  n.win();
  ASSERT_TRUE(n.s.leads());
  EXPECT_EQ(n.s.on_fetch({.replica = 2, .epoch = 0, .offset = 0}, n.now, n.out).error, ErrorCode::fenced_leader_epoch);
  EXPECT_EQ(n.s.on_fetch({.replica = 2, .epoch = 2, .offset = 0}, n.now, n.out).error, ErrorCode::unknown_leader_epoch);
  n.take();
  EXPECT_EQ(n.s.on_begin_epoch(3, 2, n.now, n.out), ErrorCode::none);
  EXPECT_TRUE(n.out.lost_leadership);
  EXPECT_EQ(n.s.leader(), 3);
  EXPECT_EQ(n.s.on_begin_epoch(2, 1, n.now, n.out), ErrorCode::fenced_leader_epoch);
  EXPECT_EQ(n.s.on_fetch({.replica = 2, .epoch = 2, .offset = 0}, n.now, n.out).error,
            ErrorCode::not_leader_or_follower);
}

TEST(QuorumState, ALeaderWithoutAMajorityGivesUpUnlessItStoodStillItself) {
  One n;
  n.win();
  MonoTime start = n.now;
  n.now = start + Duration{10'000'000'000};  // far too late: our own stall
  n.s.on_tick(n.now, n.out);
  EXPECT_TRUE(n.s.leads());
  while (n.s.leads() && n.now - start < Duration{20'000'000'000}) n.tick();
  EXPECT_FALSE(n.s.leads());
  EXPECT_EQ(n.s.cell().epoch, 1);
}

TEST(QuorumState, AStoppingLeaderNamesTheLongestLogFirst) {
  One n;
  n.win();
  n.s.on_fetch({.replica = 2, .epoch = 1, .offset = 0}, n.now, n.out);
  n.s.on_fetch({.replica = 3, .epoch = 1, .offset = 1, .last_epoch = 1}, n.now, n.out);
  n.take();
  n.s.on_stop(n.now, n.out);
  EXPECT_EQ(n.out.successors, (std::vector<BrokerId>{3, 2}));
  EXPECT_EQ(n.out.ended_epoch, 1);
  EXPECT_EQ(n.s.wake_at(), MonoTime::max());
}

}  // namespace weir::replication::test
