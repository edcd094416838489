#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// A producer id for idempotence, or the next epoch of a transactional id (KIP-98, KIP-360); version 6 is for two-
/// phase commit (KIP-939) and not served.
struct InitProducerIdRequest {
  static constexpr int16_t kApiKey = 22;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 6;
  static constexpr int16_t kFlexibleSince = 2;

  std::optional<std::string> transactional_id{std::in_place};
  int32_t transaction_timeout_ms = 0;
  int64_t producer_id = -1;
  int16_t producer_epoch = -1;
  bool enable2_pc = false;
  bool keep_prepared_txn = false;
  bool operator==(const InitProducerIdRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("TransactionalId", transactional_id, always().nullable());
    v.field("TransactionTimeoutMs", transaction_timeout_ms);
    v.field("ProducerId", producer_id, since(3));
    v.field("ProducerEpoch", producer_epoch, since(3));
    v.field("Enable2Pc", enable2_pc, since(6));
    v.field("KeepPreparedTxn", keep_prepared_txn, since(6));
  }
};

struct InitProducerIdResponse {
  static constexpr int16_t kApiKey = 22;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 6;
  static constexpr int16_t kFlexibleSince = 2;

  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  int64_t producer_id = -1;
  int16_t producer_epoch = 0;
  int64_t ongoing_txn_producer_id = -1;
  int16_t ongoing_txn_producer_epoch = -1;
  bool operator==(const InitProducerIdResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("ErrorCode", error_code);
    v.field("ProducerId", producer_id);
    v.field("ProducerEpoch", producer_epoch);
    v.field("OngoingTxnProducerId", ongoing_txn_producer_id, since(6));
    v.field("OngoingTxnProducerEpoch", ongoing_txn_producer_epoch, since(6));
  }
};

}  // namespace weir::wire
