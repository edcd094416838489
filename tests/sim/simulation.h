#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/util/result.h"

namespace weir::sim {

/// One run of a whole cluster with clients and faults; everything follows from it.
struct SimulationOptions {
  uint64_t seed = 1;
  int nodes = 3;
  double minutes = 1;  // of virtual time with faults; after them up to two more to converge
  std::string faults = "all";
  std::string mutation;  // a deliberate bug (mutations.h); empty: none
};

struct SimulationReport {
  bool ok = false;
  std::string failure;  // the invariant that broke
  uint64_t trace_hash = 0;
  uint64_t events = 0;
  double virtual_seconds = 0;
  uint64_t acknowledged = 0, seen = 0, commits = 0, retries = 0, checks = 0;
  std::map<std::string, int> faults;
  std::string summary() const;  // one line
};

/// Runs in this thread. A CHECK that fails aborts the process, as it would a node's. Errors: invalid_argument.
Result<SimulationReport> simulate(const SimulationOptions& options);
/// The same in a child process, so that a CHECK that fails is a report too, and mutations of one run do not reach the
/// next.
Result<SimulationReport> simulate_isolated(const SimulationOptions& options);
/// Many of them, `jobs` at a time; `ended` hears of each, in their order. Errors: io_error (no process, no pipe).
Status simulate_isolated(const std::vector<SimulationOptions>& runs, size_t jobs,
                         const std::function<void(size_t index, const SimulationReport& report)>& ended);

/// The command that repeats a run.
std::string replay_command(const SimulationOptions& options);

}  // namespace weir::sim
