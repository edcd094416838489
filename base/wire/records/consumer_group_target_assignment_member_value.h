#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// What a member shall own (KIP-848).
struct ConsumerGroupTargetAssignmentMemberValue {
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  struct TopicPartition {
    weir::Uuid topic_id;
    std::vector<int32_t> partitions;
    bool operator==(const TopicPartition&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("TopicId", topic_id);
      v.field("Partitions", partitions);
    }
  };

  std::vector<TopicPartition> topic_partitions;
  bool operator==(const ConsumerGroupTargetAssignmentMemberValue&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("TopicPartitions", topic_partitions);
  }
};

}  // namespace weir::wire
