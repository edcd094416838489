#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// A block of producer ids is given to a broker; next_producer_id is the first one free (KIP-730).
struct ProducerIdsRecord {
  static constexpr int16_t kApiKey = 15;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  int32_t broker_id = 0;
  int64_t broker_epoch = -1;
  int64_t next_producer_id = 0;
  bool operator==(const ProducerIdsRecord&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("BrokerId", broker_id);
    v.field("BrokerEpoch", broker_epoch);
    v.field("NextProducerId", next_producer_id);
  }
};

}  // namespace weir::wire
