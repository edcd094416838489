#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Brokers, topics and leaders; a null list (an empty one in version 0) means all topics; may create the topics it
/// names.
struct MetadataRequest {
  static constexpr int16_t kApiKey = 3;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 13;
  static constexpr int16_t kFlexibleSince = 9;

  struct MetadataRequestTopic {
    weir::Uuid topic_id;
    std::optional<std::string> name{std::in_place};
    bool operator==(const MetadataRequestTopic&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("TopicId", topic_id, since(10));
      v.field("Name", name, always().nullable(10));
    }
  };

  std::optional<std::vector<MetadataRequestTopic>> topics{std::in_place};
  bool allow_auto_topic_creation = true;
  bool include_cluster_authorized_operations = false;
  bool include_topic_authorized_operations = false;
  bool operator==(const MetadataRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Topics", topics, always().nullable(1));
    v.field("AllowAutoTopicCreation", allow_auto_topic_creation, since(4));
    v.field("IncludeClusterAuthorizedOperations", include_cluster_authorized_operations, between(8, 10));
    v.field("IncludeTopicAuthorizedOperations", include_topic_authorized_operations, since(8));
  }
};

/// The cluster as a client needs to know it. Leader epochs from version 7 (KIP-320), topic ids from version 10
/// (KIP-516).
struct MetadataResponse {
  static constexpr int16_t kApiKey = 3;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 13;
  static constexpr int16_t kFlexibleSince = 9;

  struct MetadataResponseBroker {
    int32_t node_id = 0;
    std::string host;
    int32_t port = 0;
    std::optional<std::string> rack;
    bool operator==(const MetadataResponseBroker&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("NodeId", node_id);
      v.field("Host", host);
      v.field("Port", port);
      v.field("Rack", rack, since(1).nullable());
    }
  };

  struct MetadataResponsePartition {
    int16_t error_code = 0;
    int32_t partition_index = 0;
    int32_t leader_id = 0;
    int32_t leader_epoch = -1;
    std::vector<int32_t> replica_nodes;
    std::vector<int32_t> isr_nodes;
    std::vector<int32_t> offline_replicas;
    bool operator==(const MetadataResponsePartition&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("ErrorCode", error_code);
      v.field("PartitionIndex", partition_index);
      v.field("LeaderId", leader_id);
      v.field("LeaderEpoch", leader_epoch, since(7));
      v.field("ReplicaNodes", replica_nodes);
      v.field("IsrNodes", isr_nodes);
      v.field("OfflineReplicas", offline_replicas, since(5));
    }
  };

  struct MetadataResponseTopic {
    int16_t error_code = 0;
    std::optional<std::string> name{std::in_place};
    weir::Uuid topic_id;
    bool is_internal = false;
    std::vector<MetadataResponsePartition> partitions;
    int32_t topic_authorized_operations = INT32_MIN;
    bool operator==(const MetadataResponseTopic&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("ErrorCode", error_code);
      v.field("Name", name, always().nullable(12));
      v.field("TopicId", topic_id, since(10));
      v.field("IsInternal", is_internal, since(1));
      v.field("Partitions", partitions);
      v.field("TopicAuthorizedOperations", topic_authorized_operations, since(8));
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<MetadataResponseBroker> brokers;
  std::optional<std::string> cluster_id;
  int32_t controller_id = -1;
  std::vector<MetadataResponseTopic> topics;
  int32_t cluster_authorized_operations = INT32_MIN;
  int16_t error_code = 0;
  bool operator==(const MetadataResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms, since(3));
    v.field("Brokers", brokers);
    v.field("ClusterId", cluster_id, since(2).nullable());
    v.field("ControllerId", controller_id, since(1));
    v.field("Topics", topics);
    v.field("ClusterAuthorizedOperations", cluster_authorized_operations, between(8, 10));
    v.field("ErrorCode", error_code, since(13));
  }
};

}  // namespace weir::wire
