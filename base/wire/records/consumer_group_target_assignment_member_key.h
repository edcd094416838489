#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Key of a member's target assignment (KIP-848, key version 7).
struct ConsumerGroupTargetAssignmentMemberKey {
  static constexpr int16_t kMinVersion = 7;
  static constexpr int16_t kMaxVersion = 7;
  static constexpr int16_t kFlexibleSince = kNoVersion;

  std::string group_id;
  std::string member_id;
  bool operator==(const ConsumerGroupTargetAssignmentMemberKey&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("GroupId", group_id);
    v.field("MemberId", member_id);
  }
};

}  // namespace weir::wire
