#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/result.h"
#include "base/util/types.h"
#include "processor/plan/plan.h"

namespace weir::processor {

/// A row for an output topic. Sequences count 1, 2, 3 … within a pipeline and are a function of the inputs alone.
struct OutputRow {
  int32_t output = 0;  // index of the pipeline
  int64_t sequence = 0;
  uint64_t key_hash = 0;  // rows of one group have one: partition = key_hash % partitions
  int64_t window_end_ms = 0;
  std::string value;  // JSON; the record's key is null, as Flink's
};

/// A record that came too late for all its windows.
struct LateRow {
  int32_t input = 0;
  PartitionId partition = 0;
  Offset offset = 0;
};

enum class PartitionStatus : uint8_t { active = 0, idle = 1, ended = 2 };

struct PartitionProgress {
  Offset next_offset = 0;
  Offset end_offset = -1;  // read to here; -1: without end
  int64_t event_time_watermark = INT64_MIN;
  PartitionStatus status = PartitionStatus::active;
};

struct JobStats {
  int64_t rows_in = 0, rows_skipped = 0, rows_late = 0, rows_refused = 0, rows_out = 0;
  int64_t groups = 0, state_bytes = 0;
};

struct JobCoreOptions {
  int64_t state_bytes_max = int64_t{1} << 30;  // for each pipeline; the script's 'weir.job.state.bytes.max' goes before
  bool keep_late = false;                      // collect late()
};

/// A job without threads, clock or I/O: batches in, rows out. The same batches of each partition in the same order give
/// the same rows with the same sequences, however the partitions interleave, batches are cut, and checkpoints are
/// restored in between. The one exception is set_idle(), which depends on time.
class JobCore {
 public:
  JobCore(std::shared_ptr<const CompiledJob> job, JobCoreOptions options = {});
  ~JobCore();

  const CompiledJob& job() const;
  /// The partitions of an input and where to begin and end, before the first batch. More partitions may be added later.
  void set_partitions(int input, const std::vector<PartitionProgress>& partitions);
  const std::vector<PartitionProgress>& partitions(int input) const;

  /// Whole record batches of one partition, in the order of the log. Records below next_offset and from end_offset on
  /// are passed over; reaching end_offset ends the partition. Errors: invalid_record with "topic/partition/offset: why"
  /// when a record breaks the job; corrupt batches. After an error the core is not to be used further.
  Status add_batches(int input, PartitionId partition, const Buffer& batches);
  struct Record {
    Offset offset = 0;
    std::string_view value;
    bool tombstone = false;
  };
  /// The same for records already taken apart.
  Status add_records(int input, PartitionId partition, const std::vector<Record>& records);
  /// The partition brings nothing more.
  Status end_partition(int input, PartitionId partition);
  /// Sets a silent partition aside, or takes it back; it comes back by itself with its next record.
  Status set_idle(int input, PartitionId partition, bool idle);
  /// Every partition of every input has ended: all rows are out.
  bool finished() const;

  /// Rows since the last call, in order.
  std::vector<OutputRow> take_output();
  std::vector<LateRow> take_late();

  /// Everything above as bytes (state/format.md). Precondition: the output was taken.
  Buffer checkpoint() const;
  /// Into a fresh core of the same script. Errors: corrupt_message, malformed, invalid_argument (another script).
  Status restore(ConstBytes bytes);
  /// The checkpoint is durable.
  void commit();

  JobStats stats() const;
  int64_t row_sequence(int output) const;
  /// The watermark of an input: the minimum over its partitions that count.
  int64_t event_time_watermark(int input) const;

 private:
  struct Input;
  struct Output;
  Status run(Input& input, PartitionId partition);
  Status advance(Input& input);
  Error record_error(const Input& input, PartitionId partition, Offset offset, const std::string& why) const;

  std::shared_ptr<const CompiledJob> job_;
  JobCoreOptions options_;
  std::vector<std::unique_ptr<Input>> inputs_;
  std::vector<std::unique_ptr<Output>> outputs_;
  std::vector<OutputRow> ready_;
  std::vector<LateRow> late_;
  int64_t rows_in_ = 0, rows_skipped_ = 0, rows_out_ = 0;
};

}  // namespace weir::processor
