#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// A part of a snapshot of the metadata log (KIP-630).
struct FetchSnapshotRequest {
  static constexpr int16_t kApiKey = 59;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 1;
  static constexpr int16_t kFlexibleSince = 0;

  struct SnapshotId {
    int64_t end_offset = 0;
    int32_t epoch = 0;
    bool operator==(const SnapshotId&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("EndOffset", end_offset);
      v.field("Epoch", epoch);
    }
  };

  struct PartitionSnapshot {
    int32_t partition = 0;
    int32_t current_leader_epoch = 0;
    SnapshotId snapshot_id;
    int64_t position = 0;
    weir::Uuid replica_directory_id;
    bool operator==(const PartitionSnapshot&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Partition", partition);
      v.field("CurrentLeaderEpoch", current_leader_epoch);
      v.field("SnapshotId", snapshot_id);
      v.field("Position", position);
      v.field("ReplicaDirectoryId", replica_directory_id, since(1).tagged(0));
    }
  };

  struct TopicSnapshot {
    std::string name;
    std::vector<PartitionSnapshot> partitions;
    bool operator==(const TopicSnapshot&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name);
      v.field("Partitions", partitions);
    }
  };

  std::optional<std::string> cluster_id;
  int32_t replica_id = -1;
  int32_t max_bytes = INT32_MAX;
  std::vector<TopicSnapshot> topics;
  bool operator==(const FetchSnapshotRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ReplicaId", replica_id);
    v.field("MaxBytes", max_bytes);
    v.field("Topics", topics);
    v.field("ClusterId", cluster_id, always().nullable().tagged(0));
  }
};

struct FetchSnapshotResponse {
  static constexpr int16_t kApiKey = 59;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 1;
  static constexpr int16_t kFlexibleSince = 0;

  struct SnapshotId {
    int64_t end_offset = 0;
    int32_t epoch = 0;
    bool operator==(const SnapshotId&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("EndOffset", end_offset);
      v.field("Epoch", epoch);
    }
  };

  struct LeaderIdAndEpoch {
    int32_t leader_id = 0;
    int32_t leader_epoch = 0;
    bool operator==(const LeaderIdAndEpoch&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("LeaderId", leader_id);
      v.field("LeaderEpoch", leader_epoch);
    }
  };

  struct PartitionSnapshot {
    int32_t index = 0;
    int16_t error_code = 0;
    SnapshotId snapshot_id;
    LeaderIdAndEpoch current_leader;
    int64_t size = 0;
    int64_t position = 0;
    std::optional<weir::BufferChain> unaligned_records;
    template <class V>
    void fields(V& v) {
      v.field("Index", index);
      v.field("ErrorCode", error_code);
      v.field("SnapshotId", snapshot_id);
      v.field("Size", size);
      v.field("Position", position);
      v.field("UnalignedRecords", unaligned_records);
      v.field("CurrentLeader", current_leader, always().tagged(0));
    }
  };

  struct TopicSnapshot {
    std::string name;
    std::vector<PartitionSnapshot> partitions;
    template <class V>
    void fields(V& v) {
      v.field("Name", name);
      v.field("Partitions", partitions);
    }
  };

  struct NodeEndpoint {
    int32_t node_id = 0;
    std::string host;
    uint16_t port = 0;
    bool operator==(const NodeEndpoint&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("NodeId", node_id, since(1));
      v.field("Host", host, since(1));
      v.field("Port", port, since(1));
    }
  };

  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  std::vector<TopicSnapshot> topics;
  std::vector<NodeEndpoint> node_endpoints;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("ErrorCode", error_code);
    v.field("Topics", topics);
    v.field("NodeEndpoints", node_endpoints, since(1).tagged(0));
  }
};

}  // namespace weir::wire
