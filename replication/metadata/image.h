#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/io/net.h"
#include "base/util/topic_partition.h"
#include "base/util/types.h"
#include "base/util/uuid.h"

namespace weir::replication {

struct PartitionImage {
  std::vector<BrokerId> replicas;
  std::vector<BrokerId> isr;
  std::vector<BrokerId> elr;  // eligible leader replicas (KIP-966)
  std::vector<BrokerId> last_known_elr;
  std::vector<BrokerId> adding_replicas, removing_replicas;
  BrokerId leader = kNoBroker;
  LeaderEpoch leader_epoch = 0;
  PartitionEpoch partition_epoch = 0;
  bool operator==(const PartitionImage&) const = default;
};

struct TopicImage {
  std::string name;
  Uuid id;
  std::vector<PartitionImage> partitions;  // index = partition
};

struct ListenerImage {
  std::string name;  // "PLAINTEXT"
  io::Endpoint endpoint;
};
struct BrokerImage {
  BrokerId id = kNoBroker;
  BrokerEpoch epoch = -1;
  Uuid incarnation_id;
  std::vector<ListenerImage> listeners;
  std::optional<std::string> rack;
  std::vector<Uuid> log_dirs;
  bool fenced = true;
  bool in_controlled_shutdown = false;
};

enum class ConfigType : int8_t { topic = 2, broker = 4, group = 32 };
using ConfigMap = std::map<std::string, std::string>;

/// All cluster metadata as of one offset of `__cluster_metadata`. Immutable once published; parts that did not change
/// are shared with the image before. Made by replaying records (image builder, publisher.h); any thread may hold one.
struct MetadataImage {
  Offset offset = 0;                // records below are in it
  LeaderEpoch epoch = 0;            // of the quorum leader that wrote the last of them
  BrokerId controller = kNoBroker;  // quorum leader as known here, -1: none
  std::string cluster_id;
  std::map<std::string, std::shared_ptr<const TopicImage>> topics;
  std::unordered_map<Uuid, std::shared_ptr<const TopicImage>> topics_by_id;
  std::map<BrokerId, std::shared_ptr<const BrokerImage>> brokers;
  std::map<std::pair<ConfigType, std::string>, std::shared_ptr<const ConfigMap>> configs;  // broker default: name ""
  std::map<std::string, int16_t> features;                                                 // finalized levels
  ProducerId next_producer_id = 0;

  const TopicImage* topic(const std::string& name) const;
  const TopicImage* topic(const Uuid& id) const;
  const PartitionImage* partition(const TopicPartition& tp) const;
  const BrokerImage* broker(BrokerId id) const;
  /// Registered, not fenced.
  bool alive(BrokerId id) const;
  /// Explicitly set configs; empty when none.
  const ConfigMap& config(ConfigType type, const std::string& name) const;
};
using ImagePtr = std::shared_ptr<const MetadataImage>;

/// What changed between two images.
struct MetadataDelta {
  std::vector<std::string> changed_topics;  // created or with changed partitions
  std::vector<std::pair<std::string, Uuid>> deleted_topics;
  std::vector<BrokerId> changed_brokers;  // registered, fenced, unfenced, removed
  std::vector<std::pair<ConfigType, std::string>> changed_configs;
  bool controller_changed = false;
};

/// Hears of each new image, on shard 0's thread, in order.
class MetadataListener {
 public:
  virtual ~MetadataListener() = default;
  virtual void on_metadata(const ImagePtr& image, const MetadataDelta& delta) = 0;
};

}  // namespace weir::replication
