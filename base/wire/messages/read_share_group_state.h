#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Reads the stored state of a share partition (KIP-932).
struct ReadShareGroupStateRequest {
  static constexpr int16_t kApiKey = 84;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  struct PartitionData {
    int32_t partition = 0;
    int32_t leader_epoch = 0;
    bool operator==(const PartitionData&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Partition", partition);
      v.field("LeaderEpoch", leader_epoch);
    }
  };

  struct ReadStateData {
    weir::Uuid topic_id;
    std::vector<PartitionData> partitions;
    bool operator==(const ReadStateData&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("TopicId", topic_id);
      v.field("Partitions", partitions);
    }
  };

  std::string group_id;
  std::vector<ReadStateData> topics;
  bool operator==(const ReadShareGroupStateRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("GroupId", group_id);
    v.field("Topics", topics);
  }
};

struct ReadShareGroupStateResponse {
  static constexpr int16_t kApiKey = 84;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  struct StateBatch {
    int64_t first_offset = 0;
    int64_t last_offset = 0;
    int8_t delivery_state = 0;
    int16_t delivery_count = 0;
    bool operator==(const StateBatch&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("FirstOffset", first_offset);
      v.field("LastOffset", last_offset);
      v.field("DeliveryState", delivery_state);
      v.field("DeliveryCount", delivery_count);
    }
  };

  struct PartitionResult {
    int32_t partition = 0;
    int16_t error_code = 0;
    std::optional<std::string> error_message;
    int32_t state_epoch = 0;
    int64_t start_offset = 0;
    std::vector<StateBatch> state_batches;
    bool operator==(const PartitionResult&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Partition", partition);
      v.field("ErrorCode", error_code);
      v.field("ErrorMessage", error_message, always().nullable());
      v.field("StateEpoch", state_epoch);
      v.field("StartOffset", start_offset);
      v.field("StateBatches", state_batches);
    }
  };

  struct ReadStateResult {
    weir::Uuid topic_id;
    std::vector<PartitionResult> partitions;
    bool operator==(const ReadStateResult&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("TopicId", topic_id);
      v.field("Partitions", partitions);
    }
  };

  std::vector<ReadStateResult> results;
  bool operator==(const ReadShareGroupStateResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Results", results);
  }
};

}  // namespace weir::wire
