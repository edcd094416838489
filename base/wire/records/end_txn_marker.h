#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Value of a transaction's commit or abort marker (KIP-98).
struct EndTxnMarker {
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = kNoVersion;

  int32_t coordinator_epoch = 0;
  bool operator==(const EndTxnMarker&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("CoordinatorEpoch", coordinator_epoch);
  }
};

}  // namespace weir::wire
