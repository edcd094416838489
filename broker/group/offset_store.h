#pragma once
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/util/topic_partition.h"
#include "base/wire/records/offset_commit_value.h"

namespace weir::broker {

/// Committed offsets of the groups of one `__consumer_offsets` partition: what its committed records say, nothing else,
/// so an offset that was shown is never taken back by a change of coordinator.
class OffsetStore {
 public:
  using Offsets = std::map<TopicPartition, wire::OffsetCommitValue>;
  void put(const std::string& group, const TopicPartition& tp, wire::OffsetCommitValue value) {
    groups_[group][tp] = std::move(value);
  }
  void erase(const std::string& group, const TopicPartition& tp) {
    auto it = groups_.find(group);
    if (it == groups_.end()) return;
    it->second.erase(tp);
    if (it->second.empty()) groups_.erase(it);
  }
  const Offsets* of(const std::string& group) const {
    auto it = groups_.find(group);
    return it == groups_.end() ? nullptr : &it->second;
  }
  const wire::OffsetCommitValue* find(const std::string& group, const TopicPartition& tp) const {
    const Offsets* offsets = of(group);
    if (!offsets) return nullptr;
    auto it = offsets->find(tp);
    return it == offsets->end() ? nullptr : &it->second;
  }
  const std::map<std::string, Offsets>& all() const { return groups_; }

 private:
  std::map<std::string, Offsets> groups_;
};

}  // namespace weir::broker
