#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// A group's progress. Member epochs of KIP-848 use the generation field; topic ids from version 10.
struct OffsetCommitRequest {
  static constexpr int16_t kApiKey = 8;
  static constexpr int16_t kMinVersion = 2;
  static constexpr int16_t kMaxVersion = 10;
  static constexpr int16_t kFlexibleSince = 8;

  struct OffsetCommitRequestPartition {
    int32_t partition_index = 0;
    int64_t committed_offset = 0;
    int32_t committed_leader_epoch = -1;
    std::optional<std::string> committed_metadata{std::in_place};
    bool operator==(const OffsetCommitRequestPartition&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("PartitionIndex", partition_index);
      v.field("CommittedOffset", committed_offset);
      v.field("CommittedLeaderEpoch", committed_leader_epoch, since(6));
      v.field("CommittedMetadata", committed_metadata, always().nullable());
    }
  };

  struct OffsetCommitRequestTopic {
    std::string name;
    weir::Uuid topic_id;
    std::vector<OffsetCommitRequestPartition> partitions;
    bool operator==(const OffsetCommitRequestTopic&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name, between(2, 9));
      v.field("TopicId", topic_id, since(10));
      v.field("Partitions", partitions);
    }
  };

  std::string group_id;
  int32_t generation_id_or_member_epoch = -1;
  std::string member_id;
  std::optional<std::string> group_instance_id;
  int64_t retention_time_ms = -1;
  std::vector<OffsetCommitRequestTopic> topics;
  bool operator==(const OffsetCommitRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("GroupId", group_id);
    v.field("GenerationIdOrMemberEpoch", generation_id_or_member_epoch);
    v.field("MemberId", member_id);
    v.field("GroupInstanceId", group_instance_id, since(7).nullable());
    v.field("RetentionTimeMs", retention_time_ms, between(2, 4));
    v.field("Topics", topics);
  }
};

struct OffsetCommitResponse {
  static constexpr int16_t kApiKey = 8;
  static constexpr int16_t kMinVersion = 2;
  static constexpr int16_t kMaxVersion = 10;
  static constexpr int16_t kFlexibleSince = 8;

  struct OffsetCommitResponsePartition {
    int32_t partition_index = 0;
    int16_t error_code = 0;
    bool operator==(const OffsetCommitResponsePartition&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("PartitionIndex", partition_index);
      v.field("ErrorCode", error_code);
    }
  };

  struct OffsetCommitResponseTopic {
    std::string name;
    weir::Uuid topic_id;
    std::vector<OffsetCommitResponsePartition> partitions;
    bool operator==(const OffsetCommitResponseTopic&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name, between(2, 9));
      v.field("TopicId", topic_id, since(10));
      v.field("Partitions", partitions);
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<OffsetCommitResponseTopic> topics;
  bool operator==(const OffsetCommitResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms, since(3));
    v.field("Topics", topics);
  }
};

}  // namespace weir::wire
