#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/io/runtime.h"
#include "log/log_set.h"
#include "replication/metadata/image.h"
#include "replication/partition/partition.h"
#include "replication/transport.h"

namespace weir::replication {

/// Changes of a partition's leader or ISR that only the controller may make; implemented over the controller channel
/// (AlterPartition, KIP-497).
class IsrChanger {
 public:
  virtual ~IsrChanger() = default;
  struct Change {
    TopicPartition tp;
    Uuid topic_id;
    LeaderEpoch leader_epoch;
    PartitionEpoch partition_epoch;
    std::vector<std::pair<BrokerId, BrokerEpoch>> new_isr;
  };
  struct Outcome {
    ErrorCode error = ErrorCode::none;
    PartitionImage image;  // what the controller answered, when none
  };
  virtual void change_isr(Change change, std::function<void(Outcome)> done) = 0;
};

/// Effective topic settings that replication needs.
struct TopicSettings {
  log::LogConfig log;
  int32_t min_insync_replicas = 1;
  bool unclean_leader_election = false;
};

struct ReplicaManagerOptions {
  BrokerId node_id = 0;
  Duration replica_lag_time_max{30'000'000'000};        // replica.lag.time.max.ms
  Duration replica_fetch_wait_max{500'000'000};         // replica.fetch.wait.max.ms
  int32_t replica_fetch_max_bytes = 1 << 20;            // replica.fetch.max.bytes, of one partition in one fetch
  int32_t replica_fetch_response_max_bytes = 10 << 20;  // replica.fetch.response.max.bytes, of all partitions in one
                                                        // fetch
  std::function<TopicSettings(const MetadataImage&, const std::string& topic)> settings;
};

/// All partitions of this shard: makes and deletes their logs as the metadata says, makes them leader or follower, runs
/// the follower fetchers (one pipelined session per leader node) and the ISR timers. `__cluster_metadata` is not among
/// them: the quorum drives that log itself.
class ReplicaManager : public MetadataListener {
 public:
  static std::unique_ptr<ReplicaManager> make(io::Runtime& runtime, log::LogSet& logs, Transport& transport,
                                              IsrChanger& isr_changer, ReplicaManagerOptions options);
  ~ReplicaManager() override = default;

  virtual Partition* find(const TopicPartition& tp) = 0;
  virtual Partition* find(const Uuid& topic_id, PartitionId partition) = 0;
  virtual std::vector<Partition*> all() = 0;
  /// The newest image heard of; never null.
  virtual const ImagePtr& image() const = 0;
  /// Own broker epoch, once registered: goes with follower fetches (KIP-903).
  virtual void set_broker_epoch(BrokerEpoch epoch) = 0;
  /// Called after each on_metadata has been applied: who became leader or stopped being one here (coordinators load and
  /// unload).
  virtual void on_leadership(std::function<void(Partition&, bool leads)> heard) = 0;
  /// Called when a partition's log is gone because the topic was deleted.
  virtual void on_deleted(std::function<void(const TopicPartition&, const Uuid&)> heard) = 0;
};

}  // namespace weir::replication
