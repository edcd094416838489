#include "log/segment.h"

#include <cstdio>

#include "base/util/check.h"
#include "log/checksum.h"

namespace weir::log {

void Segment::added(Offset last_offset, WallMillis batch_max_timestamp, uint64_t bytes, uint32_t index_interval_bytes) {
  CHECK(!sealed, "append to a sealed segment", base);
  CHECK(last_offset >= end, "offsets do not grow", last_offset, end);
  if (batch_max_timestamp > max_timestamp) {
    max_timestamp = batch_max_timestamp;
    max_timestamp_offset = last_offset;
  }
  if (bytes_since_index_entry > index_interval_bytes) {
    index.append(last_offset, size);
    times.append(max_timestamp, max_timestamp_offset == kNoOffset ? last_offset : max_timestamp_offset);
    bytes_since_index_entry = 0;
  }
  bytes_since_index_entry += bytes;
  if (first_timestamp < 0) first_timestamp = batch_max_timestamp;
  size += bytes;
  end = last_offset + 1;
}

void Segment::seal() {
  CHECK(!sealed, "sealed twice", base);
  sealed = true;
  if (max_timestamp >= 0) times.append(max_timestamp, max_timestamp_offset);
}

void Segment::check_invariants() const {
  CHECK(base <= end, "segment ends before it begins", base, end);
  CHECK(synced <= written, "synced above written", synced, written);
  CHECK(written <= size, "written above size", written, size);
  CHECK((size == 0) == (base == end) || end > base, "bytes without offsets", size, base, end);
  index.check_invariants();
  times.check_invariants();
}

uint64_t index_files_hash(ConstBytes index, ConstBytes times) { return xxh3(times, xxh3(index)); }

std::string segment_file_name(Offset base, const char* suffix) {
  CHECK(base >= 0, "a segment begins at 0 or later", base);
  char name[64];
  std::snprintf(name, sizeof name, "%020lld%s", static_cast<long long>(base), suffix);
  return name;
}

}  // namespace weir::log
