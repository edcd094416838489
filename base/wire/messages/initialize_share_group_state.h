#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Begins the stored state of a share partition (KIP-932).
struct InitializeShareGroupStateRequest {
  static constexpr int16_t kApiKey = 83;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  struct PartitionData {
    int32_t partition = 0;
    int32_t state_epoch = 0;
    int64_t start_offset = 0;
    bool operator==(const PartitionData&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Partition", partition);
      v.field("StateEpoch", state_epoch);
      v.field("StartOffset", start_offset);
    }
  };

  struct InitializeStateData {
    weir::Uuid topic_id;
    std::vector<PartitionData> partitions;
    bool operator==(const InitializeStateData&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("TopicId", topic_id);
      v.field("Partitions", partitions);
    }
  };

  std::string group_id;
  std::vector<InitializeStateData> topics;
  bool operator==(const InitializeShareGroupStateRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("GroupId", group_id);
    v.field("Topics", topics);
  }
};

struct InitializeShareGroupStateResponse {
  static constexpr int16_t kApiKey = 83;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  struct PartitionResult {
    int32_t partition = 0;
    int16_t error_code = 0;
    std::optional<std::string> error_message;
    bool operator==(const PartitionResult&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Partition", partition);
      v.field("ErrorCode", error_code);
      v.field("ErrorMessage", error_message, always().nullable());
    }
  };

  struct InitializeStateResult {
    weir::Uuid topic_id;
    std::vector<PartitionResult> partitions;
    bool operator==(const InitializeStateResult&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("TopicId", topic_id);
      v.field("Partitions", partitions);
    }
  };

  std::vector<InitializeStateResult> results;
  bool operator==(const InitializeShareGroupStateResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Results", results);
  }
};

}  // namespace weir::wire
