#include <gtest/gtest.h>

#include "tests/replication/quorum/quorum_world.h"

namespace weir::replication::test {
namespace {

/// One seed: load and faults for a while, then peace. Empty: all checks held.
std::string run_seed(uint64_t seed, int nodes, bool must_settle = true, bool losses = false) {
  QuorumWorld w({.nodes = nodes, .observers = static_cast<int>(seed % 2), .seed = seed, .losses = losses});
  uint64_t value = 1;
  for (int i = 0; i < 150 && w.broken().empty(); i++) {
    for (int k = 0; k < 3; k++)
      for (auto& [id, n] : w.nodes())
        if (w.random().chance(1, 2)) w.append(n, value++);
    if (w.random().chance(1, 4)) w.random_fault();
    w.run_for(Duration{static_cast<int64_t>(w.random().below(400)) * 1'000'000});
  }
  if (!w.broken().empty() || !must_settle) return w.broken();
  w.heal();
  w.run_for(10s);
  BrokerId leader = w.leader();
  if (leader == kNoBroker) return "no leader after the faults";
  w.append(w.node(leader), value);
  w.run_for(3s);
  if (!w.broken().empty()) return w.broken();
  for (auto& [id, n] : w.nodes())
    if (n.state->high_watermark() != w.node(leader).log.end_offset())
      return "node " + std::to_string(id) + " did not catch up";
  if (w.committed().empty() || w.committed().back().value != value) return "the last record is not committed";
  return {};
}

/// Whether one of the first seeds sees the deliberate bug.
bool caught(bool Faults::*fault, bool losses = false) {
  faults().*fault = true;
  bool seen = false;
  for (uint64_t seed = 1; seed <= 2000 && !seen; seed++)
    seen = !run_seed(seed, seed % 2 ? 3 : 5, false, losses).empty();
  faults().*fault = false;
  return seen;
}

}  // namespace

TEST(QuorumRandom, ThreeVotersKeepTheirPromises) {
  for (uint64_t seed = 1; seed <= 60; seed++) ASSERT_EQ(run_seed(seed, 3), "") << "seed " << seed;
}

TEST(QuorumRandom, FiveVotersKeepTheirPromises) {
  for (uint64_t seed = 1; seed <= 40; seed++) ASSERT_EQ(run_seed(seed, 5), "") << "seed " << seed;
}

TEST(QuorumRandom, ADiskThatLosesRecordsOfOneVoterCostsNone) {
  for (uint64_t seed = 1; seed <= 60; seed++) ASSERT_EQ(run_seed(seed, 3, true, true), "") << "seed " << seed;
  for (uint64_t seed = 1; seed <= 40; seed++) ASSERT_EQ(run_seed(seed, 5, true, true), "") << "seed " << seed;
}

TEST(QuorumRandom, ALossThatIsForgottenIsCaught) { EXPECT_TRUE(caught(&Faults::loss_forgotten, true)); }
TEST(QuorumRandom, AVoteThatIsNotDurableIsCaught) { EXPECT_TRUE(caught(&Faults::vote_not_durable)); }
TEST(QuorumRandom, ATailThatIsNotTruncatedIsCaught) { EXPECT_TRUE(caught(&Faults::no_truncation_by_epoch)); }
TEST(QuorumRandom, AStaleLeaderThatIsNotFencedIsCaught) { EXPECT_TRUE(caught(&Faults::stale_leader_not_fenced)); }

}  // namespace weir::replication::test
