#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/wire/codec.h"
#include "base/wire/records/group_metadata_key.h"
#include "base/wire/records/offset_commit_key.h"
#include "broker/group/group_coordinator.h"

/// What the two halves of the coordinator share: group_coordinator.cc answers requests, group_partition.cc keeps the
/// partitions behind them.
namespace weir::broker {

// Versions that Kafka 4.3 writes; its tools read them.
inline constexpr int16_t kOffsetKeyVersion = 1, kOffsetValueVersion = 3, kGroupKeyVersion = 2, kGroupValueVersion = 3;

inline int16_t code16(ErrorCode c) { return static_cast<int16_t>(c); }

inline Buffer offset_key(const std::string& group, const TopicPartition& tp) {
  return wire::encode_versioned(wire::OffsetCommitKey{group, tp.topic, tp.partition}, kOffsetKeyVersion);
}

struct GroupCoordinator::Entry {
  ClassicGroup group;
  io::Timer timer;
  Entry(ClassicGroup g, std::function<void()> fire, std::shared_ptr<size_t> all)
      : group(std::move(g)), timer(std::move(fire)), all_(std::move(all)) {}
  ~Entry() { *all_ -= counted_; }
  /// What it keeps now, in the sum of all groups.
  void count() {
    *all_ -= counted_;
    counted_ = group.kept_bytes();
    *all_ += counted_;
  }

 private:
  std::shared_ptr<size_t> all_;
  size_t counted_ = 0;
};

/// One led partition. `alive` ends when leadership does: late callbacks look at it.
struct GroupCoordinator::Shard : std::enable_shared_from_this<Shard>, replication::PartitionWatcher {
  Shard(GroupCoordinator& c, replication::Partition& p) : coordinator(c), partition(p) {}
  void on_partition_moved() override {
    if (!alive || loaded || loading || partition.high_watermark() < load_until) return;
    coordinator.load(*this, load_until);
  }
  GroupCoordinator& coordinator;
  replication::Partition& partition;
  bool alive = true, loaded = false, loading = false;
  Offset load_until = 0;
  OffsetStore offsets;
  std::map<std::string, std::unique_ptr<Entry>> groups;
  std::map<std::string, wire::GroupMetadataValue> restored;  // while loading: the last value wins
  bool confirming = false;
  bool closed = false;  // the coordinator is gone
  std::vector<std::function<void(ErrorCode)>> to_confirm;
};

}  // namespace weir::broker
