#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// A broker takes a block of producer ids from the controller (KIP-730).
struct AllocateProducerIdsRequest {
  static constexpr int16_t kApiKey = 67;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  int32_t broker_id = 0;
  int64_t broker_epoch = -1;
  bool operator==(const AllocateProducerIdsRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("BrokerId", broker_id);
    v.field("BrokerEpoch", broker_epoch);
  }
};

struct AllocateProducerIdsResponse {
  static constexpr int16_t kApiKey = 67;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  int64_t producer_id_start = 0;
  int32_t producer_id_len = 0;
  bool operator==(const AllocateProducerIdsResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("ErrorCode", error_code);
    v.field("ProducerIdStart", producer_id_start);
    v.field("ProducerIdLen", producer_id_len);
  }
};

}  // namespace weir::wire
