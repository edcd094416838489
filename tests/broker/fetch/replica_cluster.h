#pragma once
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/wire/frame.h"
#include "broker/fetch/fetch_handler.h"
#include "replication/partition/replica_manager.h"
#include "tests/broker/fetch/fake_log.h"
#include "tests/sim/sim_runtime.h"
#include "tests/sim/sim_world.h"

namespace weir::broker {

/// Replica managers and fetch handlers of a few nodes in a simulated world, with a controller that sees everything at
/// once but whose word takes its time. Checks after each event: committed is committed (the same batch at an offset,
/// whoever says so), and the high watermark of a process never falls.
class ReplicaCluster {
 public:
  struct Options {
    int nodes = 3;
    int partitions = 2;
    int32_t min_insync_replicas = 2;
    Duration lag_max = 300ms;
    Duration latency_spread = 300us;
    bool checks = true;
  };
  struct Acked {
    uint64_t payload;
    PartitionId partition;
    Offset offset;
  };

  explicit ReplicaCluster(uint64_t seed) : ReplicaCluster(seed, Options()) {}
  ReplicaCluster(uint64_t seed, Options options);
  ~ReplicaCluster();

  // --- faults
  void kill(int node);
  void start(int node);
  bool running(int node) const { return nodes_[static_cast<size_t>(node)].process != nullptr; }
  void cut(int a, int b, bool on);
  void heal();
  /// The controller gives the partition to another member of the ISR.
  void move_leader(PartitionId partition);

  // --- clients
  /// Sends one batch to whom the controller holds for the leader; forgotten if that node knows better.
  void produce(PartitionId partition, int16_t acks = -1);
  const std::vector<Acked>& acked() const { return acked_; }
  const std::vector<Duration>& latencies() const { return latencies_; }
  uint64_t fetches() const { return fetches_; }

  sim::SimWorld& world() { return *world_; }
  replication::ReplicaManager* replicas(int node);
  FetchHandler* fetches_of(int node);
  sim::SimRuntime& runtime(int node);
  replication::Partition* leader_of(PartitionId partition);
  const replication::PartitionImage& image_of(PartitionId p) const { return partitions_[static_cast<size_t>(p)]; }
  const Uuid& topic_id() const { return topic_id_; }
  /// All replicas hold the same, all of it committed.
  bool settled();
  /// Acked batches that the partition's leader does not hold at their offset; empty when settled and right.
  std::string check_acked();
  static TopicPartition tp(PartitionId p) { return {"t", p}; }

 private:
  class Transport;
  class Changer;
  struct Process {
    sim::SimRuntime* runtime = nullptr;
    std::unique_ptr<FakeLogSet> logs;
    std::unique_ptr<Transport> transport;
    std::unique_ptr<Changer> changer;
    std::unique_ptr<replication::ReplicaManager> replicas;
    std::unique_ptr<FetchHandler> fetches;
    std::map<PartitionId, std::pair<LeaderEpoch, Offset>> high_watermarks;
  };
  struct Node {
    FakeDisk disk;
    std::unique_ptr<Process> process;
    BrokerEpoch epoch = -1;
    uint64_t life = 0;
    bool alive = false;  // as the controller sees it
    MonoTime images_until{0};
  };

  bool alive(int node, uint64_t life) const;
  Duration latency();
  void deliver(int to, std::function<void()> task, MonoTime& not_before);
  void publish();
  void elect(PartitionId p);
  void fence(int node, uint64_t life);
  void check();
  replication::IsrChanger::Outcome change(int node, const replication::IsrChanger::Change& change);

  Options options_;
  std::unique_ptr<sim::SimWorld> world_;
  std::vector<Node> nodes_;
  std::vector<std::unique_ptr<Process>> dead_;
  std::set<std::pair<int, int>> cuts_;
  Uuid topic_id_;
  std::vector<replication::PartitionImage> partitions_;
  BrokerEpoch next_broker_epoch_ = 100;
  Offset metadata_offset_ = 0;
  uint64_t next_payload_ = 1;
  std::vector<Acked> acked_;
  std::vector<Duration> latencies_;
  std::vector<std::map<Offset, FakeBatch>> committed_;
  uint64_t fetches_ = 0;
};

}  // namespace weir::broker
