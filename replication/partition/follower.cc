#include "replication/partition/follower.h"

#include <algorithm>

#include "replication/faults.h"

namespace weir::replication {
namespace {

constexpr Duration kBackOffMin = 10ms;
constexpr Duration kBackOffMax = 500ms;

}  // namespace

Duration FollowerState::back_off() {
  backing_ = std::clamp(backing_ * 2, kBackOffMin, kBackOffMax);
  return backing_;
}

Offset FollowerState::high_watermark(Offset leaders, Offset known, Offset own_log_end) {
  return std::min(std::max(leaders, known), own_log_end);
}

void FollowerState::step(const LeaderSaid& e, const FollowerLog& log, const log::EpochEnd& own_end,
                         FollowerEffects& out) {
  switch (e.error) {
    case ErrorCode::none:
      break;
    case ErrorCode::offset_out_of_range:
      if (e.log_start == kNoOffset || e.asked_from != log.log_end ||
          (e.log_start == log.log_start && e.log_start == log.log_end)) {
        out.back_off = back_off();
      } else if (log.log_end < e.log_start || log.log_start > e.log_start || log.log_start == log.log_end) {
        // We end before the leader begins, or it knows nothing of what we have: nothing of ours can be continued.
        out.restart_at = e.log_start;
      } else if (log.log_end > e.log_start) {
        out.truncate_to = e.log_start;  // our last epoch is unknown to the leader: only its start is common ground
      } else {
        out.back_off = back_off();
      }
      return;
    case ErrorCode::kafka_storage_error:
      out.back_off = kBackOffMax;
      return;
    default:  // not (yet, any more) the leader, another epoch, not known there: it or we are about to hear of new
              // metadata
      out.back_off = back_off();
      out.wait_for_metadata = true;
      return;
  }
  if (e.diverging) {
    // KIP-279: when our largest epoch at or below the leader's is another one, cut to its end and ask again: where in
    // it we differ is not said yet (and an offset of the leader's may lie inside a batch of ours). When we have none at
    // or below it, nothing of ours is the leader's.
    Offset to = log.log_start;
    if (own_end.epoch != kNoLeaderEpoch && own_end.end_offset != kNoOffset) {
      to = std::min(own_end.end_offset, log.log_end);
      if (own_end.epoch == e.diverging->epoch) to = std::min(to, e.diverging->end_offset);
    }
    if (faults().no_truncation_by_epoch) to = log.log_end;
    to = std::max(to, log.log_start);
    if (to < log.log_end) {
      out.truncate_to = to;
    } else {
      out.back_off = back_off();  // said to diverge, and nothing to cut: don't spin
    }
    return;
  }
  backing_ = Duration{0};
  if (e.asked_from == log.log_end) out.append = e.has_records;
  const Offset start = std::min(e.log_start,
                                FollowerState::high_watermark(e.high_watermark, log.high_watermark, log.log_end));
  if (start > log.log_start) out.advance_log_start = start;
}

}  // namespace weir::replication
