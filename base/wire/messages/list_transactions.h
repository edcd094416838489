#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Transactions of this coordinator by state, producer, duration (KIP-664, KIP-994).
struct ListTransactionsRequest {
  static constexpr int16_t kApiKey = 66;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 2;
  static constexpr int16_t kFlexibleSince = 0;

  std::vector<std::string> state_filters;
  std::vector<int64_t> producer_id_filters;
  int64_t duration_filter = -1;
  std::optional<std::string> transactional_id_pattern;
  bool operator==(const ListTransactionsRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("StateFilters", state_filters);
    v.field("ProducerIdFilters", producer_id_filters);
    v.field("DurationFilter", duration_filter, since(1));
    v.field("TransactionalIdPattern", transactional_id_pattern, since(2).nullable());
  }
};

struct ListTransactionsResponse {
  static constexpr int16_t kApiKey = 66;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 2;
  static constexpr int16_t kFlexibleSince = 0;

  struct TransactionState {
    std::string transactional_id;
    int64_t producer_id = 0;
    std::string transaction_state;
    bool operator==(const TransactionState&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("TransactionalId", transactional_id);
      v.field("ProducerId", producer_id);
      v.field("TransactionState", transaction_state);
    }
  };

  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  std::vector<std::string> unknown_state_filters;
  std::vector<TransactionState> transaction_states;
  bool operator==(const ListTransactionsResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("ErrorCode", error_code);
    v.field("UnknownStateFilters", unknown_state_filters);
    v.field("TransactionStates", transaction_states);
  }
};

}  // namespace weir::wire
