#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Where a leader epoch ends in the leader's log: for truncation (KIP-101) and its detection by consumers (KIP-320).
struct OffsetForLeaderEpochRequest {
  static constexpr int16_t kApiKey = 23;
  static constexpr int16_t kMinVersion = 2;
  static constexpr int16_t kMaxVersion = 4;
  static constexpr int16_t kFlexibleSince = 4;

  struct OffsetForLeaderPartition {
    int32_t partition = 0;
    int32_t current_leader_epoch = -1;
    int32_t leader_epoch = 0;
    bool operator==(const OffsetForLeaderPartition&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Partition", partition);
      v.field("CurrentLeaderEpoch", current_leader_epoch);
      v.field("LeaderEpoch", leader_epoch);
    }
  };

  struct OffsetForLeaderTopic {
    std::string topic;
    std::vector<OffsetForLeaderPartition> partitions;
    bool operator==(const OffsetForLeaderTopic&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Topic", topic);
      v.field("Partitions", partitions);
    }
  };

  int32_t replica_id = -2;
  std::vector<OffsetForLeaderTopic> topics;
  bool operator==(const OffsetForLeaderEpochRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ReplicaId", replica_id, since(3));
    v.field("Topics", topics);
  }
};

struct OffsetForLeaderEpochResponse {
  static constexpr int16_t kApiKey = 23;
  static constexpr int16_t kMinVersion = 2;
  static constexpr int16_t kMaxVersion = 4;
  static constexpr int16_t kFlexibleSince = 4;

  struct EpochEndOffset {
    int16_t error_code = 0;
    int32_t partition = 0;
    int32_t leader_epoch = -1;
    int64_t end_offset = -1;
    bool operator==(const EpochEndOffset&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("ErrorCode", error_code);
      v.field("Partition", partition);
      v.field("LeaderEpoch", leader_epoch);
      v.field("EndOffset", end_offset);
    }
  };

  struct OffsetForLeaderTopicResult {
    std::string topic;
    std::vector<EpochEndOffset> partitions;
    bool operator==(const OffsetForLeaderTopicResult&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Topic", topic);
      v.field("Partitions", partitions);
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<OffsetForLeaderTopicResult> topics;
  bool operator==(const OffsetForLeaderEpochResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("Topics", topics);
  }
};

}  // namespace weir::wire
