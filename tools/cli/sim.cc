#include <sys/resource.h>
#include <time.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <thread>

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
  std::string seed = "1";
  uint64_t runs = 1;
  size_t jobs = std::max(1u, std::thread::hardware_concurrency());
  bool verbose = false, list = false, in_process = false, quiet = false;
};

double seconds() {
  timespec t;
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

/// Of this process and of the runs that ended.
double cpu_seconds() {
  double sum = 0;
  for (int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage u;
    ::getrusage(who, &u);
    for (const timeval& t : {u.ru_utime, u.ru_stime})
      sum += static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  }
  return sum;
}

int list() {
  fmt::print("faults:\n");
  for (const auto& k : sim::fault_kinds())
    fmt::print("  {:<26} {}{}\n", k.name, k.what, k.by_name_only ? " (not in all)" : "");
  fmt::print("mutations (deliberate bugs, each must be caught by some seeds or by the unit test named):\n");
  for (const auto& m : sim::mutations()) {
    fmt::print("  {:<26} {}\n", m.name, m.what);
    if (m.unit_test) fmt::print("  {:<26} not by seeds: {}\n", "", m.unit_test);
  }
  return 0;
}

/// Tells of runs as they end.
class Account {
 public:
  explicit Account(const Args& args) : args_(args) {}

  void add(const sim::SimulationOptions& run, const sim::SimulationReport& report) {
    ++runs_;
    virtual_seconds_ += report.virtual_seconds;
    acknowledged_ += report.acknowledged;
    for (const auto& [kind, n] : report.faults) faults_ += static_cast<uint64_t>(n);
    if (!report.ok) ++failed_;
    if (!args_.quiet || !report.ok)
      fmt::print("seed={} {}: {}\n", run.seed, report.ok ? "ok" : "FAILED", report.summary());
    if (!report.ok) fmt::print("  {}\n  replay: {}\n", report.failure, sim::replay_command(run));
    if (args_.runs > 1 && (runs_ == args_.runs || (args_.quiet && runs_ % 50 == 0))) sum();
    std::fflush(stdout);
  }
  bool ok() const { return failed_ == 0; }

 private:
  void sum() const {
    fmt::print(
        "{} runs, {} failed, {:.1f} virtual minutes in {:.1f} s ({:.1f} s of CPU), {} faults, {} records "
        "acknowledged\n",
        runs_, failed_, virtual_seconds_ / 60, seconds() - started_, cpu_seconds(), faults_, acknowledged_);
  }

  const Args& args_;
  const double started_ = seconds();
  uint64_t runs_ = 0, failed_ = 0, faults_ = 0, acknowledged_ = 0;
  double virtual_seconds_ = 0;
};

Status run_all(const Args& args, Account& account) {
  TRY_ASSIGN([[maybe_unused]] auto faults, sim::parse_faults(args.run.faults));
  std::vector<sim::SimulationOptions> runs(args.runs, args.run);
  for (uint64_t i = 0; i < args.runs; ++i) runs[i].seed += i;
  if (!args.in_process) {
    return sim::simulate_isolated(runs, args.jobs,
                                  [&](size_t i, const sim::SimulationReport& report) { account.add(runs[i], report); });
  }
  for (const auto& run : runs) {
    TRY_ASSIGN(auto report, sim::simulate(run));
    account.add(run, report);
  }
  return {};
}

int run(Args& args) {
  if (args.seed == "now") {
    args.run.seed = static_cast<uint64_t>(::time(nullptr)) * 1000;
    fmt::print("seeds from {}\n", args.run.seed);
  } else {
    args.run.seed = std::strtoull(args.seed.c_str(), nullptr, 10);
  }
  Account account(args);
  if (Status s = run_all(args, account); !s) {
    std::fprintf(stderr, "weir: %s\n", s.error().message().c_str());
    return 2;
  }
  return account.ok() ? 0 : 1;
}

}  // namespace

void add_sim(CLI::App& app, int& exit_code) {
  auto* cmd = app.add_subcommand(
      "sim", "Simulate a cluster with clients and faults on virtual time; a seed decides everything");
  auto args = std::make_shared<Args>();
  cmd->add_option("--seed", args->seed, "First seed; now: the time, so that nobody has run it")
      ->capture_default_str()
      ->check([](const std::string& text) {
        return text == "now" ||
                       (!text.empty() && text.size() < 20 && text.find_first_not_of("0123456789") == std::string::npos)
                   ? ""
                   : "a number, or 'now'";
      });
  cmd->add_option("--runs", args->runs, "How many seeds, counting up")->capture_default_str();
  cmd->add_option("--jobs", args->jobs, "How many run at the same time")
      ->capture_default_str()
      ->check(CLI::Range(1, 1024));
  cmd->add_option("--nodes", args->run.nodes, "Nodes of the cluster")->capture_default_str();
  cmd->add_option("--minutes", args->run.minutes,
                  "Virtual minutes with faults; then everything heals and must converge")
      ->capture_default_str();
  cmd->add_option("--faults", args->run.faults, "all, none or names with commas (see --list)")->capture_default_str();
  cmd->add_option("--mutate", args->run.mutation, "Turn a deliberate bug on (see --list)");
  cmd->add_flag("--list", args->list, "List faults and mutations");
  cmd->add_flag("--in-process", args->in_process, "Run in this process (for a debugger)");
  cmd->add_flag("-q,--quiet", args->quiet, "Print seeds that fail, and a sum after every 50");
  cmd->add_flag("-v,--verbose", args->verbose, "Print the nodes' log lines");
  cmd->callback([args, &exit_code] {
    diag::set_level(args->verbose ? diag::Level::info : diag::Level::off);
    if (args->verbose) args->in_process = true;
    exit_code = args->list ? list() : run(*args);
  });
}

}  // namespace weir::cli
