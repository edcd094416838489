#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// The feature level of the quorum from here on (KIP-853).
struct KRaftVersionRecord {
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  int16_t version = 0;
  int16_t kraft_version = 0;
  bool operator==(const KRaftVersionRecord&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Version", version);
    v.field("KRaftVersion", kraft_version);
  }
};

}  // namespace weir::wire
