#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Topics page by page, with eligible leader replicas (KIP-966).
struct DescribeTopicPartitionsRequest {
  static constexpr int16_t kApiKey = 75;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  struct TopicRequest {
    std::string name;
    bool operator==(const TopicRequest&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name);
    }
  };

  struct Cursor {
    std::string topic_name;
    int32_t partition_index = 0;
    bool operator==(const Cursor&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("TopicName", topic_name);
      v.field("PartitionIndex", partition_index);
    }
  };

  std::vector<TopicRequest> topics;
  int32_t response_partition_limit = 2000;
  std::optional<Cursor> cursor;
  bool operator==(const DescribeTopicPartitionsRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Topics", topics);
    v.field("ResponsePartitionLimit", response_partition_limit);
    v.field("Cursor", cursor, always().nullable());
  }
};

struct DescribeTopicPartitionsResponse {
  static constexpr int16_t kApiKey = 75;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  struct DescribeTopicPartitionsResponsePartition {
    int16_t error_code = 0;
    int32_t partition_index = 0;
    int32_t leader_id = 0;
    int32_t leader_epoch = -1;
    std::vector<int32_t> replica_nodes;
    std::vector<int32_t> isr_nodes;
    std::optional<std::vector<int32_t>> eligible_leader_replicas;
    std::optional<std::vector<int32_t>> last_known_elr;
    std::vector<int32_t> offline_replicas;
    bool operator==(const DescribeTopicPartitionsResponsePartition&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("ErrorCode", error_code);
      v.field("PartitionIndex", partition_index);
      v.field("LeaderId", leader_id);
      v.field("LeaderEpoch", leader_epoch);
      v.field("ReplicaNodes", replica_nodes);
      v.field("IsrNodes", isr_nodes);
      v.field("EligibleLeaderReplicas", eligible_leader_replicas, always().nullable());
      v.field("LastKnownElr", last_known_elr, always().nullable());
      v.field("OfflineReplicas", offline_replicas);
    }
  };

  struct DescribeTopicPartitionsResponseTopic {
    int16_t error_code = 0;
    std::optional<std::string> name{std::in_place};
    weir::Uuid topic_id;
    bool is_internal = false;
    std::vector<DescribeTopicPartitionsResponsePartition> partitions;
    int32_t topic_authorized_operations = INT32_MIN;
    bool operator==(const DescribeTopicPartitionsResponseTopic&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("ErrorCode", error_code);
      v.field("Name", name, always().nullable());
      v.field("TopicId", topic_id);
      v.field("IsInternal", is_internal);
      v.field("Partitions", partitions);
      v.field("TopicAuthorizedOperations", topic_authorized_operations);
    }
  };

  struct Cursor {
    std::string topic_name;
    int32_t partition_index = 0;
    bool operator==(const Cursor&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("TopicName", topic_name);
      v.field("PartitionIndex", partition_index);
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<DescribeTopicPartitionsResponseTopic> topics;
  std::optional<Cursor> next_cursor;
  bool operator==(const DescribeTopicPartitionsResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("Topics", topics);
    v.field("NextCursor", next_cursor, always().nullable());
  }
};

}  // namespace weir::wire
