#include "tests/sim/simulation.h"

#include <malloc.h>

#include <cstdio>
#include <memory>
#include <vector>

#include <fmt/format.h>

#include "base/util/diag.h"
#include "tests/sim/checkers.h"
#include "tests/sim/mutations.h"
#include "tests/sim/nemesis.h"
#include "tests/sim/sim_cluster.h"
#include "tests/sim/sim_runtime.h"
#include "tests/sim/workload/admin.h"
#include "tests/sim/workload/fetch_loop.h"
#include "tests/sim/workload/group_member.h"
#include "tests/sim/workload/producer.h"

namespace weir::sim {
namespace {

SimWorld* g_world = nullptr;  // whose time log lines tell; one run at a time

void log_line(diag::Level, std::string_view line) {
  std::fprintf(stderr, "%9.4f [%d] %.*s\n", g_world ? static_cast<double>(g_world->now().ns) / 1e9 : 0.0,
               SimRuntime::running_node, static_cast<int>(line.size()), line.data());
}

constexpr Duration kCheckEvery{20'000'000};
constexpr Duration kConvergeMax{120'000'000'000};

/// The whole of one run.
class Simulation {
 public:
  Simulation(const SimulationOptions& options, uint32_t faults)
      : options_(options),
        world_(options.seed, profile_of(options.seed)),
        cluster_(world_, cluster_options()),
        ledger_(world_),
        checkers_(world_, cluster_, ledger_),
        nemesis_(world_, cluster_, faults) {
    g_world = &world_;
    diag::set_sink(log_line);
  }

  ~Simulation() {
    for (auto& c : clients_) c->shut();
    g_world = nullptr;
    diag::set_sink(nullptr);
  }

  SimulationReport run();

 private:
  /// Disks from fast to slow, by the seed.
  static SimProfile profile_of(uint64_t seed) {
    SplitMix64 random(~seed);
    SimProfile profile;
    const Duration syncs[] = {150us, 150us, 1ms, 5ms, 20ms};
    profile.disk_sync = syncs[random.below(5)];
    if (random.chance(1, 4)) profile.net_remote = 1ms;
    return profile;
  }
  ClusterOptions cluster_options() {
    ClusterOptions o;
    o.nodes = options_.nodes;
    const char* lags[] = {"2000", "10000", "10000"};
    o.config["replica.lag.time.max.ms"] = lags[world_.random().below(3)];
    if (world_.random().chance(1, 2)) o.config["weir.tail.cache.bytes"] = "1048576";
    const uint64_t rings[] = {256 << 10, 512 << 10, 1 << 20, 4 << 20};
    o.journal_bytes = rings[world_.random().below(4)];
    if (world_.random().chance(1, 3)) o.quorum_fetch_bytes = 1;  // batch by batch
    return o;
  }
  void make_clients();
  void keep_checking();
  /// Runs until `pred`, asking now and then only.
  bool until(Duration limit, const std::function<bool()>& pred);

  const SimulationOptions options_;
  SimWorld world_;
  SimCluster cluster_;
  Ledger ledger_;
  Checkers checkers_;
  Nemesis nemesis_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<Producer*> producers_;
  Admin* admin_ = nullptr;
};

void Simulation::make_clients() {
  Random& r = world_.random();
  auto admin = std::make_unique<Admin>(world_, ledger_, "admin", options_.nodes,
                                       std::vector<Admin::Wanted>{{"t0", 3}, {"t1", 1}});
  admin_ = admin.get();
  clients_.push_back(std::move(admin));
  for (uint32_t i = 0; i < 2; ++i) {
    Producer::Options o;
    o.topics = {"t0", "t1"};
    o.client = i + 1;
    o.topic_ids = r.chance(1, 2);
    o.pace = std::chrono::milliseconds(30 + r.below(80));
    auto p = std::make_unique<Producer>(world_, ledger_, fmt::format("p{}", i + 1), options_.nodes, o);
    producers_.push_back(p.get());
    clients_.push_back(std::move(p));
  }
  clients_.push_back(std::make_unique<Consumer>(world_, ledger_, "c1", options_.nodes,
                                                std::vector<std::string>{"t0", "t1"}, r.chance(1, 2)));
  static_cast<Consumer&>(*clients_.back()).start();
  for (int i = 0; i < 2; ++i) {
    clients_.push_back(std::make_unique<GroupMember>(world_, ledger_, fmt::format("g{}", i + 1), options_.nodes,
                                                     "group", std::vector<std::string>{"t0"}));
    static_cast<GroupMember&>(*clients_.back()).start();
  }
  admin_->start();
  for (Producer* p : producers_) p->start();
}

void Simulation::keep_checking() {
  cluster_.reap();
  checkers_.check();
  world_.schedule_in(kCheckEvery, Trace::other, 0, [this] { keep_checking(); });
}

bool Simulation::until(Duration limit, const std::function<bool()>& pred) {
  const MonoTime end = world_.now() + limit;
  while (!world_.failed() && world_.now() < end) {
    world_.run_for(50ms);
    if (pred()) return !world_.failed();
  }
  return false;
}

SimulationReport Simulation::run() {
  cluster_.start_all();
  keep_checking();
  make_clients();
  nemesis_.start();
  world_.run_for(Duration{static_cast<int64_t>(options_.minutes * 60e9)});
  if (!world_.failed()) {
    WEIR_INFO("sim: {:.3f} s: everything heals", static_cast<double>(world_.now().ns) / 1e9);
    nemesis_.heal();
    admin_->finish();
    for (Producer* p : producers_) p->finish();
    std::string why = "?";
    if (!until(kConvergeMax,
               [&] {
                 return ledger_.complete(why) && ledger_.group_caught_up("group", "t0", why) && admin_->settled(why) &&
                        checkers_.converged(why);
               }) &&
        !world_.failed()) {
      world_.fail(
          fmt::format("not converged {} s after all faults ended: {}", kConvergeMax.count() / 1'000'000'000, why));
    }
    if (!world_.failed()) checkers_.compare_logs();
    if (!world_.failed() && ledger_.records_acknowledged() == 0)
      world_.fail("nothing was acknowledged in the whole run");
  }
  SimulationReport report;
  report.ok = !world_.failed();
  report.failure = world_.failure();
  report.trace_hash = world_.trace_hash();
  report.events = world_.events();
  report.virtual_seconds = static_cast<double>(world_.now().ns) / 1e9;
  report.acknowledged = ledger_.records_acknowledged();
  report.seen = ledger_.records_seen();
  report.commits = ledger_.commits();
  for (Producer* p : producers_) report.retries += p->retries();
  report.checks = checkers_.checks();
  report.faults = nemesis_.counts();
  return report;
}

}  // namespace

std::string SimulationReport::summary() const {
  std::string f;
  for (const auto& [kind, n] : faults) f += fmt::format("{}{} {}", f.empty() ? "" : ", ", n, kind);
  return fmt::format(
      "trace {:016x}, {:.1f} virtual s, {} events, {} checks, {} records acknowledged, {} seen, {} retries, {} "
      "commits; faults: {}",
      trace_hash, virtual_seconds, events, checks, acknowledged, seen, retries, commits, f.empty() ? "none" : f);
}

Result<SimulationReport> simulate(const SimulationOptions& options) {
  // Whole disks come and go with each fault: their pages are kept, not given back to the kernel and asked for again.
  ::mallopt(M_MMAP_THRESHOLD, 256 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 512 << 20);
  ::mallopt(M_TOP_PAD, 4 << 20);
  TRY_ASSIGN(uint32_t faults, parse_faults(options.faults));
  if (options.nodes < 1 || options.nodes > 9) return Error(ErrorCode::invalid_argument, "nodes", "between 1 and 9");
  TRY(set_mutation(options.mutation));
  return Simulation(options, faults).run();
}

std::string replay_command(const SimulationOptions& o) {
  std::string text = fmt::format("weir sim --seed {}", o.seed);
  if (o.nodes != 3) text += fmt::format(" --nodes {}", o.nodes);
  if (o.minutes != 1) text += fmt::format(" --minutes {}", o.minutes);
  if (o.faults != "all") text += " --faults " + o.faults;
  if (!o.mutation.empty()) text += " --mutate " + o.mutation;
  return text;
}

}  // namespace weir::sim
