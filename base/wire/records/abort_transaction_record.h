#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Takes back the records since the begin (KIP-868).
struct AbortTransactionRecord {
  static constexpr int16_t kApiKey = 25;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  std::optional<std::string> reason;
  bool operator==(const AbortTransactionRecord&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Reason", reason, always().nullable().tagged(0));
  }
};

}  // namespace weir::wire
