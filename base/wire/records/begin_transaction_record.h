#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Begins records that count as one (KIP-868).
struct BeginTransactionRecord {
  static constexpr int16_t kApiKey = 23;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  std::optional<std::string> name;
  bool operator==(const BeginTransactionRecord&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Name", name, always().nullable().tagged(0));
  }
};

}  // namespace weir::wire
