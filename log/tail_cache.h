#pragma once
#include <cstdint>
#include <deque>
#include <functional>

#include "base/util/buffer.h"
#include "base/util/types.h"

namespace weir::log {

/// One append as it lies in memory: whole batches of one segment.
struct TailEntry {
  Offset base_offset = 0;
  Offset end_offset = 0;
  FilePos pos = 0;  // in its segment
  uint64_t id = 0;  // unique in the set, grows
  Buffer bytes;
};

/// The newest entries of one partition's log, oldest first, without a gap to the log end. Entries that are not in their
/// segment's file yet are pinned: only the owner drops them.
class TailEntries {
 public:
  void push(TailEntry entry);
  void pop_front();
  /// Drops what lies at or above `end`, cutting through an entry at a batch boundary. Returns the bytes dropped.
  size_t truncate_to(Offset end);
  void clear() { entries_.clear(), bytes_ = 0; }

  bool empty() const { return entries_.empty(); }
  size_t size() const { return entries_.size(); }
  uint64_t bytes() const { return bytes_; }
  const TailEntry& front() const { return entries_.front(); }
  const TailEntry& operator[](size_t i) const { return entries_[i]; }
  /// Everything from here on is in memory; the log end when empty is the owner's to know.
  Offset start() const { return entries_.empty() ? INT64_MAX : entries_.front().base_offset; }
  /// Index of the entry that holds `offset` or is the first above it; size() if none.
  size_t find(Offset offset) const;
  void check_invariants() const;

 private:
  std::deque<TailEntry> entries_;
  uint64_t bytes_ = 0;
};

/// The memory budget of all tails of one shard. Oldest append first, over all partitions, so that slices of one
/// received buffer go together.
class TailCache {
 public:
  /// Drops the entry `id`, the front of log `log`, if it is in its file: true. Else false: it is pinned.
  using Evict = std::function<bool(uint64_t log, uint64_t id)>;

  explicit TailCache(uint64_t budget) : budget_(budget) {}
  uint64_t next_id() { return ++last_id_; }
  void added(uint64_t log, uint64_t id, size_t bytes);
  void removed(size_t bytes);
  /// Evicts while over budget. True: something pinned stands in the way, so write-behind should hurry.
  bool trim(const Evict& evict);
  uint64_t used() const { return used_; }

 private:
  struct Order {
    uint64_t log, id;
  };
  uint64_t budget_;
  uint64_t used_ = 0;
  uint64_t last_id_ = 0;
  std::deque<Order> order_;
};

}  // namespace weir::log
