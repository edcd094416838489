#include <gtest/gtest.h>

#include "base/util/diag.h"
#include "tests/sim/mutations.h"
#include "tests/sim/simulation.h"

namespace weir::sim {
namespace {

/// Faults that bring the bug out, and the seeds in which one must be enough.
struct Case {
  const char* mutation;
  const char* faults;
  uint64_t first_seed;
  int runs;
};

class Mutated : public ::testing::TestWithParam<Case> {};

TEST_P(Mutated, IsCaught) {
  diag::set_level(diag::Level::off);
  const Case& c = GetParam();
  for (int i = 0; i < c.runs; ++i) {
    SimulationOptions options{
        .seed = c.first_seed + static_cast<uint64_t>(i), .faults = c.faults, .mutation = c.mutation};
    auto broken = simulate_isolated(options);
    ASSERT_TRUE(broken.ok()) << broken.error().message();
    if (broken->ok) continue;
    // And by the mutation, not by a bug that nobody meant.
    options.mutation.clear();
    auto sound = simulate_isolated(options);
    ASSERT_TRUE(sound.ok());
    EXPECT_TRUE(sound->ok) << sound->failure << "\n  " << replay_command(options);
    return;
  }
  FAIL() << c.mutation << " was not caught in " << c.runs << " runs";
}

INSTANTIATE_TEST_SUITE_P(
    Simulation, Mutated,
    ::testing::Values(Case{"hw-from-leader-alone", "all", 1, 40}, Case{"lagging-isr-member-kept", "cut,kill", 1, 40},
                      Case{"no-truncation-by-epoch", "all", 1, 40}, Case{"ack-before-isr", "all", 1, 40},
                      Case{"vote-not-durable", "kill,power,slow,delay,leaders", 1, 200},
                      Case{"stale-leader-not-fenced", "cut,pause", 140, 60},
                      Case{"ack-before-sync", "power-all", 1, 40}, Case{"replay-group-twice", "all", 1, 40},
                      Case{"accept-duplicate-sequence", "all", 1, 40}, Case{"skip-truncate-journal", "all", 1, 40},
                      Case{"recycle-before-sync", "power-all,slow", 1, 200},
                      Case{"loss-forgotten", "lost,kill,power,cut", 1090, 60}),
    [](const auto& info) {
      std::string name = info.param.mutation;
      for (char& c : name) {
        if (c == '-') c = '_';
      }
      return name;
    });

}  // namespace
}  // namespace weir::sim
