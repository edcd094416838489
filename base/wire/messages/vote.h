#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// A candidate of the metadata quorum asks for a vote (KIP-595), from version 2 also before it raises the epoch
/// (KIP-996).
struct VoteRequest {
  static constexpr int16_t kApiKey = 52;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 2;
  static constexpr int16_t kFlexibleSince = 0;

  struct PartitionData {
    int32_t partition_index = 0;
    int32_t replica_epoch = 0;
    int32_t replica_id = 0;
    weir::Uuid replica_directory_id;
    weir::Uuid voter_directory_id;
    int32_t last_offset_epoch = 0;
    int64_t last_offset = 0;
    bool pre_vote = false;
    bool operator==(const PartitionData&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("PartitionIndex", partition_index);
      v.field("ReplicaEpoch", replica_epoch);
      v.field("ReplicaId", replica_id);
      v.field("ReplicaDirectoryId", replica_directory_id, since(1));
      v.field("VoterDirectoryId", voter_directory_id, since(1));
      v.field("LastOffsetEpoch", last_offset_epoch);
      v.field("LastOffset", last_offset);
      v.field("PreVote", pre_vote, since(2));
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

  std::optional<std::string> cluster_id;
  int32_t voter_id = -1;
  std::vector<TopicData> topics;
  bool operator==(const VoteRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ClusterId", cluster_id, always().nullable());
    v.field("VoterId", voter_id, since(1));
    v.field("Topics", topics);
  }
};

struct VoteResponse {
  static constexpr int16_t kApiKey = 52;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 2;
  static constexpr int16_t kFlexibleSince = 0;

  struct PartitionData {
    int32_t partition_index = 0;
    int16_t error_code = 0;
    int32_t leader_id = 0;
    int32_t leader_epoch = 0;
    bool vote_granted = false;
    bool operator==(const PartitionData&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("PartitionIndex", partition_index);
      v.field("ErrorCode", error_code);
      v.field("LeaderId", leader_id);
      v.field("LeaderEpoch", leader_epoch);
      v.field("VoteGranted", vote_granted);
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
  bool operator==(const VoteResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ErrorCode", error_code);
    v.field("Topics", topics);
    v.field("NodeEndpoints", node_endpoints, since(1).tagged(0));
  }
};

}  // namespace weir::wire
