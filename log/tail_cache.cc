#include "log/tail_cache.h"

#include <algorithm>

#include "log/batch.h"

namespace weir::log {

void TailEntries::push(TailEntry entry) {
  CHECK(!entry.bytes.empty(), "an empty tail entry");
  CHECK(entry.base_offset < entry.end_offset, "a tail entry without offsets", entry.base_offset, entry.end_offset);
  CHECK(entries_.empty() || entry.base_offset >= entries_.back().end_offset, "tail entries overlap", entry.base_offset,
        entries_.back().end_offset);
  bytes_ += entry.bytes.size();
  entries_.push_back(std::move(entry));
}

void TailEntries::pop_front() {
  CHECK(!entries_.empty(), "nothing to drop");
  bytes_ -= entries_.front().bytes.size();
  entries_.pop_front();
}

size_t TailEntries::truncate_to(Offset end) {
  size_t dropped = 0;
  while (!entries_.empty() && entries_.back().end_offset > end) {
    TailEntry& e = entries_.back();
    size_t keep = 0;
    Offset keep_end = e.base_offset;
    while (keep < e.bytes.size()) {
      BatchHeader b(e.bytes.data() + keep);
      if (b.end_offset() > end) break;
      keep_end = b.end_offset();
      keep += b.size();
    }
    dropped += e.bytes.size() - keep;
    if (keep == 0) {
      entries_.pop_back();
      continue;
    }
    e.bytes = e.bytes.slice(0, keep);
    e.end_offset = keep_end;
    break;
  }
  bytes_ -= dropped;
  return dropped;
}

size_t TailEntries::find(Offset offset) const {
  auto it = std::partition_point(entries_.begin(), entries_.end(),
                                 [&](const TailEntry& e) { return e.end_offset <= offset; });
  return static_cast<size_t>(it - entries_.begin());
}

void TailEntries::check_invariants() const {
  uint64_t bytes = 0;
  for (const TailEntry& e : entries_) bytes += e.bytes.size();
  CHECK(bytes == bytes_, "the tail's account is wrong", bytes, bytes_);
  for (size_t i = 1; i < entries_.size(); ++i) {
    CHECK(entries_[i - 1].end_offset <= entries_[i].base_offset, "tail entries overlap", i);
    CHECK(entries_[i - 1].id < entries_[i].id, "tail entry ids do not grow", i);
  }
}

void TailCache::added(uint64_t log, uint64_t id, size_t bytes) {
  CHECK(id <= last_id_, "an id that was not handed out", id, last_id_);
  used_ += bytes;
  order_.push_back({log, id});
}

void TailCache::removed(size_t bytes) {
  CHECK(bytes <= used_, "more removed than is there", bytes, used_);
  used_ -= bytes;
}

bool TailCache::trim(const Evict& evict) {
  while (used_ > budget_ && !order_.empty()) {
    uint64_t before = used_;
    if (!evict(order_.front().log, order_.front().id)) return true;
    CHECK(used_ <= before, "an eviction made the cache grow", used_, before);
    order_.pop_front();
  }
  return false;
}

}  // namespace weir::log
