#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// The new leader of the quorum makes itself known to the voters (KIP-595).
struct BeginQuorumEpochRequest {
  static constexpr int16_t kApiKey = 53;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 1;
  static constexpr int16_t kFlexibleSince = 1;

  struct PartitionData {
    int32_t partition_index = 0;
    weir::Uuid voter_directory_id;
    int32_t leader_id = 0;
    int32_t leader_epoch = 0;
    bool operator==(const PartitionData&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("PartitionIndex", partition_index);
      v.field("VoterDirectoryId", voter_directory_id, since(1));
      v.field("LeaderId", leader_id);
      v.field("LeaderEpoch", leader_epoch);
    }
  };

  struct TopicData {
    std::string topic_name;
    std::vector<PartitionData> partitions;
    bool operator==(const TopicData&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("TopicName", topic_name);
      v.field("Partitions", partitions);
    }
  };

  struct LeaderEndpoint {
    std::string name;
    std::string host;
    uint16_t port = 0;
    bool operator==(const LeaderEndpoint&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name, since(1));
      v.field("Host", host, since(1));
      v.field("Port", port, since(1));
    }
  };

  std::optional<std::string> cluster_id;
  int32_t voter_id = -1;
  std::vector<TopicData> topics;
  std::vector<LeaderEndpoint> leader_endpoints;
  bool operator==(const BeginQuorumEpochRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ClusterId", cluster_id, always().nullable());
    v.field("VoterId", voter_id, since(1));
    v.field("Topics", topics);
    v.field("LeaderEndpoints", leader_endpoints, since(1));
  }
};

struct BeginQuorumEpochResponse {
  static constexpr int16_t kApiKey = 53;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 1;
  static constexpr int16_t kFlexibleSince = 1;

  struct PartitionData {
    int32_t partition_index = 0;
    int16_t error_code = 0;
    int32_t leader_id = 0;
    int32_t leader_epoch = 0;
    bool operator==(const PartitionData&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("PartitionIndex", partition_index);
      v.field("ErrorCode", error_code);
      v.field("LeaderId", leader_id);
      v.field("LeaderEpoch", leader_epoch);
    }
  };

  struct TopicData {
    std::string topic_name;
    std::vector<PartitionData> partitions;
    bool operator==(const TopicData&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("TopicName", topic_name);
      v.field("Partitions", partitions);
    }
  };

  struct NodeEndpoint {
    int32_t node_id = 0;
    std::string host;
    uint16_t port = 0;
    bool operator==(const NodeEndpoint&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("NodeId", node_id, since(1));
      v.field("Host", host, since(1));
      v.field("Port", port, since(1));
    }
  };

  int16_t error_code = 0;
  std::vector<TopicData> topics;
  std::vector<NodeEndpoint> node_endpoints;
  bool operator==(const BeginQuorumEpochResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ErrorCode", error_code);
    v.field("Topics", topics);
    v.field("NodeEndpoints", node_endpoints, since(1).tagged(0));
  }
};

}  // namespace weir::wire
