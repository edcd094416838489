#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Key of a new consumer group's epoch (KIP-848, key version 3).
struct ConsumerGroupMetadataKey {
  static constexpr int16_t kMinVersion = 3;
  static constexpr int16_t kMaxVersion = 3;
  static constexpr int16_t kFlexibleSince = kNoVersion;

  std::string group_id;
  bool operator==(const ConsumerGroupMetadataKey&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("GroupId", group_id);
  }
};

}  // namespace weir::wire
