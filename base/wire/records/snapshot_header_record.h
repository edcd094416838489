#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// First record of a metadata snapshot (KIP-630).
struct SnapshotHeaderRecord {
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  int16_t version = 0;
  int64_t last_contained_log_timestamp = 0;
  bool operator==(const SnapshotHeaderRecord&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Version", version);
    v.field("LastContainedLogTimestamp", last_contained_log_timestamp);
  }
};

}  // namespace weir::wire
