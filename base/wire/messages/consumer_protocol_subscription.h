#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// What a classic consumer sends in JoinGroup, with its version before it: topics, owned partitions (KIP-429), rack
/// (KIP-881).
struct ConsumerProtocolSubscription {
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 3;
  static constexpr int16_t kFlexibleSince = kNoVersion;

  struct TopicPartition {
    std::string topic;
    std::vector<int32_t> partitions;
    bool operator==(const TopicPartition&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Topic", topic, since(1));
      v.field("Partitions", partitions, since(1));
    }
  };

  std::vector<std::string> topics;
  std::optional<std::vector<uint8_t>> user_data;
  std::vector<TopicPartition> owned_partitions;
  int32_t generation_id = -1;
  std::optional<std::string> rack_id;
  bool operator==(const ConsumerProtocolSubscription&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Topics", topics);
    v.field("UserData", user_data, always().nullable());
    v.field("OwnedPartitions", owned_partitions, since(1));
    v.field("GenerationId", generation_id, since(2));
    v.field("RackId", rack_id, since(3).nullable());
  }
};

}  // namespace weir::wire
