#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// A broker was removed (KIP-631).
struct UnregisterBrokerRecord {
  static constexpr int16_t kApiKey = 1;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  int32_t broker_id = 0;
  int64_t broker_epoch = 0;
  bool operator==(const UnregisterBrokerRecord&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("BrokerId", broker_id);
    v.field("BrokerEpoch", broker_epoch);
  }
};

}  // namespace weir::wire
