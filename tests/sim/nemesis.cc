#include "tests/sim/nemesis.h"

#include <fmt/format.h>

#include "base/util/check.h"
#include "base/util/diag.h"
#include "broker/services.h"
#include "tests/sim/sim_net.h"

namespace weir::sim {

const std::vector<FaultKind>& fault_kinds() {
  static const std::vector<FaultKind> kinds{
      {"kill", "kill -9 of a node, started again later"},
      {"power", "power cut of a node's machine: unsynced writes are lost or torn"},
      {"power-all", "power cut of all machines at once"},
      {"torn", "power cut in the middle of a turn, after so many changes of the disk; also soon after a start"},
      {"pause", "SIGSTOP and SIGCONT"},
      {"cut", "links cut, one way or both, or a node cut off from everyone"},
      {"delay", "links with tens or hundreds of milliseconds more"},
      {"reset", "an open connection breaks"},
      {"slow", "a disk 10 to 300 times slower"},
      {"full", "a disk without space"},
      {"sync", "a sync that fails: the log directory goes offline; the machine is started anew later"},
      {"clock", "clocks that run fast or slow, and wall clocks that are off"},
      {"leaders", "who is elected leader of the quorum is cut off soon after, several times in a row", true},
      {"lost", "a node is killed and comes back without a file of its metadata log, one node at a time", true},
      {"again", "a power cut, and more of them at the first writes of the starts that follow", true},
  };
  return kinds;
}

Result<uint32_t> parse_faults(const std::string& text) {
  const auto& kinds = fault_kinds();
  uint32_t bits = 0;
  for (size_t k = 0; text == "all" && k < kinds.size(); ++k) bits |= kinds[k].by_name_only ? 0 : 1u << k;
  if (text == "all") return bits;
  if (text == "none" || text.empty()) return bits;
  for (size_t from = 0; from <= text.size();) {
    const size_t comma = std::min(text.find(',', from), text.size());
    const std::string name = text.substr(from, comma - from);
    size_t k = 0;
    while (k < kinds.size() && name != kinds[k].name) ++k;
    if (k == kinds.size())
      return Error(ErrorCode::invalid_argument, "faults", fmt::format("there is no fault '{}'", name));
    bits |= 1u << k;
    from = comma + 1;
  }
  return bits;
}

Nemesis::Nemesis(SimWorld& world, SimCluster& cluster, uint32_t kinds)
    : world_(world), cluster_(cluster), kinds_(kinds) {}

bool Nemesis::on(const char* kind) const {
  const auto& kinds = fault_kinds();
  for (size_t k = 0; k < kinds.size(); ++k) {
    if (std::string_view(kinds[k].name) == kind) return kinds_ >> k & 1;
  }
  return false;
}

void Nemesis::later(Duration in, std::function<void()> task) {
  world_.schedule_in(in, Trace::fault, 0, [this, task = std::move(task)] {
    if (!healed_) task();
  });
}

Duration Nemesis::some(Duration from, Duration to) {
  return from + Duration{static_cast<int64_t>(world_.random().below(static_cast<uint64_t>((to - from).count()) + 1))};
}

int Nemesis::any_node() { return static_cast<int>(world_.random().below(static_cast<uint64_t>(cluster_.size()))); }

void Nemesis::start() {
  if (kinds_) later(some(2s, 6s), [this] { next(); });
}

void Nemesis::next() {
  strike();
  if (world_.random().chance(1, 4)) strike();  // two at once
  later(some(300ms, 9s), [this] { next(); });
}

void Nemesis::start_node(int i) {
  cluster_.reap();
  if (cluster_.up(i) || cluster_.machine(i).running()) return;
  // A start is cut short by the next power cut, in the recovery or in what comes first: what an older life left on the
  // disk meets the new one.
  if (on("torn") && world_.random().chance(1, 5))
    doom(i, 1 + world_.random().below(world_.random().chance(1, 2) ? 40 : 400), some(100ms, 3s));
  if (!cluster_.start(i)) later(some(500ms, 2s), [this, i] { start_node(i); });
}

void Nemesis::crash(int i, bool power, Duration down) {
  if (power)
    cluster_.power_off(i);
  else
    cluster_.kill(i);
  later(down, [this, i] { start_node(i); });
}

void Nemesis::doom(int i, uint64_t change, Duration limit) {
  cluster_.machine(i).power_off_at_disk_change(change);
  later(limit, [this, i] {
    cluster_.reap();
    if (cluster_.up(i)) cluster_.power_off(i);
    start_node(i);
  });
}

void Nemesis::power_again(int i, int times) {
  cluster_.reap();
  if (cluster_.up(i)) cluster_.power_off(i);
  later(some(50ms, 500ms), [this, i, times] {
    cluster_.reap();
    if (cluster_.up(i) || cluster_.machine(i).running()) return;
    if (!cluster_.start(i) || times == 0) return start_node(i);
    cluster_.machine(i).power_off_at_disk_change(1 + world_.random().below(8));
    later(some(200ms, 2s), [this, i, times] { power_again(i, times - 1); });
  });
}

void Nemesis::lose_metadata(int i) {
  const std::string dir = std::string(SimCluster::kLogDir) + "/__cluster_metadata-0";
  for (int n = 0; n < cluster_.size(); ++n) {
    // Of two that lost the same record nobody may be left to bring it back.
    if (!cluster_.up(n) || cluster_.node(n)->services().logs.lost_end({"__cluster_metadata", 0})) return;
  }
  SimFs& fs = cluster_.machine(i).fs();
  crash(i, world_.random().chance(1, 2), some(100ms, 8s));
  auto entries = fs.list(dir);
  if (!entries) return;
  std::erase_if(*entries, [](const io::DirEntry& e) { return !e.name.ends_with(".log"); });
  if (entries->empty()) return;
  const std::string& victim = (*entries)[world_.random().below(entries->size())].name;
  WEIR_INFO("sim: {} of node {} is gone", victim, i + 1);
  CHECK(fs.remove(dir + "/" + victim).ok() && fs.sync_dir(dir).ok(), "a file that is there goes", victim);
}

void Nemesis::hunt(MonoTime until) {
  if (world_.now() >= until) return;
  cluster_.reap();
  for (int i = 0; i < cluster_.size(); ++i) {
    if (!cluster_.up(i) || !cluster_.machine(i).running()) continue;
    const replication::QuorumView view = cluster_.node(i)->services().quorum.view();
    if (std::string_view(view.role) != "leader" || view.epoch <= hunted_) continue;
    hunted_ = view.epoch;
    later(some(0ms, 60ms), [this, i] {
      for (int other = 0; other < cluster_.size(); ++other)
        world_.network().cut_both(static_cast<uint32_t>(i), static_cast<uint32_t>(other));
      later(some(1s, 8s), [this, i] {
        for (int other = 0; other < cluster_.size(); ++other) {
          world_.network().heal(static_cast<uint32_t>(i), static_cast<uint32_t>(other));
          world_.network().heal(static_cast<uint32_t>(other), static_cast<uint32_t>(i));
        }
      });
    });
  }
  later(2ms, [this, until] { hunt(until); });
}

void Nemesis::cut_links() {
  SimNetwork& net = world_.network();
  const auto victim = static_cast<uint32_t>(any_node());
  const auto other = static_cast<uint32_t>(world_.random().below(world_.node_count()));
  switch (world_.random().below(4)) {
    case 0:
      net.isolate({victim});
      break;
    case 1:
      net.cut(victim, other);
      break;
    case 2:
      net.cut_both(victim, other);
      break;
    default:  // a node without its peers, clients still reach it
      for (uint32_t i = 0; i < static_cast<uint32_t>(cluster_.size()); ++i) {
        if (i != victim) net.cut_both(victim, i);
      }
  }
  later(some(200ms, 15s), [&net] { net.heal_all(); });
}

void Nemesis::strike() {
  const auto& kinds = fault_kinds();
  std::vector<size_t> enabled;
  for (size_t k = 0; k < kinds.size(); ++k) {
    if (kinds_ >> k & 1) enabled.push_back(k);
  }
  const std::string kind = kinds[enabled[world_.random().below(enabled.size())]].name;
  const int i = any_node();
  SimFs& fs = cluster_.machine(i).fs();
  cluster_.reap();
  ++counts_[kind];
  WEIR_INFO("sim: {:.3f} s: {} (node {})", static_cast<double>(world_.now().ns) / 1e9, kind, i + 1);
  if (kind == "kill") {
    if (cluster_.up(i)) crash(i, false, some(20ms, 8s));
  } else if (kind == "power") {
    if (cluster_.up(i)) crash(i, true, some(100ms, 10s));
  } else if (kind == "power-all") {
    for (int n = 0; n < cluster_.size(); ++n) {
      if (cluster_.up(n)) crash(n, true, some(100ms, 6s));
    }
  } else if (kind == "torn") {
    if (!cluster_.up(i)) return;
    doom(i, 1 + world_.random().below(400), some(3s, 10s));
  } else if (kind == "pause") {
    if (!cluster_.up(i) || cluster_.machine(i).paused()) return;
    cluster_.machine(i).pause();
    later(some(50ms, 14s), [this, i] { cluster_.machine(i).resume(); });
  } else if (kind == "cut") {
    cut_links();
  } else if (kind == "delay") {
    const auto to = static_cast<uint32_t>(world_.random().below(world_.node_count()));
    world_.network().delay(static_cast<uint32_t>(i), to, some(5ms, 400ms));
    later(some(1s, 10s), [this, i, to] { world_.network().delay(static_cast<uint32_t>(i), to, Duration{0}); });
  } else if (kind == "reset") {
    world_.network().reset_one();
  } else if (kind == "slow") {
    fs.slow_factor = static_cast<uint32_t>(10 + world_.random().below(290));
    later(some(500ms, 10s), [&fs] { fs.slow_factor = 1; });
  } else if (kind == "full") {
    fs.quota_bytes = fs.used_bytes() + world_.random().below(100'000);
    later(some(500ms, 8s), [&fs] { fs.quota_bytes = UINT64_MAX; });
  } else if (kind == "sync") {
    if (!cluster_.up(i)) return;
    fs.fail_syncs = 1;
    later(some(1s, 8s), [this, i, &fs] {
      fs.fail_syncs = 0;
      cluster_.reap();
      if (cluster_.up(i)) cluster_.power_off(i);
      start_node(i);
    });
  } else if (kind == "leaders") {
    hunt(world_.now() + some(5s, 30s));
  } else if (kind == "lost") {
    lose_metadata(i);
  } else if (kind == "again") {
    power_again(i, static_cast<int>(1 + world_.random().below(4)));
  } else if (kind == "clock") {
    const auto ppm = static_cast<int64_t>(world_.random().below(2001)) - 1000;
    const auto skew = static_cast<int64_t>(world_.random().below(20'000)) - 10'000;
    cluster_.machine(i).set_clock(ppm, std::chrono::milliseconds(skew));
  }
}

void Nemesis::heal() {
  healed_ = true;
  world_.network().heal_all();
  cluster_.reap();
  for (int i = 0; i < cluster_.size(); ++i) {
    SimNode& machine = cluster_.machine(i);
    machine.fs().quota_bytes = UINT64_MAX;
    machine.fs().slow_factor = 1;
    machine.fs().fail_syncs = 0;
    machine.cancel_power_off();
    machine.resume();
    if (on("sync") && cluster_.up(i))
      cluster_.kill(i);  // a directory that went offline stays so until the process starts anew
    if (!cluster_.up(i)) cluster_.start(i);
  }
}

}  // namespace weir::sim
