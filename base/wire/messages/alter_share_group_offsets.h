#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Sets start offsets of share partitions (KIP-932).
struct AlterShareGroupOffsetsRequest {
  static constexpr int16_t kApiKey = 91;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  struct AlterShareGroupOffsetsRequestPartition {
    int32_t partition_index = 0;
    int64_t start_offset = 0;
    bool operator==(const AlterShareGroupOffsetsRequestPartition&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("PartitionIndex", partition_index);
      v.field("StartOffset", start_offset);
    }
  };

  struct AlterShareGroupOffsetsRequestTopic {
    std::string topic_name;
    std::vector<AlterShareGroupOffsetsRequestPartition> partitions;
    bool operator==(const AlterShareGroupOffsetsRequestTopic&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("TopicName", topic_name);
      v.field("Partitions", partitions);
    }
  };

  std::string group_id;
  std::vector<AlterShareGroupOffsetsRequestTopic> topics;
  bool operator==(const AlterShareGroupOffsetsRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("GroupId", group_id);
    v.field("Topics", topics);
  }
};

struct AlterShareGroupOffsetsResponse {
  static constexpr int16_t kApiKey = 91;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  struct AlterShareGroupOffsetsResponsePartition {
    int32_t partition_index = 0;
    int16_t error_code = 0;
    std::optional<std::string> error_message;
    bool operator==(const AlterShareGroupOffsetsResponsePartition&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("PartitionIndex", partition_index);
      v.field("ErrorCode", error_code);
      v.field("ErrorMessage", error_message, always().nullable());
    }
  };

  struct AlterShareGroupOffsetsResponseTopic {
    std::string topic_name;
    weir::Uuid topic_id;
    std::vector<AlterShareGroupOffsetsResponsePartition> partitions;
    bool operator==(const AlterShareGroupOffsetsResponseTopic&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("TopicName", topic_name);
      v.field("TopicId", topic_id);
      v.field("Partitions", partitions);
    }
  };

  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  std::optional<std::string> error_message;
  std::vector<AlterShareGroupOffsetsResponseTopic> responses;
  bool operator==(const AlterShareGroupOffsetsResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("ErrorCode", error_code);
    v.field("ErrorMessage", error_message, always().nullable());
    v.field("Responses", responses);
  }
};

}  // namespace weir::wire
