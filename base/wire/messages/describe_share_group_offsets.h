#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Start offsets of share partitions (KIP-932).
struct DescribeShareGroupOffsetsRequest {
  static constexpr int16_t kApiKey = 90;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 1;
  static constexpr int16_t kFlexibleSince = 0;

  struct DescribeShareGroupOffsetsRequestTopic {
    std::string topic_name;
    std::vector<int32_t> partitions;
    bool operator==(const DescribeShareGroupOffsetsRequestTopic&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("TopicName", topic_name);
      v.field("Partitions", partitions);
    }
  };

  struct DescribeShareGroupOffsetsRequestGroup {
    std::string group_id;
    std::optional<std::vector<DescribeShareGroupOffsetsRequestTopic>> topics{std::in_place};
    bool operator==(const DescribeShareGroupOffsetsRequestGroup&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("GroupId", group_id);
      v.field("Topics", topics, always().nullable());
    }
  };

  std::vector<DescribeShareGroupOffsetsRequestGroup> groups;
  bool operator==(const DescribeShareGroupOffsetsRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Groups", groups);
  }
};

struct DescribeShareGroupOffsetsResponse {
  static constexpr int16_t kApiKey = 90;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 1;
  static constexpr int16_t kFlexibleSince = 0;

  struct DescribeShareGroupOffsetsResponsePartition {
    int32_t partition_index = 0;
    int64_t start_offset = 0;
    int32_t leader_epoch = 0;
    int64_t lag = -1;
    int16_t error_code = 0;
    std::optional<std::string> error_message;
    bool operator==(const DescribeShareGroupOffsetsResponsePartition&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("PartitionIndex", partition_index);
      v.field("StartOffset", start_offset);
      v.field("LeaderEpoch", leader_epoch);
      v.field("Lag", lag, since(1));
      v.field("ErrorCode", error_code);
      v.field("ErrorMessage", error_message, always().nullable());
    }
  };

  struct DescribeShareGroupOffsetsResponseTopic {
    std::string topic_name;
    weir::Uuid topic_id;
    std::vector<DescribeShareGroupOffsetsResponsePartition> partitions;
    bool operator==(const DescribeShareGroupOffsetsResponseTopic&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("TopicName", topic_name);
      v.field("TopicId", topic_id);
      v.field("Partitions", partitions);
    }
  };

  struct DescribeShareGroupOffsetsResponseGroup {
    std::string group_id;
    std::vector<DescribeShareGroupOffsetsResponseTopic> topics;
    int16_t error_code = 0;
    std::optional<std::string> error_message;
    bool operator==(const DescribeShareGroupOffsetsResponseGroup&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("GroupId", group_id);
      v.field("Topics", topics);
      v.field("ErrorCode", error_code);
      v.field("ErrorMessage", error_message, always().nullable());
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<DescribeShareGroupOffsetsResponseGroup> groups;
  bool operator==(const DescribeShareGroupOffsetsResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("Groups", groups);
  }
};

}  // namespace weir::wire
