#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/util/types.h"
#include "processor/job/job_core.h"

namespace weir::processor {

enum class JobState : uint8_t { created, starting, running, paused, failed, finished, dropped };
std::string_view job_state_name(JobState s);

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
  int64_t rows = 0;  // handed out
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
  int64_t emit_p50_us = -1, emit_p99_us = -1;  // from the arrival of the closing record to the row's acknowledgement
  uint64_t emitted = 0;
};

}  // namespace weir::processor
