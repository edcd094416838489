#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Progress of voters and observers (KIP-595, KIP-836).
struct DescribeQuorumRequest {
  static constexpr int16_t kApiKey = 55;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 2;
  static constexpr int16_t kFlexibleSince = 0;

  struct PartitionData {
    int32_t partition_index = 0;
    bool operator==(const PartitionData&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("PartitionIndex", partition_index);
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

  std::vector<TopicData> topics;
  bool operator==(const DescribeQuorumRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Topics", topics);
  }
};

struct DescribeQuorumResponse {
  static constexpr int16_t kApiKey = 55;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 2;
  static constexpr int16_t kFlexibleSince = 0;

  struct ReplicaState {
    int32_t replica_id = 0;
    weir::Uuid replica_directory_id;
    int64_t log_end_offset = 0;
    int64_t last_fetch_timestamp = -1;
    int64_t last_caught_up_timestamp = -1;
    bool operator==(const ReplicaState&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("ReplicaId", replica_id);
      v.field("ReplicaDirectoryId", replica_directory_id, since(2));
      v.field("LogEndOffset", log_end_offset);
      v.field("LastFetchTimestamp", last_fetch_timestamp, since(1));
      v.field("LastCaughtUpTimestamp", last_caught_up_timestamp, since(1));
    }
  };

  struct PartitionData {
    int32_t partition_index = 0;
    int16_t error_code = 0;
    std::optional<std::string> error_message{std::in_place};
    int32_t leader_id = 0;
    int32_t leader_epoch = 0;
    int64_t high_watermark = 0;
    std::vector<ReplicaState> current_voters;
    std::vector<ReplicaState> observers;
    bool operator==(const PartitionData&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("PartitionIndex", partition_index);
      v.field("ErrorCode", error_code);
      v.field("ErrorMessage", error_message, since(2).nullable());
      v.field("LeaderId", leader_id);
      v.field("LeaderEpoch", leader_epoch);
      v.field("HighWatermark", high_watermark);
      v.field("CurrentVoters", current_voters);
      v.field("Observers", observers);
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

  struct Listener {
    std::string name;
    std::string host;
    uint16_t port = 0;
    bool operator==(const Listener&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name, since(2));
      v.field("Host", host, since(2));
      v.field("Port", port, since(2));
    }
  };

  struct Node {
    int32_t node_id = 0;
    std::vector<Listener> listeners;
    bool operator==(const Node&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("NodeId", node_id, since(2));
      v.field("Listeners", listeners, since(2));
    }
  };

  int16_t error_code = 0;
  std::optional<std::string> error_message{std::in_place};
  std::vector<TopicData> topics;
  std::vector<Node> nodes;
  bool operator==(const DescribeQuorumResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ErrorCode", error_code);
    v.field("ErrorMessage", error_message, since(2).nullable());
    v.field("Topics", topics);
    v.field("Nodes", nodes, since(2));
  }
};

}  // namespace weir::wire
