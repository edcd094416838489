#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Gives partitions their preferred leader, or an unclean one (KIP-183, KIP-460).
struct ElectLeadersRequest {
  static constexpr int16_t kApiKey = 43;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 2;
  static constexpr int16_t kFlexibleSince = 2;

  struct TopicPartitions {
    std::string topic;
    std::vector<int32_t> partitions;
    bool operator==(const TopicPartitions&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Topic", topic);
      v.field("Partitions", partitions);
    }
  };

  int8_t election_type = 0;
  std::optional<std::vector<TopicPartitions>> topic_partitions{std::in_place};
  int32_t timeout_ms = 60000;
  bool operator==(const ElectLeadersRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ElectionType", election_type, since(1));
    v.field("TopicPartitions", topic_partitions, always().nullable());
    v.field("TimeoutMs", timeout_ms);
  }
};

struct ElectLeadersResponse {
  static constexpr int16_t kApiKey = 43;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 2;
  static constexpr int16_t kFlexibleSince = 2;

  struct PartitionResult {
    int32_t partition_id = 0;
    int16_t error_code = 0;
    std::optional<std::string> error_message{std::in_place};
    bool operator==(const PartitionResult&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("PartitionId", partition_id);
      v.field("ErrorCode", error_code);
      v.field("ErrorMessage", error_message, always().nullable());
    }
  };

  struct ReplicaElectionResult {
    std::string topic;
    std::vector<PartitionResult> partition_result;
    bool operator==(const ReplicaElectionResult&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Topic", topic);
      v.field("PartitionResult", partition_result);
    }
  };

  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  std::vector<ReplicaElectionResult> replica_election_results;
  bool operator==(const ElectLeadersResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("ErrorCode", error_code, since(1));
    v.field("ReplicaElectionResults", replica_election_results);
  }
};

}  // namespace weir::wire
