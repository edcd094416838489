#include "tests/sim/workload/ledger.h"

#include <algorithm>

#include <fmt/format.h>

namespace weir::sim {

void Ledger::sent(const TopicPartition& tp, uint32_t client, int64_t end_n) {
  int64_t& end = partitions_[tp].sent_end[client];
  sent_ += static_cast<uint64_t>(end_n - end);
  end = end_n;
}

void Ledger::acknowledged(const TopicPartition& tp, uint32_t client, int64_t first_n, int count, Offset base) {
  Partition& p = partitions_[tp];
  int64_t& end = p.acked_end[client];
  if (first_n < end || !p.acked_early.emplace(std::pair{client, first_n}, count).second) {
    return fail(fmt::format("{}: client {}'s batch {} was acknowledged twice", tp.to_string(), client, first_n));
  }
  // Of two leaders the newer one may answer first.
  for (auto it = p.acked_early.find({client, end}); it != p.acked_early.end(); it = p.acked_early.find({client, end})) {
    end += it->second;
    p.acked_early.erase(it);
  }
  acknowledged_ += static_cast<uint64_t>(count);
  for (int i = 0; base >= 0 && i < count; ++i) put(tp, p, base + i, {client, first_n + i}, "acknowledgement");
}

void Ledger::seen(const TopicPartition& tp, Offset offset, RecordId id, const char* by) {
  ++seen_;
  put(tp, partitions_[tp], offset, id, by);
}

void Ledger::put(const TopicPartition& tp, Partition& p, Offset offset, RecordId id, const char* by) {
  const auto at = static_cast<size_t>(offset);
  if (p.content.size() <= at) p.content.resize(at + 1);
  RecordId& slot = p.content[at];
  if (slot.n >= 0) {
    if (!(slot == id)) {
      fail(fmt::format("{} offset {}: {} has record {}/{}, known was {}/{}: a committed record was lost or replaced",
                       tp.to_string(), offset, by, id.client, id.n, slot.client, slot.n));
    }
    return;
  }
  slot = id;
  while (p.checked < p.content.size() && p.content[p.checked].n >= 0) {
    const RecordId& r = p.content[p.checked];
    int64_t& next = p.next_n[r.client];
    if (r.n != next) {
      const char* what = r.n < next ? "doubled or reordered" : "lost or reordered";
      return fail(fmt::format("{} offset {}: client {}'s record {} where {} was next: {}", tp.to_string(), p.checked,
                              r.client, r.n, next, what));
    }
    ++next;
    ++p.checked;
  }
}

Offset Ledger::end(const TopicPartition& tp) const {
  auto it = partitions_.find(tp);
  return it == partitions_.end() ? -1 : static_cast<Offset>(it->second.content.size());
}

const std::vector<RecordId>* Ledger::content(const TopicPartition& tp) const {
  auto it = partitions_.find(tp);
  return it == partitions_.end() ? nullptr : &it->second.content;
}

bool Ledger::complete(std::string& why) const {
  for (const auto& [tp, p] : partitions_) {
    for (const auto& [client, sent] : p.sent_end) {
      auto acked = p.acked_end.find(client);
      int64_t acked_end = acked == p.acked_end.end() ? 0 : acked->second;
      if (acked_end < sent) {
        why = fmt::format("{}: client {} sent {} records, {} acknowledged", tp.to_string(), client, sent, acked_end);
        return false;
      }
      auto next = p.next_n.find(client);
      if (next == p.next_n.end() || next->second < sent) {
        why = fmt::format("{}: of client {}'s {} acknowledged records {} are in sequence", tp.to_string(), client, sent,
                          next == p.next_n.end() ? 0 : next->second);
        return false;
      }
    }
  }
  return true;
}

void Ledger::offset_committed(const std::string& group, const TopicPartition& tp, Offset offset) {
  ++commits_;
  auto [it, made] = committed_.try_emplace({group, tp}, offset);
  it->second = std::max(it->second, offset);
}

Offset Ledger::committed_floor(const std::string& group, const TopicPartition& tp) const {
  auto it = committed_.find({group, tp});
  return it == committed_.end() ? -1 : it->second;
}

bool Ledger::group_caught_up(const std::string& group, const std::string& topic, std::string& why) const {
  for (const auto& [tp, p] : partitions_) {
    if (tp.topic != topic || committed_floor(group, tp) >= static_cast<Offset>(p.content.size())) continue;
    why = fmt::format("group {}: {} has offset {} committed of {}", group, tp.to_string(), committed_floor(group, tp),
                      p.content.size());
    return false;
  }
  return true;
}

void Ledger::offset_fetched(const std::string& group, const TopicPartition& tp, Offset floor, Offset offset) {
  if (offset < floor)
    fail(fmt::format("group {}: {} had offset {} committed, a later fetch brought {}", group, tp.to_string(), floor,
                     offset));
}

}  // namespace weir::sim
