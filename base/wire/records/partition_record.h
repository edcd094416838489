#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// A partition's full state (KIP-631, directories KIP-858, eligible leaders KIP-966).
struct PartitionRecord {
  static constexpr int16_t kApiKey = 3;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 2;
  static constexpr int16_t kFlexibleSince = 0;

  int32_t partition_id = -1;
  weir::Uuid topic_id;
  std::vector<int32_t> replicas;
  std::vector<int32_t> isr;
  std::vector<int32_t> removing_replicas;
  std::vector<int32_t> adding_replicas;
  int32_t leader = -1;
  int8_t leader_recovery_state = 0;
  int32_t leader_epoch = -1;
  int32_t partition_epoch = -1;
  std::vector<weir::Uuid> directories;
  std::optional<std::vector<int32_t>> eligible_leader_replicas;
  std::optional<std::vector<int32_t>> last_known_elr;
  bool operator==(const PartitionRecord&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("PartitionId", partition_id);
    v.field("TopicId", topic_id);
    v.field("Replicas", replicas);
    v.field("Isr", isr);
    v.field("RemovingReplicas", removing_replicas);
    v.field("AddingReplicas", adding_replicas);
    v.field("Leader", leader);
    v.field("LeaderEpoch", leader_epoch);
    v.field("PartitionEpoch", partition_epoch);
    v.field("Directories", directories, since(1));
    v.field("LeaderRecoveryState", leader_recovery_state, always().tagged(0));
    v.field("EligibleLeaderReplicas", eligible_leader_replicas, since(2).nullable().tagged(1));
    v.field("LastKnownElr", last_known_elr, since(2).nullable().tagged(2));
  }
};

}  // namespace weir::wire
