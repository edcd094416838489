#include <time.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include <fmt/format.h>

#include "base/util/diag.h"
#include "tests/sim/mutations.h"
#include "tests/sim/nemesis.h"
#include "tests/sim/simulation.h"
#include "tools/cli/commands.h"

namespace weir::cli {
namespace {

struct Args {
  sim::SimulationOptions run;
  uint64_t runs = 1;
  bool verbose = false, list = false, in_process = false;
};

double cpu_seconds() {
  timespec self;
  ::clock_gettime(CLOCK_MONOTONIC, &self);
  return static_cast<double>(self.tv_sec) + static_cast<double>(self.tv_nsec) / 1e9;
}

int list() {
  fmt::print("faults:\n");
  for (const auto& k : sim::fault_kinds()) fmt::print("  {:<26} {}\n", k.name, k.what);
  fmt::print("mutations (deliberate bugs, each must be caught):\n");
  for (const auto& m : sim::mutations()) fmt::print("  {:<26} {}\n", m.name, m.what);
  return 0;
}

int run(const Args& args) {
  double virtual_seconds = 0;
  const double started = cpu_seconds();
  int failed = 0;
  for (uint64_t i = 0; i < args.runs; ++i) {
    sim::SimulationOptions one = args.run;
    one.seed += i;
    auto report = args.in_process ? sim::simulate(one) : sim::simulate_isolated(one);
    if (!report) {
      std::fprintf(stderr, "weir: %s\n", report.error().message().c_str());
      return 2;
    }
    virtual_seconds += report->virtual_seconds;
    fmt::print("seed={} {}: {}\n", one.seed, report->ok ? "ok" : "FAILED", report->summary());
    if (!report->ok) {
      ++failed;
      fmt::print("  {}\n  replay: {}\n", report->failure, sim::replay_command(one));
    }
    std::fflush(stdout);
  }
  if (args.runs > 1) {
    fmt::print("{} runs, {} failed, {:.1f} virtual minutes in {:.1f} s\n", args.runs, failed, virtual_seconds / 60, cpu_seconds() - started);
  }
  return failed ? 1 : 0;
}

}  // namespace

void add_sim(CLI::App& app, int& exit_code) {
  auto* cmd = app.add_subcommand("sim", "Simulate a cluster with clients and faults on virtual time; a seed decides everything");
  auto args = std::make_shared<Args>();
  cmd->add_option("--seed", args->run.seed, "First seed")->capture_default_str();
  cmd->add_option("--runs", args->runs, "How many seeds, counting up")->capture_default_str();
  cmd->add_option("--nodes", args->run.nodes, "Nodes of the cluster")->capture_default_str();
  cmd->add_option("--minutes", args->run.minutes, "Virtual minutes with faults; then everything heals and must converge")->capture_default_str();
  cmd->add_option("--faults", args->run.faults, "all, none or names with commas (see --list)")->capture_default_str();
  cmd->add_option("--mutate", args->run.mutation, "Turn a deliberate bug on (see --list)");
  cmd->add_flag("--list", args->list, "List faults and mutations");
  cmd->add_flag("--in-process", args->in_process, "Run in this process (for a debugger)");
  cmd->add_flag("-v,--verbose", args->verbose, "Print the nodes' log lines");
  cmd->callback([args, &exit_code] {
    diag::set_level(args->verbose ? diag::Level::info : diag::Level::off);
    if (args->verbose) args->in_process = true;
    exit_code = args->list ? list() : run(*args);
  });
}

}  // namespace weir::cli
