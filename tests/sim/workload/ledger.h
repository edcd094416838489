#pragma once
#include <map>
#include <string>
#include <vector>

#include "base/util/topic_partition.h"
#include "base/util/types.h"
#include "tests/sim/sim_world.h"

namespace weir::sim {

/// Which record a producer sent: the n-th (from 0) of this client to this partition. The first bytes of every value.
struct RecordId {
  uint32_t client = 0;
  int64_t n = -1;
  bool operator==(const RecordId&) const = default;
};

/// What clients were promised, and what they saw; fails the world when the two differ. Everything seen or acknowledged
/// at an offset stays there for ever; from offset 0 on, each client's records are 0, 1, 2 …: nothing lost, doubled or
/// reordered (producers never give up).
class Ledger {
 public:
  explicit Ledger(SimWorld& world) : world_(world) {}

  void sent(const TopicPartition& tp, uint32_t client, int64_t end_n);
  /// `base` -1: acknowledged as a duplicate whose offset the broker forgot.
  void acknowledged(const TopicPartition& tp, uint32_t client, int64_t first_n, int count, Offset base);
  void seen(const TopicPartition& tp, Offset offset, RecordId id, const char* by);
  /// All known content of the partition, if it has no hole; -1: not heard of.
  Offset end(const TopicPartition& tp) const;
  /// Ends of what producers sent were all acknowledged and seen. `why` says what is missing.
  bool complete(std::string& why) const;
  bool all_acknowledged() const { return sent_ == acknowledged_; }

  // --- committed offsets of groups
  void offset_committed(const std::string& group, const TopicPartition& tp, Offset offset);
  Offset committed_floor(const std::string& group, const TopicPartition& tp) const;
  /// A fetch that was sent when the floor was `floor` brought `offset`.
  void offset_fetched(const std::string& group, const TopicPartition& tp, Offset floor, Offset offset);

  void fail(const std::string& why) { world_.fail(why); }
  uint64_t records_acknowledged() const { return acknowledged_; }
  uint64_t records_seen() const { return seen_; }
  uint64_t commits() const { return commits_; }
  /// The group has read and committed everything of these topics.
  bool group_caught_up(const std::string& group, const std::string& topic, std::string& why) const;
  const std::vector<RecordId>* content(const TopicPartition& tp) const;

 private:
  struct Partition {
    std::vector<RecordId> content;  // by offset; n -1: not known yet
    size_t checked = 0;
    std::map<uint32_t, int64_t> next_n;  // of the content below `checked`
    std::map<uint32_t, int64_t> sent_end;
    std::map<uint32_t, int64_t> acked_end;
    std::map<std::pair<uint32_t, int64_t>, int> acked_early;  // (client, first n) → count: beyond acked_end
  };
  void put(const TopicPartition& tp, Partition& p, Offset offset, RecordId id, const char* by);

  SimWorld& world_;
  std::map<TopicPartition, Partition> partitions_;
  std::map<std::pair<std::string, TopicPartition>, Offset> committed_;
  uint64_t sent_ = 0, acknowledged_ = 0, seen_ = 0, commits_ = 0;
};

}  // namespace weir::sim
