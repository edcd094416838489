#pragma once
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/io/runtime.h"
#include "base/metrics/latency_histogram.h"
#include "processor/job/job_core.h"
#include "processor/job/job_info.h"
#include "processor/sink.h"
#include "processor/source.h"

namespace weir::processor {

struct JobRunnerOptions {
  JobCoreOptions core;
  Duration checkpoint_interval = std::chrono::seconds(10);  // the script's 'execution.checkpointing.interval' goes
                                                            // before
  size_t fetch_bytes = 1 << 20;                             // of a partition at a time
  int64_t unacknowledged_rows_max = 200'000;                // above it nothing more is read
  Duration retry_delay = std::chrono::milliseconds(200);
};

/// Drives one JobCore: reads its inputs from a Source, hands its rows to a Sink, keeps its checkpoints in a
/// CheckpointStore. Runs on one runtime (a worker's thread, or the simulator's); every call and callback is on it.
/// Exactly once by determinism: the first checkpoint, with the start and end offsets, is durable before the first
/// record is read; a later one is written when the sink has acknowledged all rows before it; after a restart the same
/// rows come again with the same sequences, and those that each output partition has already are left out.
class JobRunner {
 public:
  /// Told on the runtime; must return fast. `on_rows` gets acknowledged rows.
  struct Observer {
    std::function<void(const JobInfo&)> on_state;
    std::function<void(int output, const std::vector<SinkRow>&)> on_rows;
  };

  JobRunner(io::Runtime& runtime, std::string id, std::shared_ptr<const CompiledJob> job, Source& source, Sink& sink,
            CheckpointStore& store, JobRunnerOptions options = {}, Observer observer = {});
  ~JobRunner();

  /// From created (a new job, or one of an earlier process: the store knows).
  void start();
  /// Reads no further; goes on with what is on its way to the sink, and checkpoints.
  void pause();
  void resume();
  /// A checkpoint now; `done` when it is durable.
  void savepoint(std::function<void(Status)> done);
  /// Stops for good and forgets the checkpoint. The rows written stay.
  void drop(std::function<void()> done);

  JobState state() const { return state_; }
  JobInfo info() const;

 private:
  struct InputPartition {
    bool fetching = false;
    MonoTime waiting_since;
    Offset next_fetch = 0;
    Offset high_watermark = 0;
    BufferChain held;  // arrived while paused
  };
  struct OutputTopic {
    std::vector<Offset> positions;         // behind the last acknowledged row
    std::vector<int64_t> already_written;  // highest sequence found at the restart
    int64_t acknowledged_rows = 0;
    int64_t first_unacknowledged = 1;           // sequences below are acknowledged
    std::deque<std::pair<int64_t, bool>> open;  // sequence, acknowledged; ascending
  };
  struct Snapshot {
    Buffer bytes;
    std::vector<int64_t> sequences;  // must be acknowledged before it is written
    MonoTime taken;
  };

  void on_checkpoint_read(Result<std::optional<Buffer>> read);
  Status restore(ConstBytes bytes);
  void describe_inputs();
  void describe_input(size_t input);
  void on_described(size_t input, std::vector<PartitionBounds> bounds);
  void open_outputs();
  void open_output(size_t output);
  void find_last_sequences();
  void find_last_sequence(size_t output);
  void run();
  void fetch(size_t input, size_t partition);
  void fetch_all();
  void on_fetched(size_t input, size_t partition, Result<Source::Batches> result);
  void process(size_t input, size_t partition, const BufferChain& buffers);
  void emit(MonoTime arrived);
  void on_appended(size_t output, PartitionId partition, const std::vector<SinkRow>& rows, MonoTime arrived,
                   Result<Offset> end);
  void acknowledge(OutputTopic& out, const std::vector<SinkRow>& rows);
  void check_idle();
  void take_checkpoint();
  void write_checkpoint_if_covered();
  void maybe_finish();
  void set_state(JobState s);
  void fail(const Error& e);
  void retry(std::function<void()> task);
  template <class R, class F>
  auto guard(F f);

  io::Runtime& runtime_;
  std::string id_;
  std::shared_ptr<const CompiledJob> job_;
  Source& source_;
  Sink& sink_;
  CheckpointStore& store_;
  JobRunnerOptions options_;
  Observer observer_;
  JobState state_ = JobState::created;
  std::string failure_;
  std::unique_ptr<JobCore> core_;
  std::vector<std::vector<InputPartition>> inputs_;
  std::vector<OutputTopic> outputs_;
  bool restored_ = false;
  size_t awaited_ = 0;  // answers of the start that are still to come
  int64_t unacknowledged_rows_ = 0;
  std::optional<Snapshot> snapshot_;
  bool writing_checkpoint_ = false;
  bool final_checkpoint_ = false;
  bool dirty_ = false;  // something happened since the last snapshot
  std::vector<std::function<void(Status)>> savepoint_waiters_, savepoint_waiters_next_;
  WallMillis started_ms_ = 0, last_checkpoint_ms_ = 0;
  int64_t last_checkpoint_bytes_ = 0, checkpoints_ = 0;
  Duration last_checkpoint_duration_{};
  metrics::LatencyHistogram emit_latency_;
  io::Timer checkpoint_timer_, idle_timer_, retry_timer_;
  std::vector<std::function<void()>> retries_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

}  // namespace weir::processor
