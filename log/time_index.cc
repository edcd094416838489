#include "log/time_index.h"

#include <algorithm>

namespace weir::log {

Offset TimeIndex::lookup(WallMillis timestamp) const {
  // Strictly below: several batches may share the asked timestamp, and the entry names only the first of the largest.
  auto at = std::lower_bound(entries_.begin(), entries_.end(), timestamp,
                             [](const Entry& e, WallMillis t) { return e.timestamp < t; });
  return at == entries_.begin() ? base_ : base_ + (at - 1)->relative;
}

void TimeIndex::append(WallMillis timestamp, Offset offset) {
  CHECK(offset >= base_, "time index entry below the segment", offset, base_);
  CHECK(offset - base_ <= INT32_MAX, "time index entry does not fit", offset, base_);
  if (timestamp <= last_timestamp()) return;
  CHECK(offset >= last_offset(), "time index offsets fall", offset, last_offset());
  entries_.push_back({timestamp, static_cast<uint32_t>(offset - base_)});
}

void TimeIndex::truncate_to_offset(Offset end) {
  while (!entries_.empty() && base_ + entries_.back().relative >= end) entries_.pop_back();
}

size_t TimeIndex::entries_below(Offset end) const {
  auto it = std::partition_point(entries_.begin(), entries_.end(),
                                 [&](const Entry& e) { return base_ + e.relative < end; });
  return static_cast<size_t>(it - entries_.begin());
}

void TimeIndex::encode(size_t from_entry, std::vector<uint8_t>& out) const {
  CHECK(from_entry <= entries_.size(), "encoding behind the index", from_entry, entries_.size());
  size_t at = out.size();
  out.resize(at + (entries_.size() - from_entry) * kEntrySize);
  for (size_t i = from_entry; i < entries_.size(); ++i, at += kEntrySize) {
    store_be(out.data() + at, entries_[i].timestamp);
    store_be(out.data() + at + 8, entries_[i].relative);
  }
}

TimeIndex TimeIndex::decode(Offset base, ConstBytes bytes, Offset limit) {
  TimeIndex index(base);
  for (size_t at = 0; at + kEntrySize <= bytes.size(); at += kEntrySize) {
    Entry e{load_be<int64_t>(bytes.data() + at), load_be<uint32_t>(bytes.data() + at + 8)};
    bool grows = e.timestamp > index.last_timestamp() && e.relative <= INT32_MAX &&
                 base + e.relative >= index.last_offset();
    if (!grows || base + e.relative >= limit) break;
    index.entries_.push_back(e);
  }
  index.check_invariants();
  return index;
}

void TimeIndex::check_invariants() const {
  for (size_t i = 1; i < entries_.size(); ++i) {
    CHECK(entries_[i - 1].timestamp < entries_[i].timestamp, "timestamps do not grow", i);
    CHECK(entries_[i - 1].relative <= entries_[i].relative, "time index offsets fall", i);
  }
}

}  // namespace weir::log
