#pragma once
#include <memory>
#include <string>

#include "base/io/disk.h"
#include "log/offset_index.h"
#include "log/time_index.h"

namespace weir::log {

/// An open file that closes with its last user, so that a read in flight outlives the segment's removal.
struct OpenFile {
  OpenFile(io::Disk& d, io::FileId i) : disk(d), id(i) {}
  ~OpenFile() { disk.close(id); }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  io::Disk& disk;
  const io::FileId id;
};

/// One segment of a log: [base, end) in `size` bytes, of which `written` are in the file (the page cache) and `synced`
/// on the disk; the rest is pinned in the tail cache. Only the last of a log grows. Invariant: synced <= written <=
/// size (in memory-only logs both stay 0).
struct Segment {
  explicit Segment(Offset b) : base(b), end(b), index(b), times(b) {}

  Offset base;
  Offset end;
  uint64_t size = 0, written = 0, synced = 0;
  WallMillis created = 0;           // first append, or file found
  WallMillis first_timestamp = -1;  // of the first batch: what rolls by time
  WallMillis max_timestamp = -1;
  Offset max_timestamp_offset = kNoOffset;  // last offset of the first batch that has it
  uint64_t bytes_since_index_entry = 0;
  bool sealed = false;
  bool indexes_final = false;      // sealed, and the index files are synced
  uint8_t index_files_synced = 0;  // sealed: of .index and .timeindex, once they are written for good
  bool indexes_loaded = true;
  bool cut_unsynced = false;                    // the file was cut, and a power cut could undo it
  size_t txns_on_disk = 0;                      // entries in .txnindex
  bool txns_unsynced = false;                   // some of them may be in the page cache only
  size_t index_on_disk = 0, times_on_disk = 0;  // entries in the files
  OffsetIndex index;
  TimeIndex times;
  std::shared_ptr<OpenFile> file;  // .log, opened on demand

  /// Notes a batch that was put at `pos`, the end of the segment.
  void added(Offset last_offset, WallMillis batch_max_timestamp, uint64_t bytes, uint32_t index_interval_bytes);
  /// No more appends: the time index gets its last entry.
  void seal();
  void check_invariants() const;
};

/// Hash over the first bytes of both index files, as a recovery point keeps it.
uint64_t index_files_hash(ConstBytes index, ConstBytes times);

/// "00000000000000000042.log"
std::string segment_file_name(Offset base, const char* suffix);

}  // namespace weir::log
