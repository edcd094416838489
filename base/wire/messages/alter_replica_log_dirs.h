#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Moves replicas between a broker's directories (KIP-113).
struct AlterReplicaLogDirsRequest {
  static constexpr int16_t kApiKey = 34;
  static constexpr int16_t kMinVersion = 1;
  static constexpr int16_t kMaxVersion = 2;
  static constexpr int16_t kFlexibleSince = 2;

  struct AlterReplicaLogDirTopic {
    std::string name;
    std::vector<int32_t> partitions;
    bool operator==(const AlterReplicaLogDirTopic&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name);
      v.field("Partitions", partitions);
    }
  };

  struct AlterReplicaLogDir {
    std::string path;
    std::vector<AlterReplicaLogDirTopic> topics;
    bool operator==(const AlterReplicaLogDir&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Path", path);
      v.field("Topics", topics);
    }
  };

  std::vector<AlterReplicaLogDir> dirs;
  bool operator==(const AlterReplicaLogDirsRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Dirs", dirs);
  }
};

struct AlterReplicaLogDirsResponse {
  static constexpr int16_t kApiKey = 34;
  static constexpr int16_t kMinVersion = 1;
  static constexpr int16_t kMaxVersion = 2;
  static constexpr int16_t kFlexibleSince = 2;

  struct AlterReplicaLogDirPartitionResult {
    int32_t partition_index = 0;
    int16_t error_code = 0;
    bool operator==(const AlterReplicaLogDirPartitionResult&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("PartitionIndex", partition_index);
      v.field("ErrorCode", error_code);
    }
  };

  struct AlterReplicaLogDirTopicResult {
    std::string topic_name;
    std::vector<AlterReplicaLogDirPartitionResult> partitions;
    bool operator==(const AlterReplicaLogDirTopicResult&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("TopicName", topic_name);
      v.field("Partitions", partitions);
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<AlterReplicaLogDirTopicResult> results;
  bool operator==(const AlterReplicaLogDirsResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("Results", results);
  }
};

}  // namespace weir::wire
