#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// A feature's finalized level; 0 removes it (KIP-584, KIP-778).
struct FeatureLevelRecord {
  static constexpr int16_t kApiKey = 12;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  std::string name;
  int16_t feature_level = 0;
  bool operator==(const FeatureLevelRecord&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Name", name);
    v.field("FeatureLevel", feature_level);
  }
};

}  // namespace weir::wire
