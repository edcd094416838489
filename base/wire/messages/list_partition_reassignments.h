#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Moves of replicas that go on (KIP-455).
struct ListPartitionReassignmentsRequest {
  static constexpr int16_t kApiKey = 46;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  struct ListPartitionReassignmentsTopics {
    std::string name;
    std::vector<int32_t> partition_indexes;
    bool operator==(const ListPartitionReassignmentsTopics&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name);
      v.field("PartitionIndexes", partition_indexes);
    }
  };

  int32_t timeout_ms = 60000;
  std::optional<std::vector<ListPartitionReassignmentsTopics>> topics;
  bool operator==(const ListPartitionReassignmentsRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("TimeoutMs", timeout_ms);
    v.field("Topics", topics, always().nullable());
  }
};

struct ListPartitionReassignmentsResponse {
  static constexpr int16_t kApiKey = 46;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  struct OngoingPartitionReassignment {
    int32_t partition_index = 0;
    std::vector<int32_t> replicas;
    std::vector<int32_t> adding_replicas;
    std::vector<int32_t> removing_replicas;
    bool operator==(const OngoingPartitionReassignment&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("PartitionIndex", partition_index);
      v.field("Replicas", replicas);
      v.field("AddingReplicas", adding_replicas);
      v.field("RemovingReplicas", removing_replicas);
    }
  };

  struct OngoingTopicReassignment {
    std::string name;
    std::vector<OngoingPartitionReassignment> partitions;
    bool operator==(const OngoingTopicReassignment&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name);
      v.field("Partitions", partitions);
    }
  };

  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  std::optional<std::string> error_message{std::in_place};
  std::vector<OngoingTopicReassignment> topics;
  bool operator==(const ListPartitionReassignmentsResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("ErrorCode", error_code);
    v.field("ErrorMessage", error_message, always().nullable());
    v.field("Topics", topics);
  }
};

}  // namespace weir::wire
