#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Reads a share partition's start offset without its batches (KIP-932).
struct ReadShareGroupStateSummaryRequest {
  static constexpr int16_t kApiKey = 87;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 1;
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

  struct ReadStateSummaryData {
    weir::Uuid topic_id;
    std::vector<PartitionData> partitions;
    bool operator==(const ReadStateSummaryData&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("TopicId", topic_id);
      v.field("Partitions", partitions);
    }
  };

  std::string group_id;
  std::vector<ReadStateSummaryData> topics;
  bool operator==(const ReadShareGroupStateSummaryRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("GroupId", group_id);
    v.field("Topics", topics);
  }
};

struct ReadShareGroupStateSummaryResponse {
  static constexpr int16_t kApiKey = 87;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 1;
  static constexpr int16_t kFlexibleSince = 0;

  struct PartitionResult {
    int32_t partition = 0;
    int16_t error_code = 0;
    std::optional<std::string> error_message;
    int32_t state_epoch = 0;
    int32_t leader_epoch = 0;
    int64_t start_offset = 0;
    int32_t delivery_complete_count = -1;
    bool operator==(const PartitionResult&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Partition", partition);
      v.field("ErrorCode", error_code);
      v.field("ErrorMessage", error_message, always().nullable());
      v.field("StateEpoch", state_epoch);
      v.field("LeaderEpoch", leader_epoch);
      v.field("StartOffset", start_offset);
      v.field("DeliveryCompleteCount", delivery_complete_count, since(1));
    }
  };

  struct ReadStateSummaryResult {
    weir::Uuid topic_id;
    std::vector<PartitionResult> partitions;
    bool operator==(const ReadStateSummaryResult&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("TopicId", topic_id);
      v.field("Partitions", partitions);
    }
  };

  std::vector<ReadStateSummaryResult> results;
  bool operator==(const ReadShareGroupStateSummaryResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Results", results);
  }
};

}  // namespace weir::wire
