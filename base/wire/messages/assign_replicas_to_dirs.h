#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// A broker tells which replica lies in which directory (KIP-858).
struct AssignReplicasToDirsRequest {
  static constexpr int16_t kApiKey = 73;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  struct PartitionData {
    int32_t partition_index = 0;
    bool operator==(const PartitionData&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("PartitionIndex", partition_index);
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

  struct DirectoryData {
    weir::Uuid id;
    std::vector<TopicData> topics;
    bool operator==(const DirectoryData&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Id", id);
      v.field("Topics", topics);
    }
  };

  int32_t broker_id = 0;
  int64_t broker_epoch = -1;
  std::vector<DirectoryData> directories;
  bool operator==(const AssignReplicasToDirsRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("BrokerId", broker_id);
    v.field("BrokerEpoch", broker_epoch);
    v.field("Directories", directories);
  }
};

struct AssignReplicasToDirsResponse {
  static constexpr int16_t kApiKey = 73;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  struct PartitionData {
    int32_t partition_index = 0;
    int16_t error_code = 0;
    bool operator==(const PartitionData&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("PartitionIndex", partition_index);
      v.field("ErrorCode", error_code);
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

  struct DirectoryData {
    weir::Uuid id;
    std::vector<TopicData> topics;
    bool operator==(const DirectoryData&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Id", id);
      v.field("Topics", topics);
    }
  };

  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  std::vector<DirectoryData> directories;
  bool operator==(const AssignReplicasToDirsResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("ErrorCode", error_code);
    v.field("Directories", directories);
  }
};

}  // namespace weir::wire
