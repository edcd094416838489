#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Key of the epoch of the target assignment (KIP-848, key version 6).
struct ConsumerGroupTargetAssignmentMetadataKey {
  static constexpr int16_t kMinVersion = 6;
  static constexpr int16_t kMaxVersion = 6;
  static constexpr int16_t kFlexibleSince = kNoVersion;

  std::string group_id;
  bool operator==(const ConsumerGroupTargetAssignmentMetadataKey&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("GroupId", group_id);
  }
};

}  // namespace weir::wire
