#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Key of a classic group's state in __consumer_offsets (key version 2).
struct GroupMetadataKey {
  static constexpr int16_t kMinVersion = 2;
  static constexpr int16_t kMaxVersion = 2;
  static constexpr int16_t kFlexibleSince = kNoVersion;

  std::string group;
  bool operator==(const GroupMetadataKey&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Group", group);
  }
};

}  // namespace weir::wire
