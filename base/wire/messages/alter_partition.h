#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// A leader asks the controller for a change of the ISR (KIP-497), with broker epochs from version 3 (KIP-903).
struct AlterPartitionRequest {
  static constexpr int16_t kApiKey = 56;
  static constexpr int16_t kMinVersion = 2;
  static constexpr int16_t kMaxVersion = 3;
  static constexpr int16_t kFlexibleSince = 0;

  struct BrokerState {
    int32_t broker_id = 0;
    int64_t broker_epoch = -1;
    bool operator==(const BrokerState&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("BrokerId", broker_id, since(3));
      v.field("BrokerEpoch", broker_epoch, since(3));
    }
  };

  struct PartitionData {
    int32_t partition_index = 0;
    int32_t leader_epoch = 0;
    std::vector<int32_t> new_isr;
    std::vector<BrokerState> new_isr_with_epochs;
    int8_t leader_recovery_state = 0;
    int32_t partition_epoch = 0;
    bool operator==(const PartitionData&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("PartitionIndex", partition_index);
      v.field("LeaderEpoch", leader_epoch);
      v.field("NewIsr", new_isr, between(2, 2));
      v.field("NewIsrWithEpochs", new_isr_with_epochs, since(3));
      v.field("LeaderRecoveryState", leader_recovery_state);
      v.field("PartitionEpoch", partition_epoch);
    }
  };

  struct TopicData {
    weir::Uuid topic_id;
    std::vector<PartitionData> partitions;
    bool operator==(const TopicData&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("TopicId", topic_id);
      v.field("Partitions", partitions);
    }
  };

  int32_t broker_id = 0;
  int64_t broker_epoch = -1;
  std::vector<TopicData> topics;
  bool operator==(const AlterPartitionRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("BrokerId", broker_id);
    v.field("BrokerEpoch", broker_epoch);
    v.field("Topics", topics);
  }
};

struct AlterPartitionResponse {
  static constexpr int16_t kApiKey = 56;
  static constexpr int16_t kMinVersion = 2;
  static constexpr int16_t kMaxVersion = 3;
  static constexpr int16_t kFlexibleSince = 0;

  struct PartitionData {
    int32_t partition_index = 0;
    int16_t error_code = 0;
    int32_t leader_id = 0;
    int32_t leader_epoch = 0;
    std::vector<int32_t> isr;
    int8_t leader_recovery_state = 0;
    int32_t partition_epoch = 0;
    bool operator==(const PartitionData&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("PartitionIndex", partition_index);
      v.field("ErrorCode", error_code);
      v.field("LeaderId", leader_id);
      v.field("LeaderEpoch", leader_epoch);
      v.field("Isr", isr);
      v.field("LeaderRecoveryState", leader_recovery_state);
      v.field("PartitionEpoch", partition_epoch);
    }
  };

  struct TopicData {
    weir::Uuid topic_id;
    std::vector<PartitionData> partitions;
    bool operator==(const TopicData&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("TopicId", topic_id);
      v.field("Partitions", partitions);
    }
  };

  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  std::vector<TopicData> topics;
  bool operator==(const AlterPartitionResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("ErrorCode", error_code);
    v.field("Topics", topics);
  }
};

}  // namespace weir::wire
