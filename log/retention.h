#pragma once
#include <vector>

#include "log/log_config.h"
#include "log/partition_log.h"

namespace weir::log {

/// What decides whether the active segment ends before an append (Kafka LogSegment.shouldRoll).
struct RollState {
  uint64_t segment_bytes = 0, append_bytes = 0;
  WallMillis first_timestamp = -1, append_timestamp = -1;
  int64_t segment_age_ms = 0;
  int64_t relative_offset = 0;  // of the append's last record
  uint64_t index_bytes = 0, time_index_bytes = 0;
};
bool must_roll(const RollState& state, const LogConfig& config);

/// The log start offset that retention by time and size asks for: a segment's base, or the log end when all are too
/// old; at least `log_start`. A segment goes only when all of it is below the high watermark. Pure.
Offset retention_start(const std::vector<SegmentInfo>& segments, Offset log_start, Offset high_watermark,
                       Offset log_end, WallMillis now, const LogConfig& config);

}  // namespace weir::log
