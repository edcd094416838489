#pragma once
#include <vector>

#include "base/util/bytes.h"
#include "base/util/result.h"
#include "base/util/types.h"

namespace weir::log {

/// Sparse map from timestamp to offset of one segment: (largest timestamp so far, last offset of the first batch that
/// has it), as Kafka's. Pure. Layout: format.md §4. Invariant: timestamps grow, offsets do not fall.
class TimeIndex {
 public:
  static constexpr size_t kEntrySize = 12;
  explicit TimeIndex(Offset base) : base_(base) {}

  /// No record below the returned offset has a timestamp at or above `timestamp`.
  Offset lookup(WallMillis timestamp) const;
  /// Adds an entry if the timestamp is larger than the last one's.
  void append(WallMillis timestamp, Offset offset);
  void truncate_to_offset(Offset end);

  size_t entries_below(Offset end) const;
  size_t entries() const { return entries_.size(); }
  WallMillis last_timestamp() const { return entries_.empty() ? -1 : entries_.back().timestamp; }
  Offset last_offset() const { return entries_.empty() ? base_ : base_ + entries_.back().relative; }
  void encode(size_t from_entry, std::vector<uint8_t>& out) const;
  /// Takes entries while they grow and lie below `limit`.
  static TimeIndex decode(Offset base, ConstBytes bytes, Offset limit);
  void check_invariants() const;

 private:
  struct Entry {
    WallMillis timestamp;
    uint32_t relative;
  };
  Offset base_;
  std::vector<Entry> entries_;
};

}  // namespace weir::log
