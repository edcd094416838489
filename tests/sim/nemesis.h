#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tests/sim/sim_cluster.h"

namespace weir::sim {

/// Faults that a run may have, as `--faults` names them.
struct FaultKind {
  const char* name;
  const char* what;
  bool by_name_only = false;  // not in "all": a hunt for one kind of mistake
};
const std::vector<FaultKind>& fault_kinds();
/// A bit for each row of fault_kinds(). Errors: invalid_argument for an unknown name. "all", "none" or names with
/// commas.
Result<uint32_t> parse_faults(const std::string& text);

/// Breaks machines, disks and links by the world's seed, each fault for a while, until told to stop. Any number at
/// once.
class Nemesis {
 public:
  Nemesis(SimWorld& world, SimCluster& cluster, uint32_t kinds);
  void start();
  /// No new faults; everything that is broken gets well at once (nodes that are down start).
  void heal();
  const std::map<std::string, int>& counts() const { return counts_; }

 private:
  void next();
  void strike();
  bool on(const char* kind) const;
  void later(Duration in, std::function<void()> task);
  Duration some(Duration from, Duration to);
  int any_node();
  void start_node(int i);
  void crash(int i, bool power, Duration down);
  /// A power cut at the `change`-th change of its disk from now on, or after `limit`.
  void doom(int i, uint64_t change, Duration limit);
  void cut_links();
  /// Cuts off whoever is elected leader of the quorum, soon after, until then.
  void hunt(MonoTime until);
  void power_again(int i, int times);
  /// Kills a node and takes a file of its metadata log away, when all others have all of theirs.
  void lose_metadata(int i);

  SimWorld& world_;
  SimCluster& cluster_;
  const uint32_t kinds_;
  bool healed_ = false;
  LeaderEpoch hunted_ = kNoLeaderEpoch;
  std::map<std::string, int> counts_;
};

}  // namespace weir::sim
