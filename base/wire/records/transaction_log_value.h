#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// A transaction's state (KIP-98; earlier and next producer ids KIP-890).
struct TransactionLogValue {
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 1;
  static constexpr int16_t kFlexibleSince = 1;

  struct PartitionsSchema {
    std::string topic;
    std::vector<int32_t> partition_ids;
    bool operator==(const PartitionsSchema&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Topic", topic);
      v.field("PartitionIds", partition_ids);
    }
  };

  int64_t producer_id = 0;
  int64_t previous_producer_id = -1;
  int64_t next_producer_id = -1;
  int16_t producer_epoch = 0;
  int32_t transaction_timeout_ms = 0;
  int8_t transaction_status = 0;
  std::optional<std::vector<PartitionsSchema>> transaction_partitions{std::in_place};
  int64_t transaction_last_update_timestamp_ms = 0;
  int64_t transaction_start_timestamp_ms = 0;
  int16_t client_transaction_version = 0;
  bool operator==(const TransactionLogValue&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ProducerId", producer_id);
    v.field("ProducerEpoch", producer_epoch);
    v.field("TransactionTimeoutMs", transaction_timeout_ms);
    v.field("TransactionStatus", transaction_status);
    v.field("TransactionPartitions", transaction_partitions, always().nullable());
    v.field("TransactionLastUpdateTimestampMs", transaction_last_update_timestamp_ms);
    v.field("TransactionStartTimestampMs", transaction_start_timestamp_ms);
    v.field("PreviousProducerId", previous_producer_id, since(1).tagged(0));
    v.field("NextProducerId", next_producer_id, since(1).tagged(1));
    v.field("ClientTransactionVersion", client_transaction_version, since(1).tagged(2));
  }
};

}  // namespace weir::wire
