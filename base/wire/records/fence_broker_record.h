#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// A broker is fenced (KIP-631; BrokerRegistrationChangeRecord does it since).
struct FenceBrokerRecord {
  static constexpr int16_t kApiKey = 7;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  int32_t id = 0;
  int64_t epoch = 0;
  bool operator==(const FenceBrokerRecord&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Id", id);
    v.field("Epoch", epoch);
  }
};

}  // namespace weir::wire
