#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// The transaction coordinator makes leaders write commit or abort markers (KIP-98).
struct WriteTxnMarkersRequest {
  static constexpr int16_t kApiKey = 27;
  static constexpr int16_t kMinVersion = 1;
  static constexpr int16_t kMaxVersion = 2;
  static constexpr int16_t kFlexibleSince = 1;

  struct WritableTxnMarkerTopic {
    std::string name;
    std::vector<int32_t> partition_indexes;
    bool operator==(const WritableTxnMarkerTopic&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name);
      v.field("PartitionIndexes", partition_indexes);
    }
  };

  struct WritableTxnMarker {
    int64_t producer_id = 0;
    int16_t producer_epoch = 0;
    bool transaction_result = false;
    std::vector<WritableTxnMarkerTopic> topics;
    int32_t coordinator_epoch = 0;
    int8_t transaction_version = 0;
    bool operator==(const WritableTxnMarker&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("ProducerId", producer_id);
      v.field("ProducerEpoch", producer_epoch);
      v.field("TransactionResult", transaction_result);
      v.field("Topics", topics);
      v.field("CoordinatorEpoch", coordinator_epoch);
      v.field("TransactionVersion", transaction_version, since(2));
    }
  };

  std::vector<WritableTxnMarker> markers;
  bool operator==(const WriteTxnMarkersRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Markers", markers);
  }
};

struct WriteTxnMarkersResponse {
  static constexpr int16_t kApiKey = 27;
  static constexpr int16_t kMinVersion = 1;
  static constexpr int16_t kMaxVersion = 2;
  static constexpr int16_t kFlexibleSince = 1;

  struct WritableTxnMarkerPartitionResult {
    int32_t partition_index = 0;
    int16_t error_code = 0;
    bool operator==(const WritableTxnMarkerPartitionResult&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("PartitionIndex", partition_index);
      v.field("ErrorCode", error_code);
    }
  };

  struct WritableTxnMarkerTopicResult {
    std::string name;
    std::vector<WritableTxnMarkerPartitionResult> partitions;
    bool operator==(const WritableTxnMarkerTopicResult&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name);
      v.field("Partitions", partitions);
    }
  };

  struct WritableTxnMarkerResult {
    int64_t producer_id = 0;
    std::vector<WritableTxnMarkerTopicResult> topics;
    bool operator==(const WritableTxnMarkerResult&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("ProducerId", producer_id);
      v.field("Topics", topics);
    }
  };

  std::vector<WritableTxnMarkerResult> markers;
  bool operator==(const WriteTxnMarkersResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Markers", markers);
  }
};

}  // namespace weir::wire
