#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Topics and partition counts that the assignment is based on (KIP-848).
struct ConsumerGroupPartitionMetadataValue {
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  struct PartitionMetadata {
    int32_t partition = 0;
    std::vector<std::string> racks;
    bool operator==(const PartitionMetadata&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Partition", partition);
      v.field("Racks", racks);
    }
  };

  struct TopicMetadata {
    weir::Uuid topic_id;
    std::string topic_name;
    int32_t num_partitions = 0;
    std::vector<PartitionMetadata> partition_metadata;
    bool operator==(const TopicMetadata&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("TopicId", topic_id);
      v.field("TopicName", topic_name);
      v.field("NumPartitions", num_partitions);
      v.field("PartitionMetadata", partition_metadata);
    }
  };

  std::vector<TopicMetadata> topics;
  bool operator==(const ConsumerGroupPartitionMetadataValue&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Topics", topics);
  }
};

}  // namespace weir::wire
