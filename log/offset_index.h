#pragma once
#include <vector>

#include "base/util/bytes.h"
#include "base/util/result.h"
#include "base/util/types.h"

namespace weir::log {

/// Sparse map from offset to file position of one segment (an entry about every `index.interval.bytes`): (last offset
/// of a batch, where the batch begins), as Kafka's. Pure; its file is written by SegmentFiles. Layout: format.md §3.
/// Invariant: offsets and positions grow.
class OffsetIndex {
 public:
  static constexpr size_t kEntrySize = 8;
  explicit OffsetIndex(Offset base) : base_(base) {}

  /// Where to begin a scan for `target`: the position of the last entry at or below it; 0 if none. Errors:
  /// offset_out_of_range below the base.
  Result<FilePos> lookup(Offset target) const;
  /// Precondition: both grow, and the offset fits (CHECKed).
  void append(Offset offset, FilePos pos);
  /// Drops entries for batches that begin at or above `pos`.
  void truncate_to_position(FilePos pos);

  size_t entries_below(FilePos pos) const;
  size_t entries() const { return entries_.size(); }
  FilePos last_position() const { return entries_.empty() ? 0 : entries_.back().pos; }
  Offset last_offset() const { return entries_.empty() ? base_ : base_ + entries_.back().relative; }
  void encode(size_t from_entry, std::vector<uint8_t>& out) const;
  /// Takes entries while they grow and lie below `limit`; the rest (a torn end) is left out.
  static OffsetIndex decode(Offset base, ConstBytes bytes, FilePos limit);
  void check_invariants() const;

 private:
  struct Entry {
    uint32_t relative;
    uint32_t pos;
  };
  Offset base_;
  std::vector<Entry> entries_;
};

}  // namespace weir::log
