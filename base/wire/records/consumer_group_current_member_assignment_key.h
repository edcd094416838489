#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Key of what a member owns now (KIP-848, key version 8).
struct ConsumerGroupCurrentMemberAssignmentKey {
  static constexpr int16_t kMinVersion = 8;
  static constexpr int16_t kMaxVersion = 8;
  static constexpr int16_t kFlexibleSince = kNoVersion;

  std::string group_id;
  std::string member_id;
  bool operator==(const ConsumerGroupCurrentMemberAssignmentKey&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("GroupId", group_id);
    v.field("MemberId", member_id);
  }
};

}  // namespace weir::wire
