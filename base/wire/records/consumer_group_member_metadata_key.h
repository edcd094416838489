#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Key of a member's subscription (KIP-848, key version 5).
struct ConsumerGroupMemberMetadataKey {
  static constexpr int16_t kMinVersion = 5;
  static constexpr int16_t kMaxVersion = 5;
  static constexpr int16_t kFlexibleSince = kNoVersion;

  std::string group_id;
  std::string member_id;
  bool operator==(const ConsumerGroupMemberMetadataKey&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("GroupId", group_id);
    v.field("MemberId", member_id);
  }
};

}  // namespace weir::wire
