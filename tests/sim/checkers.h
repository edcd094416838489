#pragma once
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "tests/sim/sim_cluster.h"
#include "tests/sim/workload/ledger.h"

namespace weir::sim {

/// What must hold inside the nodes, looked at from outside between events; fails the world when something does not.
class Checkers {
 public:
  Checkers(SimWorld& world, SimCluster& cluster, Ledger& ledger) : world_(world), cluster_(cluster), ledger_(ledger) {}

  /// One leader per epoch (partitions and quorum); high watermarks that do not fall in a process; log start ≤ last
  /// stable ≤ high watermark ≤ log end; metadata images that agree at equal offsets; logs' own invariants.
  void check();
  /// All nodes serve, all replicas are in sync, all images are equal. `why`: what is not.
  bool converged(std::string& why);
  /// At the end: the replicas' logs are equal below the high watermark and hold what the ledger knows. Takes some turns
  /// of the world.
  void compare_logs();
  uint64_t checks() const { return checks_; }

 private:
  void check_node(int i);
  void check_image(int i, const replication::MetadataImage& image);
  std::vector<std::vector<uint8_t>> read_all(replication::Partition& partition, Offset end, bool& ok);

  SimWorld& world_;
  SimCluster& cluster_;
  Ledger& ledger_;
  std::map<std::tuple<Uuid, PartitionId, LeaderEpoch>, int> leaders_;
  std::map<LeaderEpoch, int> quorum_leaders_;
  struct Seen {
    uint64_t life = 0;
    Offset high_watermark = 0;
    LeaderEpoch epoch = -1;
  };
  std::map<std::tuple<int, Uuid, PartitionId>, Seen> watermarks_;
  std::map<int, std::pair<uint64_t, Offset>> quorum_watermarks_;
  std::map<Offset, uint64_t> images_;
  std::map<int, const void*> last_image_;
  uint64_t checks_ = 0;
};

}  // namespace weir::sim
