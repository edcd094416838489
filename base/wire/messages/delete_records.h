#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Moves the log start offset (KIP-107).
struct DeleteRecordsRequest {
  static constexpr int16_t kApiKey = 21;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 2;
  static constexpr int16_t kFlexibleSince = 2;

  struct DeleteRecordsPartition {
    int32_t partition_index = 0;
    int64_t offset = 0;
    bool operator==(const DeleteRecordsPartition&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("PartitionIndex", partition_index);
      v.field("Offset", offset);
    }
  };

  struct DeleteRecordsTopic {
    std::string name;
    std::vector<DeleteRecordsPartition> partitions;
    bool operator==(const DeleteRecordsTopic&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name);
      v.field("Partitions", partitions);
    }
  };

  std::vector<DeleteRecordsTopic> topics;
  int32_t timeout_ms = 0;
  bool operator==(const DeleteRecordsRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Topics", topics);
    v.field("TimeoutMs", timeout_ms);
  }
};

struct DeleteRecordsResponse {
  static constexpr int16_t kApiKey = 21;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 2;
  static constexpr int16_t kFlexibleSince = 2;

  struct DeleteRecordsPartitionResult {
    int32_t partition_index = 0;
    int64_t low_watermark = 0;
    int16_t error_code = 0;
    bool operator==(const DeleteRecordsPartitionResult&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("PartitionIndex", partition_index);
      v.field("LowWatermark", low_watermark);
      v.field("ErrorCode", error_code);
    }
  };

  struct DeleteRecordsTopicResult {
    std::string name;
    std::vector<DeleteRecordsPartitionResult> partitions;
    bool operator==(const DeleteRecordsTopicResult&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name);
      v.field("Partitions", partitions);
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<DeleteRecordsTopicResult> topics;
  bool operator==(const DeleteRecordsResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("Topics", topics);
  }
};

}  // namespace weir::wire
