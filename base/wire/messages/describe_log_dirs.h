#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Sizes and lags of the replicas in each directory (KIP-113).
struct DescribeLogDirsRequest {
  static constexpr int16_t kApiKey = 35;
  static constexpr int16_t kMinVersion = 1;
  static constexpr int16_t kMaxVersion = 5;
  static constexpr int16_t kFlexibleSince = 2;

  struct DescribableLogDirTopic {
    std::string topic;
    std::vector<int32_t> partitions;
    bool operator==(const DescribableLogDirTopic&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Topic", topic);
      v.field("Partitions", partitions);
    }
  };

  std::optional<std::vector<DescribableLogDirTopic>> topics{std::in_place};
  bool operator==(const DescribeLogDirsRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Topics", topics, always().nullable());
  }
};

struct DescribeLogDirsResponse {
  static constexpr int16_t kApiKey = 35;
  static constexpr int16_t kMinVersion = 1;
  static constexpr int16_t kMaxVersion = 5;
  static constexpr int16_t kFlexibleSince = 2;

  struct DescribeLogDirsPartition {
    int32_t partition_index = 0;
    int64_t partition_size = 0;
    int64_t offset_lag = 0;
    bool is_future_key = false;
    bool operator==(const DescribeLogDirsPartition&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("PartitionIndex", partition_index);
      v.field("PartitionSize", partition_size);
      v.field("OffsetLag", offset_lag);
      v.field("IsFutureKey", is_future_key);
    }
  };

  struct DescribeLogDirsTopic {
    std::string name;
    std::vector<DescribeLogDirsPartition> partitions;
    bool operator==(const DescribeLogDirsTopic&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name);
      v.field("Partitions", partitions);
    }
  };

  struct DescribeLogDirsResult {
    int16_t error_code = 0;
    std::string log_dir;
    std::vector<DescribeLogDirsTopic> topics;
    int64_t total_bytes = -1;
    int64_t usable_bytes = -1;
    bool is_cordoned = false;
    bool operator==(const DescribeLogDirsResult&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("ErrorCode", error_code);
      v.field("LogDir", log_dir);
      v.field("Topics", topics);
      v.field("TotalBytes", total_bytes, since(4));
      v.field("UsableBytes", usable_bytes, since(4));
      v.field("IsCordoned", is_cordoned, since(5));
    }
  };

  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  std::vector<DescribeLogDirsResult> results;
  bool operator==(const DescribeLogDirsResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("ErrorCode", error_code, since(3));
    v.field("Results", results);
  }
};

}  // namespace weir::wire
