#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// What changed of a partition; null, or -2 for the leader, means unchanged (KIP-631).
struct PartitionChangeRecord {
  static constexpr int16_t kApiKey = 5;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 2;
  static constexpr int16_t kFlexibleSince = 0;

  int32_t partition_id = -1;
  weir::Uuid topic_id;
  std::optional<std::vector<int32_t>> isr;
  int32_t leader = -2;
  std::optional<std::vector<int32_t>> replicas;
  std::optional<std::vector<int32_t>> removing_replicas;
  std::optional<std::vector<int32_t>> adding_replicas;
  int8_t leader_recovery_state = -1;
  std::optional<std::vector<weir::Uuid>> directories;
  std::optional<std::vector<int32_t>> eligible_leader_replicas;
  std::optional<std::vector<int32_t>> last_known_elr;
  bool operator==(const PartitionChangeRecord&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("PartitionId", partition_id);
    v.field("TopicId", topic_id);
    v.field("Isr", isr, always().nullable().tagged(0));
    v.field("Leader", leader, always().tagged(1));
    v.field("Replicas", replicas, always().nullable().tagged(2));
    v.field("RemovingReplicas", removing_replicas, always().nullable().tagged(3));
    v.field("AddingReplicas", adding_replicas, always().nullable().tagged(4));
    v.field("LeaderRecoveryState", leader_recovery_state, always().tagged(5));
    v.field("EligibleLeaderReplicas", eligible_leader_replicas, since(2).nullable().tagged(6));
    v.field("LastKnownElr", last_known_elr, since(2).nullable().tagged(7));
    v.field("Directories", directories, since(1).nullable().tagged(8));
  }
};

}  // namespace weir::wire
