#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Key of the partition counts the group last saw (KIP-848, key version 4).
struct ConsumerGroupPartitionMetadataKey {
  static constexpr int16_t kMinVersion = 4;
  static constexpr int16_t kMaxVersion = 4;
  static constexpr int16_t kFlexibleSince = kNoVersion;

  std::string group_id;
  bool operator==(const ConsumerGroupPartitionMetadataKey&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("GroupId", group_id);
  }
};

}  // namespace weir::wire
