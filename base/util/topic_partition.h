#pragma once
#include <compare>
#include <functional>
#include <string>

#include "base/util/types.h"

namespace weir {

struct TopicPartition {
  std::string topic;
  PartitionId partition = 0;
  auto operator<=>(const TopicPartition&) const = default;
  /// "topic-3", the name of its directory.
  std::string to_string() const { return topic + "-" + std::to_string(partition); }
};

}  // namespace weir

template <>
struct std::hash<weir::TopicPartition> {
  size_t operator()(const weir::TopicPartition& tp) const noexcept {
    return std::hash<std::string>()(tp.topic) * 31 + static_cast<size_t>(tp.partition);
  }
};
