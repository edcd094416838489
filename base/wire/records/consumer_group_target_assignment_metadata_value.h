#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// The epoch of the target assignment (KIP-848).
struct ConsumerGroupTargetAssignmentMetadataValue {
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  int32_t assignment_epoch = 0;
  bool operator==(const ConsumerGroupTargetAssignmentMetadataValue&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("AssignmentEpoch", assignment_epoch);
  }
};

}  // namespace weir::wire
