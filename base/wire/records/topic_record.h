#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// A topic came to be (KIP-631).
struct TopicRecord {
  static constexpr int16_t kApiKey = 2;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  std::string name;
  weir::Uuid topic_id;
  bool operator==(const TopicRecord&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Name", name);
    v.field("TopicId", topic_id);
  }
};

}  // namespace weir::wire
