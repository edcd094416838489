#pragma once
#include <optional>

#include "base/util/error.h"
#include "base/util/types.h"
#include "log/partition_log.h"

namespace weir::replication {

/// What a follower's log looks like when it decides.
struct FollowerLog {
  Offset log_start = 0;
  Offset log_end = 0;
  Offset durable = 0;
  Offset high_watermark = 0;
};

/// The leader's answer about one partition.
struct LeaderSaid {
  ErrorCode error = ErrorCode::none;
  Offset asked_from = 0;  // the fetch offset this answers
  Offset high_watermark = kNoOffset;
  Offset log_start = kNoOffset;
  std::optional<log::EpochEnd> diverging;
  bool has_records = false;
};

/// What the follower does then; carried out in this order.
struct FollowerEffects {
  std::optional<Offset> truncate_to;
  std::optional<Offset> restart_at;  // truncate_fully_and_start_at
  bool append = false;
  std::optional<Offset> advance_log_start;  // after the append; only up to the high watermark
  std::optional<Duration> back_off;         // before the next fetch of this partition
  bool wait_for_metadata = false;  // not the leader's business any more: ask again only after back_off or a new image
};

/// One partition's following of one leader epoch. Pure. Truncation by epoch as KIP-101, KIP-279 and KIP-595 have it:
/// the leader names the end of the largest epoch both may share, we cut to the smaller of its end and ours and ask
/// again, until the histories agree.
class FollowerState {
 public:
  /// `own_end` is the log's own epoch_end for the diverging epoch (ignored without one).
  void step(const LeaderSaid& e, const FollowerLog& log, const log::EpochEnd& own_end, FollowerEffects& out);

  /// High watermark after appending: what the leader said, as far as we have it. Never falls by itself.
  static Offset high_watermark(Offset leaders, Offset known, Offset own_log_end);

 private:
  Duration back_off();
  Duration backing_{0};
};

}  // namespace weir::replication
