#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Offsets that count when the transaction commits (KIP-98, KIP-447).
struct TxnOffsetCommitRequest {
  static constexpr int16_t kApiKey = 28;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 5;
  static constexpr int16_t kFlexibleSince = 3;

  struct TxnOffsetCommitRequestPartition {
    int32_t partition_index = 0;
    int64_t committed_offset = 0;
    int32_t committed_leader_epoch = -1;
    std::optional<std::string> committed_metadata{std::in_place};
    bool operator==(const TxnOffsetCommitRequestPartition&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("PartitionIndex", partition_index);
      v.field("CommittedOffset", committed_offset);
      v.field("CommittedLeaderEpoch", committed_leader_epoch, since(2));
      v.field("CommittedMetadata", committed_metadata, always().nullable());
    }
  };

  struct TxnOffsetCommitRequestTopic {
    std::string name;
    std::vector<TxnOffsetCommitRequestPartition> partitions;
    bool operator==(const TxnOffsetCommitRequestTopic&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name);
      v.field("Partitions", partitions);
    }
  };

  std::string transactional_id;
  std::string group_id;
  int64_t producer_id = 0;
  int16_t producer_epoch = 0;
  int32_t generation_id = -1;
  std::string member_id;
  std::optional<std::string> group_instance_id;
  std::vector<TxnOffsetCommitRequestTopic> topics;
  bool operator==(const TxnOffsetCommitRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("TransactionalId", transactional_id);
    v.field("GroupId", group_id);
    v.field("ProducerId", producer_id);
    v.field("ProducerEpoch", producer_epoch);
    v.field("GenerationId", generation_id, since(3));
    v.field("MemberId", member_id, since(3));
    v.field("GroupInstanceId", group_instance_id, since(3).nullable());
    v.field("Topics", topics);
  }
};

struct TxnOffsetCommitResponse {
  static constexpr int16_t kApiKey = 28;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 5;
  static constexpr int16_t kFlexibleSince = 3;

  struct TxnOffsetCommitResponsePartition {
    int32_t partition_index = 0;
    int16_t error_code = 0;
    bool operator==(const TxnOffsetCommitResponsePartition&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("PartitionIndex", partition_index);
      v.field("ErrorCode", error_code);
    }
  };

  struct TxnOffsetCommitResponseTopic {
    std::string name;
    std::vector<TxnOffsetCommitResponsePartition> partitions;
    bool operator==(const TxnOffsetCommitResponseTopic&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name);
      v.field("Partitions", partitions);
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<TxnOffsetCommitResponseTopic> topics;
  bool operator==(const TxnOffsetCommitResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("Topics", topics);
  }
};

}  // namespace weir::wire
