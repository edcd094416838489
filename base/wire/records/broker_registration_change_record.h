#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// What changed of a registration: 1 sets fenced or in_controlled_shutdown, -1 unsets, 0 leaves (KIP-841).
struct BrokerRegistrationChangeRecord {
  static constexpr int16_t kApiKey = 17;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 2;
  static constexpr int16_t kFlexibleSince = 0;

  int32_t broker_id = 0;
  int64_t broker_epoch = 0;
  int8_t fenced = 0;
  int8_t in_controlled_shutdown = 0;
  std::vector<weir::Uuid> log_dirs;
  bool operator==(const BrokerRegistrationChangeRecord&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("BrokerId", broker_id);
    v.field("BrokerEpoch", broker_epoch);
    v.field("Fenced", fenced, always().tagged(0));
    v.field("InControlledShutdown", in_controlled_shutdown, since(1).tagged(1));
    v.field("LogDirs", log_dirs, since(2).tagged(2));
  }
};

}  // namespace weir::wire
