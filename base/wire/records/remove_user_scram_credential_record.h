#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// A user's SCRAM credential is gone (KIP-900).
struct RemoveUserScramCredentialRecord {
  static constexpr int16_t kApiKey = 22;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  std::string name;
  int8_t mechanism = 0;
  bool operator==(const RemoveUserScramCredentialRecord&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Name", name);
    v.field("Mechanism", mechanism);
  }
};

}  // namespace weir::wire
