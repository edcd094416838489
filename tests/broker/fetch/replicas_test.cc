#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "replication/faults.h"
#include "tests/broker/fetch/replica_cluster.h"

namespace weir::broker {
namespace {

TEST(Replicas, AcksAllOverThreeNodesTakesTwoCommitsAndTwoTrips) {
  ReplicaCluster::Options options;
  options.partitions = 1;
  options.latency_spread = 20us;
  ReplicaCluster c(1, options);
  c.world().run_for(2s);
  for (int i = 0; i < 200; ++i) {
    c.produce(0);
    c.world().run_for(5ms);
  }
  ASSERT_EQ(c.acked().size(), 200u);
  auto latencies = c.latencies();
  std::sort(latencies.begin(), latencies.end());
  // One trip of 40-60 µs to wake the follower, its commit of 100-300 µs, one trip back; the leader's own commit runs
  // beside.
  EXPECT_LT(latencies[100], 600us) << "p50 " << latencies[100].count();
  EXPECT_LT(latencies[199], 1200us);
  EXPECT_FALSE(c.world().failed()) << c.world().failure();
}

TEST(Replicas, IdlePartitionsCostOneLongPollAFollower) {
  ReplicaCluster::Options options;
  options.partitions = 300;
  options.checks = false;
  ReplicaCluster c(2, options);
  c.world().run_for(3s);
  const uint64_t before = c.fetches();
  c.world().run_for(10s);
  // 3 nodes, two sessions each at most, a fetch every 500 ms.
  EXPECT_LE(c.fetches() - before, 6u * 20 + 6);
  EXPECT_GT(c.fetches() - before, 10u);
  for (int i = 0; i < 20; ++i) c.produce(static_cast<PartitionId>(i * 7));
  c.world().run_for(100ms);
  EXPECT_EQ(c.acked().size(), 20u);
}

TEST(Replicas, DeadFollowerLeavesAndProducesGoOn) {
  ReplicaCluster c(3);
  c.world().run_for(1s);
  const BrokerId leader = c.image_of(0).leader;
  c.kill((leader + 1) % 3);
  c.world().run_for(200ms);
  c.produce(0);
  c.world().run_for(50ms);
  EXPECT_EQ(c.acked().size(), 1u);
  c.start((leader + 1) % 3);
  EXPECT_TRUE(c.world().run_until([&] { return c.settled(); }, 10s));
  EXPECT_EQ(c.check_acked(), "");
}

TEST(Replicas, CutOffFollowerIsProposedForRemoval) {
  ReplicaCluster c(4);
  c.world().run_for(1s);
  const BrokerId leader = c.image_of(0).leader;
  const BrokerId other = (leader + 1) % 3;
  c.cut(leader, other, true);
  c.cut(other, leader, true);
  c.produce(0);
  c.world().run_for(100ms);
  EXPECT_TRUE(c.acked().empty());
  c.world().run_for(1s);
  EXPECT_EQ(c.acked().size(), 1u);
  EXPECT_EQ(c.image_of(0).isr.size(), 2u);
  c.heal();
  EXPECT_TRUE(c.world().run_until([&] { return c.settled(); }, 20s));
}

TEST(Replicas, LossOfLeadershipAnswersPendingProduces) {
  ReplicaCluster c(5);
  c.world().run_for(1s);
  replication::Partition* p = c.leader_of(0);
  ASSERT_NE(p, nullptr);
  const BrokerId leader = c.image_of(0).leader;
  for (int other = 0; other < 3; ++other) c.cut(other, leader, true), c.cut(leader, other, true);
  ErrorCode error = ErrorCode::none;
  c.runtime(leader).post([&] {
    p->produce(encode_batches({{0, 0, 1, 1}}), -1, 30s, log::PartitionLog::Origin::client,
               [&](auto outcome) { error = outcome.code(); });
  });
  c.world().run_for(10ms);
  while (c.image_of(0).leader == leader) c.move_leader(0);
  c.world().run_for(10ms);
  EXPECT_EQ(error, ErrorCode::not_leader_or_follower);
}

/// Kills, cuts, moves and produces as the seed says, then peace; what went wrong, or empty.
std::string run_chaos(uint64_t seed, Duration length) {
  ReplicaCluster c(seed);
  Random& r = c.world().random();
  c.world().run_for(500ms);
  const MonoTime end = c.world().now() + length;
  while (c.world().now() < end && !c.world().failed()) {
    c.world().run_for(Duration(static_cast<int64_t>(r.below(4'000'000))));
    for (uint64_t i = r.below(4); i > 0; --i) c.produce(static_cast<PartitionId>(r.below(2)));
    if (r.chance(1, 60)) c.kill(static_cast<int>(r.below(3)));
    if (r.chance(1, 20)) {
      const int n = static_cast<int>(r.below(3));
      if (!c.running(n)) c.start(n);
    }
    if (r.chance(1, 80)) c.move_leader(static_cast<PartitionId>(r.below(2)));
    if (r.chance(1, 80)) c.cut(static_cast<int>(r.below(3)), static_cast<int>(r.below(3)), true);
    if (r.chance(1, 120)) c.heal();
  }
  if (c.world().failed()) return c.world().failure();
  c.heal();
  for (int n = 0; n < 3; ++n)
    if (!c.running(n)) c.start(n);
  if (!c.world().run_until([&] { return c.settled(); }, 60s))
    return c.world().failed() ? c.world().failure() : "it does not settle";
  const size_t before = c.acked().size();
  c.produce(0);
  c.world().run_for(2s);
  if (c.acked().size() == before) return "no acknowledgment in peace";
  c.world().run_until([&] { return c.settled(); }, 10s);
  if (c.world().failed()) return c.world().failure();
  return c.check_acked();
}

TEST(Replicas, NothingAcknowledgedIsLostUnderKillsCutsAndMoves) {
  const char* more = std::getenv("WEIR_SEEDS");
  const uint64_t seeds = more ? std::strtoull(more, nullptr, 10) : 60;
  for (uint64_t seed = 1; seed <= seeds; ++seed) {
    const std::string broken = run_chaos(seed, 3s);
    ASSERT_EQ(broken, "") << "seed " << seed;
  }
}

struct Mutation {
  const char* name;
  bool replication::Faults::*fault;
};
class BrokenReplicas : public testing::TestWithParam<Mutation> {
 protected:
  void TearDown() override { replication::faults() = {}; }
};
TEST_P(BrokenReplicas, IsCaughtByTheCheckers) {
  replication::faults().*GetParam().fault = true;
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    const std::string broken = run_chaos(seed, 3s);
    if (broken.empty()) continue;
    RecordProperty("caught_by_seed", static_cast<int>(seed));
    return;
  }
  FAIL() << GetParam().name << " was not caught";
}
INSTANTIATE_TEST_SUITE_P(
    Faults, BrokenReplicas,
    testing::Values(Mutation{"hw_from_leader_alone", &replication::Faults::hw_from_leader_alone},
                    Mutation{"lagging_isr_member_kept", &replication::Faults::lagging_isr_member_kept},
                    Mutation{"no_truncation_by_epoch", &replication::Faults::no_truncation_by_epoch},
                    Mutation{"ack_before_isr", &replication::Faults::ack_before_isr}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace weir::broker
