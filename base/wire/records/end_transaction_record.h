#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Ends records that count as one (KIP-868).
struct EndTransactionRecord {
  static constexpr int16_t kApiKey = 24;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  bool operator==(const EndTransactionRecord&) const = default;
  template <class V>
  void fields(V&) {}
};

}  // namespace weir::wire
