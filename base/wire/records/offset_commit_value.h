#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// A committed offset.
struct OffsetCommitValue {
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 4;
  static constexpr int16_t kFlexibleSince = 4;

  int64_t offset = 0;
  int32_t leader_epoch = -1;
  std::string metadata;
  int64_t commit_timestamp = 0;
  int64_t expire_timestamp = -1;
  bool operator==(const OffsetCommitValue&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Offset", offset);
    v.field("LeaderEpoch", leader_epoch, since(3));
    v.field("Metadata", metadata);
    v.field("CommitTimestamp", commit_timestamp);
    v.field("ExpireTimestamp", expire_timestamp, between(1, 1));
  }
};

}  // namespace weir::wire
