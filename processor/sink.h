#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/result.h"
#include "base/util/types.h"

namespace weir::processor {

/// Headers of every result record: who wrote it ("JOB ID/OUTPUT") and its sequence there, as decimal text. With them a
/// restarted job finds out how far it came.
inline constexpr const char* kJobHeader = "weir.job";
inline constexpr const char* kSequenceHeader = "weir.seq";
inline std::string job_header_value(const std::string& job_id, int output) {
  return job_id + "/" + std::to_string(output);
}

struct SinkRow {
  std::string value;  // JSON; the record's key is null
  int64_t sequence = 0;
  int64_t window_end_ms = 0;
};

/// Where a job's rows go. Same rules of calling as Source.
class Sink {
 public:
  virtual ~Sink() = default;

  /// The end offset of each partition of the topic, which is made with the cluster's defaults when it is not there.
  using Opened = std::function<void(Result<std::vector<Offset>>)>;
  virtual void open(const std::string& topic, Opened done) = 0;

  /// For each partition the highest sequence of records of `job_header`, among those at or after `from` (an offset for
  /// each partition); 0 without any. What is in flight from an earlier life of the job is settled before the answer.
  using LastSequences = std::function<void(Result<std::vector<int64_t>>)>;
  virtual void last_sequences(const std::string& topic, const std::string& job_header, const std::vector<Offset>& from,
                              LastSequences done) = 0;

  /// Appends rows to one partition with the two headers, at once (no lingering) and behind all earlier ones of this
  /// partition; idempotent, repeated inside until it is acknowledged by all in-sync replicas. `done` has the offset
  /// behind the last row; calls of a partition are answered in order. An error is final: the job fails.
  using Appended = std::function<void(Result<Offset>)>;
  virtual void append(const std::string& topic, PartitionId partition, const std::string& job_header,
                      std::vector<SinkRow> rows, Appended done) = 0;

  virtual void close() = 0;
};

/// Keeps the last checkpoint of each job, replicated. Same rules of calling.
class CheckpointStore {
 public:
  virtual ~CheckpointStore() = default;
  virtual void write(const std::string& job_id, Buffer bytes, std::function<void(Status)> done) = 0;
  virtual void read_latest(const std::string& job_id, std::function<void(Result<std::optional<Buffer>>)> done) = 0;
  virtual void remove(const std::string& job_id, std::function<void(Status)> done) = 0;
};

}  // namespace weir::processor
