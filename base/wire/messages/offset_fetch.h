#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Committed offsets: of one group up to version 7, of several after (KIP-709); topic ids from version 10.
struct OffsetFetchRequest {
  static constexpr int16_t kApiKey = 9;
  static constexpr int16_t kMinVersion = 1;
  static constexpr int16_t kMaxVersion = 10;
  static constexpr int16_t kFlexibleSince = 6;

  struct OffsetFetchRequestTopic {
    std::string name;
    std::vector<int32_t> partition_indexes;
    bool operator==(const OffsetFetchRequestTopic&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name, between(1, 7));
      v.field("PartitionIndexes", partition_indexes, between(1, 7));
    }
  };

  struct OffsetFetchRequestTopics {
    std::string name;
    weir::Uuid topic_id;
    std::vector<int32_t> partition_indexes;
    bool operator==(const OffsetFetchRequestTopics&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name, between(8, 9));
      v.field("TopicId", topic_id, since(10));
      v.field("PartitionIndexes", partition_indexes, since(8));
    }
  };

  struct OffsetFetchRequestGroup {
    std::string group_id;
    std::optional<std::string> member_id;
    int32_t member_epoch = -1;
    std::optional<std::vector<OffsetFetchRequestTopics>> topics{std::in_place};
    bool operator==(const OffsetFetchRequestGroup&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("GroupId", group_id, since(8));
      v.field("MemberId", member_id, since(9).nullable());
      v.field("MemberEpoch", member_epoch, since(9));
      v.field("Topics", topics, since(8).nullable());
    }
  };

  std::string group_id;
  std::optional<std::vector<OffsetFetchRequestTopic>> topics{std::in_place};
  std::vector<OffsetFetchRequestGroup> groups;
  bool require_stable = false;
  bool operator==(const OffsetFetchRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("GroupId", group_id, between(1, 7));
    v.field("Topics", topics, between(1, 7).nullable(2));
    v.field("Groups", groups, since(8));
    v.field("RequireStable", require_stable, since(7));
  }
};

struct OffsetFetchResponse {
  static constexpr int16_t kApiKey = 9;
  static constexpr int16_t kMinVersion = 1;
  static constexpr int16_t kMaxVersion = 10;
  static constexpr int16_t kFlexibleSince = 6;

  struct OffsetFetchResponsePartition {
    int32_t partition_index = 0;
    int64_t committed_offset = 0;
    int32_t committed_leader_epoch = -1;
    std::optional<std::string> metadata{std::in_place};
    int16_t error_code = 0;
    bool operator==(const OffsetFetchResponsePartition&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("PartitionIndex", partition_index, between(1, 7));
      v.field("CommittedOffset", committed_offset, between(1, 7));
      v.field("CommittedLeaderEpoch", committed_leader_epoch, between(5, 7));
      v.field("Metadata", metadata, between(1, 7).nullable());
      v.field("ErrorCode", error_code, between(1, 7));
    }
  };

  struct OffsetFetchResponseTopic {
    std::string name;
    std::vector<OffsetFetchResponsePartition> partitions;
    bool operator==(const OffsetFetchResponseTopic&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name, between(1, 7));
      v.field("Partitions", partitions, between(1, 7));
    }
  };

  struct OffsetFetchResponsePartitions {
    int32_t partition_index = 0;
    int64_t committed_offset = 0;
    int32_t committed_leader_epoch = -1;
    std::optional<std::string> metadata{std::in_place};
    int16_t error_code = 0;
    bool operator==(const OffsetFetchResponsePartitions&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("PartitionIndex", partition_index, since(8));
      v.field("CommittedOffset", committed_offset, since(8));
      v.field("CommittedLeaderEpoch", committed_leader_epoch, since(8));
      v.field("Metadata", metadata, since(8).nullable());
      v.field("ErrorCode", error_code, since(8));
    }
  };

  struct OffsetFetchResponseTopics {
    std::string name;
    weir::Uuid topic_id;
    std::vector<OffsetFetchResponsePartitions> partitions;
    bool operator==(const OffsetFetchResponseTopics&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name, between(8, 9));
      v.field("TopicId", topic_id, since(10));
      v.field("Partitions", partitions, since(8));
    }
  };

  struct OffsetFetchResponseGroup {
    std::string group_id;
    std::vector<OffsetFetchResponseTopics> topics;
    int16_t error_code = 0;
    bool operator==(const OffsetFetchResponseGroup&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("GroupId", group_id, since(8));
      v.field("Topics", topics, since(8));
      v.field("ErrorCode", error_code, since(8));
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<OffsetFetchResponseTopic> topics;
  int16_t error_code = 0;
  std::vector<OffsetFetchResponseGroup> groups;
  bool operator==(const OffsetFetchResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms, since(3));
    v.field("Topics", topics, between(1, 7));
    v.field("ErrorCode", error_code, between(2, 7));
    v.field("Groups", groups, since(8));
  }
};

}  // namespace weir::wire
