#include "log/epoch_cache.h"

#include <algorithm>

#include "log/checkpoint_text.h"

namespace weir::log {

bool EpochCache::assign(LeaderEpoch epoch, Offset start) {
  CHECK(epoch >= 0, "a leader epoch is never negative", epoch);
  CHECK(start >= 0, "a log begins at 0 or later", start);
  // Records of an older epoch where a newer one began: this replica was to lead that one, and never got to write in it.
  bool changed = false;
  for (; !entries_.empty() && entries_.back().epoch > epoch && entries_.back().start >= start; changed = true)
    entries_.pop_back();
  if (epoch <= latest()) return changed;
  // An epoch that saw no record leaves no trace once the next begins at the same offset.
  while (!entries_.empty() && entries_.back().start >= start) entries_.pop_back();
  entries_.push_back({epoch, start});
  return true;
}

void EpochCache::truncate_to(Offset end) {
  CHECK(end >= 0, "a log ends at 0 or later", end);
  while (!entries_.empty() && entries_.back().start >= end) entries_.pop_back();
}

void EpochCache::advance_start(Offset start) {
  CHECK(start >= 0, "a log begins at 0 or later", start);
  auto first_above = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) { return e.start > start; });
  if (first_above == entries_.begin()) return;
  auto covering = first_above - 1;
  covering->start = std::max(covering->start, start);
  entries_.erase(entries_.begin(), covering);
}

std::optional<LeaderEpoch> EpochCache::epoch_of(Offset offset) const {
  auto above = std::upper_bound(entries_.begin(), entries_.end(), offset,
                                [](Offset o, const Entry& e) { return o < e.start; });
  if (above == entries_.begin()) return std::nullopt;
  return (above - 1)->epoch;
}

EpochEnd EpochCache::end_of(LeaderEpoch epoch, Offset log_end) const {
  if (entries_.empty() || epoch < 0) return {};
  CHECK(entries_.back().start <= log_end, "an epoch begins above the log's end", entries_.back().start, log_end);
  auto above = std::upper_bound(entries_.begin(), entries_.end(), epoch,
                                [](LeaderEpoch e, const Entry& x) { return e < x.epoch; });
  EpochEnd out;
  out.epoch = above == entries_.begin() ? kNoLeaderEpoch : (above - 1)->epoch;
  out.end_offset = above == entries_.end() ? log_end : above->start;
  return out;
}

bool EpochCache::restore(std::vector<Entry> entries) {
  for (size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].epoch < 0 || entries[i].start < 0) return false;
    if (i > 0 && (entries[i - 1].epoch >= entries[i].epoch || entries[i - 1].start >= entries[i].start)) return false;
  }
  entries_ = std::move(entries);
  return true;
}

std::string EpochCache::to_text() const {
  std::string out = "0\n" + std::to_string(entries_.size()) + "\n";
  for (const Entry& e : entries_) out += std::to_string(e.epoch) + " " + std::to_string(e.start) + "\n";
  return out;
}

Result<EpochCache> EpochCache::from_text(std::string_view text) {
  TRY_ASSIGN(auto lines, checkpoint_lines(text, "leader-epoch-checkpoint"));
  EpochCache cache;
  for (const auto& fields : lines) {
    Entry e;
    if (fields.size() != 2)
      return Error(ErrorCode::malformed, "leader-epoch-checkpoint", "two numbers a line expected");
    TRY_ASSIGN(int64_t epoch, parse_number(fields[0]));
    TRY_ASSIGN(e.start, parse_number(fields[1]));
    if (epoch < 0 || epoch > INT32_MAX || e.start < 0)
      return Error(ErrorCode::malformed, "leader-epoch-checkpoint", "number out of range");
    e.epoch = static_cast<LeaderEpoch>(epoch);
    if (e.epoch <= cache.latest() || (!cache.entries_.empty() && cache.entries_.back().start >= e.start)) {
      return Error(ErrorCode::malformed, "leader-epoch-checkpoint", "entries do not grow");
    }
    cache.entries_.push_back(e);
  }
  return cache;
}

void EpochCache::check_invariants() const {
  for (size_t i = 1; i < entries_.size(); ++i) {
    CHECK(entries_[i - 1].epoch < entries_[i].epoch, "epochs do not grow", i);
    CHECK(entries_[i - 1].start < entries_[i].start, "epoch starts do not grow", i);
  }
}

}  // namespace weir::log
