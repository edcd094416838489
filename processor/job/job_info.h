#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/util/types.h"
#include "processor/job/job_core.h"

namespace weir::processor {

enum class JobState : uint8_t { created, starting, running, paused, failed, finished, dropped };
std::string_view job_state_name(JobState s);

/// Latencies by powers of two with eight steps each: 12 % wide buckets, from 1 µs to an hour. One thread.
class LatencyHistogram {
 public:
  void record(Duration d, uint64_t times = 1);
  uint64_t count() const { return count_; }
  /// Upper bound of the bucket that holds the quantile, in microseconds; 0 without values.
  int64_t quantile_us(double q) const;

 private:
  std::vector<uint64_t> buckets_ = std::vector<uint64_t>(8 * 40);
  uint64_t count_ = 0;
};

struct JobInputInfo {
  std::string table, topic;
  int64_t event_time_watermark_ms = INT64_MIN;
  struct Partition {
    PartitionProgress progress;
    Offset high_watermark = 0;
    int64_t lag = 0;  // records, to the high watermark or the end offset
  };
  std::vector<Partition> partitions;
};

struct JobOutputInfo {
  std::string table, topic;
  int64_t rows = 0;        // handed out
  int64_t acknowledged = 0;
};

/// A picture of a job for `weir job ls|show` and the dashboard.
struct JobInfo {
  std::string id, name, sql;
  JobState state = JobState::created;
  std::string failure;  // of JobState::failed: "topic/partition/offset: why"
  std::vector<JobInputInfo> inputs;
  std::vector<JobOutputInfo> outputs;
  JobStats stats;
  WallMillis started_ms = 0;
  WallMillis last_checkpoint_ms = 0;  // 0: none yet
  int64_t last_checkpoint_bytes = 0;
  Duration last_checkpoint_duration{};
  int64_t checkpoints = 0;
  int64_t emit_p50_us = 0, emit_p99_us = 0;  // from the arrival of the closing record to the row's acknowledgement
  uint64_t emitted = 0;
};

}  // namespace weir::processor
