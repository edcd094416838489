#include "replication/partition/leader.h"

#include <algorithm>

#include "base/util/check.h"
#include "replication/faults.h"

namespace weir::replication {

ProduceWaits::Id ProduceWaits::add(int16_t acks, Offset end_offset, MonoTime deadline) {
  CHECK(acks == 1 || acks == -1, "nothing to wait for", acks);
  const bool own_disk = acks == 1 || faults().ack_before_isr;
  const Wait wait{next_id_++, deadline};
  (own_disk ? on_disk_ : by_end_).emplace(end_offset, wait);
  deadlines_.emplace(deadline, wait.id);
  return wait.id;
}

void ProduceWaits::forget_deadline(const Wait& wait) {
  auto [first, last] = deadlines_.equal_range(wait.deadline);
  for (auto it = first; it != last; ++it) {
    if (it->second != wait.id) continue;
    deadlines_.erase(it);
    return;
  }
}

std::vector<ProduceWaits::Done> ProduceWaits::step(const Progress& e) {
  std::vector<Done> done;
  while (!on_disk_.empty() && on_disk_.begin()->first <= e.durable) {
    const Wait wait = on_disk_.begin()->second;
    on_disk_.erase(on_disk_.begin());
    forget_deadline(wait);
    done.push_back({wait.id, ErrorCode::none});
  }
  while (!by_end_.empty() && by_end_.begin()->first <= e.high_watermark) {
    const Wait wait = by_end_.begin()->second;
    by_end_.erase(by_end_.begin());
    forget_deadline(wait);
    done.push_back({wait.id, e.under_min_isr ? ErrorCode::not_enough_replicas_after_append : ErrorCode::none});
  }
  return done;
}

std::vector<ProduceWaits::Done> ProduceWaits::expire(MonoTime now) {
  std::vector<Done> done;
  while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
    const Id id = deadlines_.begin()->second;
    deadlines_.erase(deadlines_.begin());
    for (auto* waits : {&on_disk_, &by_end_}) {
      auto it = std::find_if(waits->begin(), waits->end(), [id](const auto& w) { return w.second.id == id; });
      if (it == waits->end()) continue;
      waits->erase(it);
      done.push_back({id, ErrorCode::request_timed_out});
      break;
    }
  }
  return done;
}

std::vector<ProduceWaits::Done> ProduceWaits::abandon(ErrorCode why) {
  std::vector<Done> done;
  for (auto* waits : {&on_disk_, &by_end_}) {
    for (const auto& [end, wait] : *waits) done.push_back({wait.id, why});
    waits->clear();
  }
  deadlines_.clear();
  return done;
}

std::optional<MonoTime> ProduceWaits::next_deadline() const {
  if (deadlines_.empty()) return std::nullopt;
  return deadlines_.begin()->first;
}

Result<std::optional<log::EpochEnd>> find_divergence(const log::PartitionLog& log, Offset from,
                                                     LeaderEpoch last_fetched_epoch) {
  if (from < log.log_start_offset())
    return Error(ErrorCode::offset_out_of_range, "fetch below the log start", std::to_string(from));
  if (faults().no_truncation_by_epoch || last_fetched_epoch == kNoLeaderEpoch) {
    if (from > log.log_end_offset() && !faults().no_truncation_by_epoch)
      return Error(ErrorCode::offset_out_of_range, "fetch above the log end", std::to_string(from));
    return std::optional<log::EpochEnd>();
  }
  const log::EpochEnd end = log.epoch_end(last_fetched_epoch);
  if (end.epoch == kNoLeaderEpoch || end.end_offset == kNoOffset) {
    // Our history begins behind that epoch: at the log start there is nothing left to compare with.
    if (from == log.log_start_offset()) return std::optional<log::EpochEnd>();
    return Error(ErrorCode::offset_out_of_range, "nothing is known of the last fetched epoch",
                 std::to_string(last_fetched_epoch));
  }
  if (end.epoch < last_fetched_epoch || end.end_offset < from) return std::optional<log::EpochEnd>(end);
  return std::optional<log::EpochEnd>();
}

ErrorCode compare_leader_epoch(LeaderEpoch requested, LeaderEpoch current) {
  if (requested == kNoLeaderEpoch || requested == current) return ErrorCode::none;
  return requested < current ? ErrorCode::fenced_leader_epoch : ErrorCode::unknown_leader_epoch;
}

}  // namespace weir::replication
