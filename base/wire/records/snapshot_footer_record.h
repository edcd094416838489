#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Last record of a metadata snapshot (KIP-630).
struct SnapshotFooterRecord {
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  int16_t version = 0;
  bool operator==(const SnapshotFooterRecord&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Version", version);
  }
};

}  // namespace weir::wire
