#include "log/offset_index.h"

#include <algorithm>

namespace weir::log {

Result<FilePos> OffsetIndex::lookup(Offset target) const {
  if (target < base_) return Error(ErrorCode::offset_out_of_range, "offset index");
  auto above = std::upper_bound(entries_.begin(), entries_.end(), target - base_,
                                [](Offset t, const Entry& e) { return t < Offset{e.relative}; });
  return above == entries_.begin() ? FilePos{0} : FilePos{(above - 1)->pos};
}

void OffsetIndex::append(Offset offset, FilePos pos) {
  CHECK(offset >= base_, "index entry below the segment", offset, base_);
  CHECK(offset - base_ <= INT32_MAX, "index entry does not fit", offset, base_);
  CHECK(pos <= INT32_MAX, "index position does not fit", pos);
  auto relative = static_cast<uint32_t>(offset - base_);
  if (!entries_.empty()) {
    CHECK(relative > entries_.back().relative, "index offsets do not grow", relative, entries_.back().relative);
    CHECK(pos > entries_.back().pos, "index positions do not grow", pos, entries_.back().pos);
  }
  entries_.push_back({relative, static_cast<uint32_t>(pos)});
}

void OffsetIndex::truncate_to_position(FilePos pos) {
  while (!entries_.empty() && entries_.back().pos >= pos) entries_.pop_back();
}

size_t OffsetIndex::entries_below(FilePos pos) const {
  auto it = std::partition_point(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.pos < pos; });
  return static_cast<size_t>(it - entries_.begin());
}

void OffsetIndex::encode(size_t from_entry, std::vector<uint8_t>& out) const {
  CHECK(from_entry <= entries_.size(), "encoding behind the index", from_entry, entries_.size());
  size_t at = out.size();
  out.resize(at + (entries_.size() - from_entry) * kEntrySize);
  for (size_t i = from_entry; i < entries_.size(); ++i, at += kEntrySize) {
    store_be(out.data() + at, entries_[i].relative);
    store_be(out.data() + at + 4, entries_[i].pos);
  }
}

OffsetIndex OffsetIndex::decode(Offset base, ConstBytes bytes, FilePos limit) {
  OffsetIndex index(base);
  for (size_t at = 0; at + kEntrySize <= bytes.size(); at += kEntrySize) {
    Entry e{load_be<uint32_t>(bytes.data() + at), load_be<uint32_t>(bytes.data() + at + 4)};
    bool grows = index.entries_.empty() ||
                 (e.relative > index.entries_.back().relative && e.pos > index.entries_.back().pos);
    if (!grows || e.pos >= limit || e.relative > INT32_MAX) break;
    index.entries_.push_back(e);
  }
  index.check_invariants();
  return index;
}

void OffsetIndex::check_invariants() const {
  for (size_t i = 1; i < entries_.size(); ++i) {
    CHECK(entries_[i - 1].relative < entries_[i].relative, "index offsets do not grow", i);
    CHECK(entries_[i - 1].pos < entries_[i].pos, "index positions do not grow", i);
  }
}

}  // namespace weir::log
