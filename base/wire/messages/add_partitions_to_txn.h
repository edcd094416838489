#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Partitions that a transaction will write; from version 4 for several transactions, between brokers, also to verify
/// only (KIP-890).
struct AddPartitionsToTxnRequest {
  static constexpr int16_t kApiKey = 24;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 5;
  static constexpr int16_t kFlexibleSince = 3;

  struct AddPartitionsToTxnTopic {
    std::string name;
    std::vector<int32_t> partitions;
    bool operator==(const AddPartitionsToTxnTopic&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name);
      v.field("Partitions", partitions);
    }
  };

  struct AddPartitionsToTxnTransaction {
    std::string transactional_id;
    int64_t producer_id = 0;
    int16_t producer_epoch = 0;
    bool verify_only = false;
    std::vector<AddPartitionsToTxnTopic> topics;
    bool operator==(const AddPartitionsToTxnTransaction&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("TransactionalId", transactional_id, since(4));
      v.field("ProducerId", producer_id, since(4));
      v.field("ProducerEpoch", producer_epoch, since(4));
      v.field("VerifyOnly", verify_only, since(4));
      v.field("Topics", topics, since(4));
    }
  };

  std::vector<AddPartitionsToTxnTransaction> transactions;
  std::string v3_and_below_transactional_id;
  int64_t v3_and_below_producer_id = 0;
  int16_t v3_and_below_producer_epoch = 0;
  std::vector<AddPartitionsToTxnTopic> v3_and_below_topics;
  bool operator==(const AddPartitionsToTxnRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Transactions", transactions, since(4));
    v.field("V3AndBelowTransactionalId", v3_and_below_transactional_id, between(0, 3));
    v.field("V3AndBelowProducerId", v3_and_below_producer_id, between(0, 3));
    v.field("V3AndBelowProducerEpoch", v3_and_below_producer_epoch, between(0, 3));
    v.field("V3AndBelowTopics", v3_and_below_topics, between(0, 3));
  }
};

struct AddPartitionsToTxnResponse {
  static constexpr int16_t kApiKey = 24;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 5;
  static constexpr int16_t kFlexibleSince = 3;

  struct AddPartitionsToTxnPartitionResult {
    int32_t partition_index = 0;
    int16_t partition_error_code = 0;
    bool operator==(const AddPartitionsToTxnPartitionResult&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("PartitionIndex", partition_index);
      v.field("PartitionErrorCode", partition_error_code);
    }
  };

  struct AddPartitionsToTxnTopicResult {
    std::string name;
    std::vector<AddPartitionsToTxnPartitionResult> results_by_partition;
    bool operator==(const AddPartitionsToTxnTopicResult&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name);
      v.field("ResultsByPartition", results_by_partition);
    }
  };

  struct AddPartitionsToTxnResult {
    std::string transactional_id;
    std::vector<AddPartitionsToTxnTopicResult> topic_results;
    bool operator==(const AddPartitionsToTxnResult&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("TransactionalId", transactional_id, since(4));
      v.field("TopicResults", topic_results, since(4));
    }
  };

  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  std::vector<AddPartitionsToTxnResult> results_by_transaction;
  std::vector<AddPartitionsToTxnTopicResult> results_by_topic_v3_and_below;
  bool operator==(const AddPartitionsToTxnResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("ErrorCode", error_code, since(4));
    v.field("ResultsByTransaction", results_by_transaction, since(4));
    v.field("ResultsByTopicV3AndBelow", results_by_topic_v3_and_below, between(0, 3));
  }
};

}  // namespace weir::wire
