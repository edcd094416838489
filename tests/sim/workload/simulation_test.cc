#include "tests/sim/simulation.h"

#include <gtest/gtest.h>

#include "base/util/diag.h"

namespace weir::sim {
namespace {

class Simulation : public ::testing::Test {
 protected:
  void SetUp() override { diag::set_level(diag::Level::off); }
  /// The report of one run in a child process; a broken invariant fails the test with the command that repeats it.
  static SimulationReport run(SimulationOptions options) {
    auto report = simulate_isolated(options);
    EXPECT_TRUE(report.ok()) << report.error().message();
    if (!report.ok()) return {};
    EXPECT_TRUE(report->ok) << report->failure << "\n  " << replay_command(options) << "\n  " << report->summary();
    return *report;
  }
};

TEST_F(Simulation, AClusterWithoutFaultsServes) {
  SimulationReport r = run({.seed = 1, .minutes = 0.3, .faults = "none"});
  EXPECT_GT(r.acknowledged, 500u);
  EXPECT_GT(r.seen, r.acknowledged);  // by the consumer and by the group
  EXPECT_GT(r.commits, 10u);
  EXPECT_EQ(r.retries, 0u);
}

TEST_F(Simulation, OneNodeAloneServes) {
  SimulationReport r = run({.seed = 2, .nodes = 1, .minutes = 0.3, .faults = "none"});
  EXPECT_GT(r.acknowledged, 500u);
}

TEST_F(Simulation, EqualSeedsGiveEqualTraces) {
  SimulationReport a = run({.seed = 5, .minutes = 0.5, .faults = "kill,cut,pause"}),
                   b = run({.seed = 5, .minutes = 0.5, .faults = "kill,cut,pause"});
  SimulationReport other = run({.seed = 6, .minutes = 0.5, .faults = "kill,cut,pause"});
  EXPECT_EQ(a.trace_hash, b.trace_hash);
  EXPECT_EQ(a.events, b.events);
  EXPECT_NE(a.trace_hash, other.trace_hash);
}

TEST_F(Simulation, FixedSeedsHoldWithAllFaults) {
  for (uint64_t seed = 1; seed <= 8; ++seed) run({.seed = seed, .faults = "all"});
}

/// Batches in flight to a node that was not the new partition's leader yet: the first were refused, and a later one was
/// taken as the first.
TEST_F(Simulation, ANewPartitionTakesAProducersFirstBatchFirst) { run({.seed = 1, .faults = "pause,cut"}); }

/// Of batches in flight the first timed out and later ones were acknowledged. Repeating the first is known as a
/// duplicate as long as no sixth batch was sent.
TEST_F(Simulation, ABatchThatTimedOutIsKnownAgainBehindAcknowledgedOnes) { run({.seed = 500573, .faults = "all"}); }

/// It went on by metadata of a node that was cut off, which still thought that it led, by an epoch above the one that
/// the client knew.
TEST_F(Simulation, AProducerOutlivesALeaderThatMissesItsSuccessor) { run({.seed = 47, .faults = "cut,pause"}); }

/// The quorum's leader was paused until another took over; when it woke it said that a topic made meanwhile does not
/// exist, and its deletion was taken for done.
TEST_F(Simulation, ATopicIsNotGoneBecauseADeposedControllerSaysSo) {
  run({.seed = 594, .minutes = 2, .faults = "pause,power"});
}

}  // namespace
}  // namespace weir::sim
