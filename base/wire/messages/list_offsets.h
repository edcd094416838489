#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Offset at a timestamp, or at one of the special negative ones: -1 latest, -2 earliest, -3 that of the largest
/// timestamp (KIP-734), -4 and -5 of tiered storage (KIP-405, KIP-1005).
struct ListOffsetsRequest {
  static constexpr int16_t kApiKey = 2;
  static constexpr int16_t kMinVersion = 1;
  static constexpr int16_t kMaxVersion = 11;
  static constexpr int16_t kFlexibleSince = 6;

  struct ListOffsetsPartition {
    int32_t partition_index = 0;
    int32_t current_leader_epoch = -1;
    int64_t timestamp = 0;
    bool operator==(const ListOffsetsPartition&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("PartitionIndex", partition_index);
      v.field("CurrentLeaderEpoch", current_leader_epoch, since(4));
      v.field("Timestamp", timestamp);
    }
  };

  struct ListOffsetsTopic {
    std::string name;
    std::vector<ListOffsetsPartition> partitions;
    bool operator==(const ListOffsetsTopic&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name);
      v.field("Partitions", partitions);
    }
  };

  int32_t replica_id = 0;
  int8_t isolation_level = 0;
  std::vector<ListOffsetsTopic> topics;
  int32_t timeout_ms = 0;
  bool operator==(const ListOffsetsRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ReplicaId", replica_id);
    v.field("IsolationLevel", isolation_level, since(2));
    v.field("Topics", topics);
    v.field("TimeoutMs", timeout_ms, since(10));
  }
};

struct ListOffsetsResponse {
  static constexpr int16_t kApiKey = 2;
  static constexpr int16_t kMinVersion = 1;
  static constexpr int16_t kMaxVersion = 11;
  static constexpr int16_t kFlexibleSince = 6;

  struct ListOffsetsPartitionResponse {
    int32_t partition_index = 0;
    int16_t error_code = 0;
    int64_t timestamp = -1;
    int64_t offset = -1;
    int32_t leader_epoch = -1;
    bool operator==(const ListOffsetsPartitionResponse&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("PartitionIndex", partition_index);
      v.field("ErrorCode", error_code);
      v.field("Timestamp", timestamp);
      v.field("Offset", offset);
      v.field("LeaderEpoch", leader_epoch, since(4));
    }
  };

  struct ListOffsetsTopicResponse {
    std::string name;
    std::vector<ListOffsetsPartitionResponse> partitions;
    bool operator==(const ListOffsetsTopicResponse&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name);
      v.field("Partitions", partitions);
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<ListOffsetsTopicResponse> topics;
  bool operator==(const ListOffsetsResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms, since(2));
    v.field("Topics", topics);
  }
};

}  // namespace weir::wire
