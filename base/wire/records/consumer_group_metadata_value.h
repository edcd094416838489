#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// The group epoch (KIP-848).
struct ConsumerGroupMetadataValue {
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  int32_t epoch = 0;
  bool operator==(const ConsumerGroupMetadataValue&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Epoch", epoch);
  }
};

}  // namespace weir::wire
