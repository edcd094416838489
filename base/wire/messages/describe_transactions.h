#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// State of transactional ids (KIP-664).
struct DescribeTransactionsRequest {
  static constexpr int16_t kApiKey = 65;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  std::vector<std::string> transactional_ids;
  bool operator==(const DescribeTransactionsRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("TransactionalIds", transactional_ids);
  }
};

struct DescribeTransactionsResponse {
  static constexpr int16_t kApiKey = 65;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  struct TopicData {
    std::string topic;
    std::vector<int32_t> partitions;
    bool operator==(const TopicData&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Topic", topic);
      v.field("Partitions", partitions);
    }
  };

  struct TransactionState {
    int16_t error_code = 0;
    std::string transactional_id;
    std::string transaction_state;
    int32_t transaction_timeout_ms = 0;
    int64_t transaction_start_time_ms = 0;
    int64_t producer_id = 0;
    int16_t producer_epoch = 0;
    std::vector<TopicData> topics;
    bool operator==(const TransactionState&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("ErrorCode", error_code);
      v.field("TransactionalId", transactional_id);
      v.field("TransactionState", transaction_state);
      v.field("TransactionTimeoutMs", transaction_timeout_ms);
      v.field("TransactionStartTimeMs", transaction_start_time_ms);
      v.field("ProducerId", producer_id);
      v.field("ProducerEpoch", producer_epoch);
      v.field("Topics", topics);
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<TransactionState> transaction_states;
  bool operator==(const DescribeTransactionsResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("TransactionStates", transaction_states);
  }
};

}  // namespace weir::wire
