#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// What a member owns and still has to give up (KIP-848).
struct ConsumerGroupCurrentMemberAssignmentValue {
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  struct TopicPartitions {
    weir::Uuid topic_id;
    std::vector<int32_t> partitions;
    bool operator==(const TopicPartitions&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("TopicId", topic_id);
      v.field("Partitions", partitions);
    }
  };

  int32_t member_epoch = 0;
  int32_t previous_member_epoch = 0;
  int8_t state = 0;
  std::vector<TopicPartitions> assigned_partitions;
  std::vector<TopicPartitions> partitions_pending_revocation;
  bool operator==(const ConsumerGroupCurrentMemberAssignmentValue&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("MemberEpoch", member_epoch);
    v.field("PreviousMemberEpoch", previous_member_epoch);
    v.field("State", state);
    v.field("AssignedPartitions", assigned_partitions);
    v.field("PartitionsPendingRevocation", partitions_pending_revocation);
  }
};

}  // namespace weir::wire
