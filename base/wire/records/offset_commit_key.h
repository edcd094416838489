#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Key of a committed offset in __consumer_offsets (key versions 0 and 1).
struct OffsetCommitKey {
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 1;
  static constexpr int16_t kFlexibleSince = kNoVersion;

  std::string group;
  std::string topic;
  int32_t partition = 0;
  bool operator==(const OffsetCommitKey&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Group", group);
    v.field("Topic", topic);
    v.field("Partition", partition);
  }
};

}  // namespace weir::wire
