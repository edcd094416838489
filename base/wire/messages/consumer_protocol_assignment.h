#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// What a classic consumer gets by SyncGroup, with its version before it.
struct ConsumerProtocolAssignment {
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 3;
  static constexpr int16_t kFlexibleSince = kNoVersion;

  struct TopicPartition {
    std::string topic;
    std::vector<int32_t> partitions;
    bool operator==(const TopicPartition&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Topic", topic);
      v.field("Partitions", partitions);
    }
  };

  std::vector<TopicPartition> assigned_partitions;
  std::optional<std::vector<uint8_t>> user_data;
  bool operator==(const ConsumerProtocolAssignment&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("AssignedPartitions", assigned_partitions);
    v.field("UserData", user_data, always().nullable());
  }
};

}  // namespace weir::wire
