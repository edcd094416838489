#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Commits or aborts a transaction (KIP-98).
struct EndTxnRequest {
  static constexpr int16_t kApiKey = 26;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 5;
  static constexpr int16_t kFlexibleSince = 3;

  std::string transactional_id;
  int64_t producer_id = 0;
  int16_t producer_epoch = 0;
  bool committed = false;
  bool operator==(const EndTxnRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("TransactionalId", transactional_id);
    v.field("ProducerId", producer_id);
    v.field("ProducerEpoch", producer_epoch);
    v.field("Committed", committed);
  }
};

/// From version 5 with the producer id and epoch to go on with (KIP-890).
struct EndTxnResponse {
  static constexpr int16_t kApiKey = 26;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 5;
  static constexpr int16_t kFlexibleSince = 3;

  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  int64_t producer_id = -1;
  int16_t producer_epoch = -1;
  bool operator==(const EndTxnResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("ErrorCode", error_code);
    v.field("ProducerId", producer_id, since(5));
    v.field("ProducerEpoch", producer_epoch, since(5));
  }
};

}  // namespace weir::wire
