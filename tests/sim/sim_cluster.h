#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "broker/node.h"
#include "tests/sim/sim_node.h"
#include "tests/sim/sim_world.h"

namespace weir::sim {

struct ClusterOptions {
  int nodes = 3;
  std::map<std::string, std::string> config;  // over what `weir cluster up` writes
  int32_t quorum_fetch_bytes = 0;             // broker::NodeOptions
  uint64_t journal_bytes = 1 << 20;           // a small ring comes round often
};

/// Whole nodes as they are shipped, each on a machine of its own in one world: machine i (from 0) is node id i + 1,
/// host "n<id>", port 9092. Everything here is called between events, never from within a turn.
class SimCluster {
 public:
  SimCluster(SimWorld& world, ClusterOptions options);
  ~SimCluster();
  SimCluster(const SimCluster&) = delete;
  SimCluster& operator=(const SimCluster&) = delete;

  int size() const { return static_cast<int>(members_.size()); }
  SimWorld& world() { return world_; }
  SimNode& machine(int i) { return *members_[static_cast<size_t>(i)].machine; }
  /// Null while the process does not run.
  broker::Node* node(int i) { return members_[static_cast<size_t>(i)].node.get(); }
  /// Counts the processes that node i has had.
  uint64_t life(int i) const { return members_[static_cast<size_t>(i)].life; }
  bool up(int i) { return node(i) != nullptr; }

  /// Formats the directory when it is new, opens and starts the node. False (and nothing runs) when its disk refuses.
  bool start(int i);
  void start_all();
  void kill(int i);
  void power_off(int i);
  /// Destroys processes whose machine lost its power by itself (power_off_at_disk_change).
  void reap();
  /// What the last failed start said.
  const std::string& start_error() const { return start_error_; }

  static std::string host(int i) { return "n" + std::to_string(i + 1); }
  static constexpr const char* kLogDir = "/data";
  static constexpr uint16_t kPort = 9092, kControllerPort = 9093;

 private:
  struct Member {
    SimNode* machine = nullptr;
    std::unique_ptr<broker::Node> node;
    uint64_t life = 0;
  };
  Result<std::unique_ptr<broker::Node>> open(int i, SimRuntime& runtime);
  config::BrokerConfig config_of(int i) const;

  SimWorld& world_;
  ClusterOptions options_;
  std::vector<Member> members_;
  std::string start_error_;
};

}  // namespace weir::sim
