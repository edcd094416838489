#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Adds a group's offsets partition to a transaction (KIP-98).
struct AddOffsetsToTxnRequest {
  static constexpr int16_t kApiKey = 25;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 4;
  static constexpr int16_t kFlexibleSince = 3;

  std::string transactional_id;
  int64_t producer_id = 0;
  int16_t producer_epoch = 0;
  std::string group_id;
  bool operator==(const AddOffsetsToTxnRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("TransactionalId", transactional_id);
    v.field("ProducerId", producer_id);
    v.field("ProducerEpoch", producer_epoch);
    v.field("GroupId", group_id);
  }
};

struct AddOffsetsToTxnResponse {
  static constexpr int16_t kApiKey = 25;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 4;
  static constexpr int16_t kFlexibleSince = 3;

  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  bool operator==(const AddOffsetsToTxnResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("ErrorCode", error_code);
  }
};

}  // namespace weir::wire
