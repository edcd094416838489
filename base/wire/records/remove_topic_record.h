#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// A topic is gone with its partitions (KIP-631).
struct RemoveTopicRecord {
  static constexpr int16_t kApiKey = 9;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  weir::Uuid topic_id;
  bool operator==(const RemoveTopicRecord&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("TopicId", topic_id);
  }
};

}  // namespace weir::wire
