#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// The membership of a share group (KIP-932).
struct ShareGroupHeartbeatRequest {
  static constexpr int16_t kApiKey = 76;
  static constexpr int16_t kMinVersion = 1;
  static constexpr int16_t kMaxVersion = 1;
  static constexpr int16_t kFlexibleSince = 0;

  std::string group_id;
  std::string member_id;
  int32_t member_epoch = 0;
  std::optional<std::string> rack_id;
  std::optional<std::vector<std::string>> subscribed_topic_names;
  bool operator==(const ShareGroupHeartbeatRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("GroupId", group_id);
    v.field("MemberId", member_id);
    v.field("MemberEpoch", member_epoch);
    v.field("RackId", rack_id, always().nullable());
    v.field("SubscribedTopicNames", subscribed_topic_names, always().nullable());
  }
};

struct ShareGroupHeartbeatResponse {
  static constexpr int16_t kApiKey = 76;
  static constexpr int16_t kMinVersion = 1;
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
  bool operator==(const ShareGroupHeartbeatResponse&) const = default;
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
