#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// An access rule is gone (KIP-801).
struct RemoveAccessControlEntryRecord {
  static constexpr int16_t kApiKey = 19;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  weir::Uuid id;
  bool operator==(const RemoveAccessControlEntryRecord&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Id", id);
  }
};

}  // namespace weir::wire
