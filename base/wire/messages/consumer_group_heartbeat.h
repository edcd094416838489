#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// The one request of a member of a new consumer group: subscription and owned partitions up (KIP-848).
struct ConsumerGroupHeartbeatRequest {
  static constexpr int16_t kApiKey = 68;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 1;
  static constexpr int16_t kFlexibleSince = 0;

  struct TopicPartitions {
    weir::Uuid topic_id;
    std::vector<int32_t> partitions;
    bool operator==(const TopicPartitions&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("TopicId", topic_id);
      v.field("Partitions", partitions);
    }
  };

  std::string group_id;
  std::string member_id;
  int32_t member_epoch = 0;
  std::optional<std::string> instance_id;
  std::optional<std::string> rack_id;
  int32_t rebalance_timeout_ms = -1;
  std::optional<std::vector<std::string>> subscribed_topic_names;
  std::optional<std::string> subscribed_topic_regex;
  std::optional<std::string> server_assignor;
  std::optional<std::vector<TopicPartitions>> topic_partitions;
  bool operator==(const ConsumerGroupHeartbeatRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("GroupId", group_id);
    v.field("MemberId", member_id);
    v.field("MemberEpoch", member_epoch);
    v.field("InstanceId", instance_id, always().nullable());
    v.field("RackId", rack_id, always().nullable());
    v.field("RebalanceTimeoutMs", rebalance_timeout_ms);
    v.field("SubscribedTopicNames", subscribed_topic_names, always().nullable());
    v.field("SubscribedTopicRegex", subscribed_topic_regex, since(1).nullable());
    v.field("ServerAssignor", server_assignor, always().nullable());
    v.field("TopicPartitions", topic_partitions, always().nullable());
  }
};

/// Member epoch and target assignment down; a null assignment means unchanged (KIP-848).
struct ConsumerGroupHeartbeatResponse {
  static constexpr int16_t kApiKey = 68;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 1;
  static constexpr int16_t kFlexibleSince = 0;

  struct TopicPartitions {
    weir::Uuid topic_id;
    std::vector<int32_t> partitions;
    bool operator==(const TopicPartitions&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("TopicId", topic_id);
      v.field("Partitions", partitions);
    }
  };

  struct Assignment {
    std::vector<TopicPartitions> topic_partitions;
    bool operator==(const Assignment&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("TopicPartitions", topic_partitions);
    }
  };

  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  std::optional<std::string> error_message;
  std::optional<std::string> member_id;
  int32_t member_epoch = 0;
  int32_t heartbeat_interval_ms = 0;
  std::optional<Assignment> assignment;
  bool operator==(const ConsumerGroupHeartbeatResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("ErrorCode", error_code);
    v.field("ErrorMessage", error_message, always().nullable());
    v.field("MemberId", member_id, always().nullable());
    v.field("MemberEpoch", member_epoch);
    v.field("HeartbeatIntervalMs", heartbeat_interval_ms);
    v.field("Assignment", assignment, always().nullable());
  }
};

}  // namespace weir::wire
