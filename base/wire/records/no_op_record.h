#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Moves the end of the metadata log so that lag is seen as time (KIP-835).
struct NoOpRecord {
  static constexpr int16_t kApiKey = 20;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  bool operator==(const NoOpRecord&) const = default;
  template <class V>
  void fields(V&) {}
};

}  // namespace weir::wire
