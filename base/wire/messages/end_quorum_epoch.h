#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// The leader of the quorum goes and names its successors in order (KIP-595).
struct EndQuorumEpochRequest {
  static constexpr int16_t kApiKey = 54;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 1;
  static constexpr int16_t kFlexibleSince = 1;

  struct ReplicaInfo {
    int32_t candidate_id = 0;
    weir::Uuid candidate_directory_id;
    bool operator==(const ReplicaInfo&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("CandidateId", candidate_id, since(1));
      v.field("CandidateDirectoryId", candidate_directory_id, since(1));
    }
  };

  struct PartitionData {
    int32_t partition_index = 0;
    int32_t leader_id = 0;
    int32_t leader_epoch = 0;
    std::vector<int32_t> preferred_successors;
    std::vector<ReplicaInfo> preferred_candidates;
    bool operator==(const PartitionData&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("PartitionIndex", partition_index);
      v.field("LeaderId", leader_id);
      v.field("LeaderEpoch", leader_epoch);
      v.field("PreferredSuccessors", preferred_successors, between(0, 0));
      v.field("PreferredCandidates", preferred_candidates, since(1));
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
  std::vector<TopicData> topics;
  std::vector<LeaderEndpoint> leader_endpoints;
  bool operator==(const EndQuorumEpochRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ClusterId", cluster_id, always().nullable());
    v.field("Topics", topics);
    v.field("LeaderEndpoints", leader_endpoints, since(1));
  }
};

struct EndQuorumEpochResponse {
  static constexpr int16_t kApiKey = 54;
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
  bool operator==(const EndQuorumEpochResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ErrorCode", error_code);
    v.field("Topics", topics);
    v.field("NodeEndpoints", node_endpoints, since(1).tagged(0));
  }
};

}  // namespace weir::wire
