#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Starts, changes or (null replicas) cancels moves of replicas (KIP-455).
struct AlterPartitionReassignmentsRequest {
  static constexpr int16_t kApiKey = 45;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 1;
  static constexpr int16_t kFlexibleSince = 0;

  struct ReassignablePartition {
    int32_t partition_index = 0;
    std::optional<std::vector<int32_t>> replicas;
    bool operator==(const ReassignablePartition&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("PartitionIndex", partition_index);
      v.field("Replicas", replicas, always().nullable());
    }
  };

  struct ReassignableTopic {
    std::string name;
    std::vector<ReassignablePartition> partitions;
    bool operator==(const ReassignableTopic&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name);
      v.field("Partitions", partitions);
    }
  };

  int32_t timeout_ms = 60000;
  bool allow_replication_factor_change = true;
  std::vector<ReassignableTopic> topics;
  bool operator==(const AlterPartitionReassignmentsRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("TimeoutMs", timeout_ms);
    v.field("AllowReplicationFactorChange", allow_replication_factor_change, since(1));
    v.field("Topics", topics);
  }
};

struct AlterPartitionReassignmentsResponse {
  static constexpr int16_t kApiKey = 45;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 1;
  static constexpr int16_t kFlexibleSince = 0;

  struct ReassignablePartitionResponse {
    int32_t partition_index = 0;
    int16_t error_code = 0;
    std::optional<std::string> error_message{std::in_place};
    bool operator==(const ReassignablePartitionResponse&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("PartitionIndex", partition_index);
      v.field("ErrorCode", error_code);
      v.field("ErrorMessage", error_message, always().nullable());
    }
  };

  struct ReassignableTopicResponse {
    std::string name;
    std::vector<ReassignablePartitionResponse> partitions;
    bool operator==(const ReassignableTopicResponse&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name);
      v.field("Partitions", partitions);
    }
  };

  int32_t throttle_time_ms = 0;
  bool allow_replication_factor_change = true;
  int16_t error_code = 0;
  std::optional<std::string> error_message{std::in_place};
  std::vector<ReassignableTopicResponse> responses;
  bool operator==(const AlterPartitionReassignmentsResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("AllowReplicationFactorChange", allow_replication_factor_change, since(1));
    v.field("ErrorCode", error_code);
    v.field("ErrorMessage", error_message, always().nullable());
    v.field("Responses", responses);
  }
};

}  // namespace weir::wire
