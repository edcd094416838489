#include "log/retention.h"

#include <algorithm>

#include "base/util/check.h"

namespace weir::log {

bool must_roll(const RollState& s, const LogConfig& config) {
  CHECK(s.append_bytes > 0, "an append of nothing");
  if (s.segment_bytes + s.append_bytes > config.segment_bytes) return true;
  if (s.segment_bytes + s.append_bytes > INT32_MAX)
    return true;  // index positions are signed 32-bit in Kafka's readers
  if (s.relative_offset > INT32_MAX) return true;
  if (s.index_bytes + 8 > config.segment_index_bytes || s.time_index_bytes + 24 > config.segment_index_bytes)
    return true;
  // By record time when the segment has one, else by its age.
  if (s.first_timestamp >= 0 && s.append_timestamp >= 0)
    return s.append_timestamp - s.first_timestamp > config.segment_ms;
  return s.segment_age_ms > config.segment_ms;
}

Offset retention_start(const std::vector<SegmentInfo>& segments, Offset log_start, Offset high_watermark,
                       Offset log_end, WallMillis now, const LogConfig& config) {
  CHECK(!segments.empty(), "a log without a segment");
  uint64_t total = 0;
  for (const SegmentInfo& s : segments) total += s.bytes;
  Offset start = log_start;
  for (size_t i = 0; i < segments.size(); ++i) {
    const SegmentInfo& s = segments[i];
    bool last = i + 1 == segments.size();
    Offset end = last ? log_end : segments[i + 1].base_offset;
    if (end > high_watermark || s.bytes == 0) break;
    bool too_old = config.retention_ms >= 0 && s.max_timestamp >= 0 && now - s.max_timestamp > config.retention_ms;
    // Size never takes the active segment: the rest would be smaller than what is to be kept.
    bool too_large = !last && config.retention_bytes >= 0 &&
                     total - s.bytes >= static_cast<uint64_t>(config.retention_bytes);
    if (!too_old && !too_large) break;
    total -= s.bytes;
    start = std::max(start, end);
  }
  return start;
}

}  // namespace weir::log
