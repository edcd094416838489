#include "processor/job/job_runner.h"

#include <algorithm>

#include "base/util/check.h"
#include "base/wire/record_batch.h"
#include "processor/state/codec.h"

namespace weir::processor {

namespace {

constexpr uint8_t kEnvelopeVersion = 1;

bool retriable(const Error& e) { return error_is_retriable(e.code); }

}  // namespace

/// A callback that does nothing when the runner is gone or done by then.
template <class R, class F>
auto JobRunner::guard(F f) {
  return [this, alive = std::weak_ptr<int>(alive_), f = std::move(f)](R result) mutable {
    if (alive.expired() || state_ == JobState::failed || state_ == JobState::dropped || state_ == JobState::finished)
      return;
    f(std::move(result));
  };
}

JobRunner::JobRunner(io::Runtime& runtime, std::string id, std::shared_ptr<const CompiledJob> job, Source& source,
                     Sink& sink, CheckpointStore& store, JobRunnerOptions options, Observer observer)
    : runtime_(runtime),
      id_(std::move(id)),
      job_(std::move(job)),
      source_(source),
      sink_(sink),
      store_(store),
      options_(options),
      observer_(std::move(observer)),
      checkpoint_timer_([this] {
        take_checkpoint();
        if (state_ == JobState::running) runtime_.arm_in(checkpoint_timer_, options_.checkpoint_interval);
      }),
      idle_timer_([this] { check_idle(); }),
      retry_timer_([this] {
        for (auto& task : std::exchange(retries_, {})) task();
      }) {
  if (job_->checkpoint_interval_ms > 0)
    options_.checkpoint_interval = std::chrono::milliseconds(job_->checkpoint_interval_ms);
  core_ = std::make_unique<JobCore>(job_, options_.core);
  inputs_.resize(job_->inputs.size());
  outputs_.resize(job_->pipelines.size());
}

JobRunner::~JobRunner() {
  source_.close();
  sink_.close();
}

void JobRunner::set_state(JobState s) {
  if (state_ == s) return;
  state_ = s;
  if (observer_.on_state) observer_.on_state(info());
}

void JobRunner::fail(const Error& e) {
  if (state_ == JobState::failed || state_ == JobState::dropped) return;
  failure_ = e.detail.empty() ? e.message() : e.detail;
  source_.close();
  for (auto& w : std::exchange(savepoint_waiters_, {})) w(e);
  for (auto& w : std::exchange(savepoint_waiters_next_, {})) w(e);
  set_state(JobState::failed);
}

void JobRunner::retry(std::function<void()> task) {
  retries_.push_back(std::move(task));
  if (!retry_timer_.armed()) runtime_.arm_in(retry_timer_, options_.retry_delay);
}

// --- start: checkpoint → inputs → outputs → what they hold already → first checkpoint → running

void JobRunner::start() {
  CHECK(state_ == JobState::created, "start() once");
  started_ms_ = runtime_.wall_now();
  set_state(JobState::starting);
  store_.read_latest(id_,
                     guard<Result<std::optional<Buffer>>>([this](auto read) { on_checkpoint_read(std::move(read)); }));
}

void JobRunner::on_checkpoint_read(Result<std::optional<Buffer>> read) {
  if (!read) {
    if (!retriable(read.error())) return fail(read.error());
    return retry([this] {
      store_.read_latest(
          id_, guard<Result<std::optional<Buffer>>>([this](auto again) { on_checkpoint_read(std::move(again)); }));
    });
  }
  if (read->has_value()) {
    Status restored = restore(**read);
    if (!restored) return fail(restored.error());
    restored_ = true;
  }
  describe_inputs();
}

Status JobRunner::restore(ConstBytes bytes) {
  StateReader in(bytes);
  if (in.u8() != kEnvelopeVersion) return Error(ErrorCode::malformed, "checkpoint", "unknown version");
  if (in.count() != outputs_.size())
    return Error(ErrorCode::malformed, "checkpoint", "its contents do not fit the job");
  for (OutputTopic& o : outputs_) {
    uint64_t n = in.count(8);
    for (uint64_t p = 0; p < n; ++p) o.positions.push_back(in.i64());
  }
  std::string_view core = in.string();
  if (!in.ok() || !in.at_end()) return Error(ErrorCode::malformed, "checkpoint", "cut short");
  TRY(core_->restore(as_bytes(core)));
  for (size_t o = 0; o < outputs_.size(); ++o) {
    outputs_[o].first_unacknowledged = core_->row_sequence(static_cast<int>(o)) + 1;
    outputs_[o].acknowledged_rows = core_->row_sequence(static_cast<int>(o));
  }
  return {};
}

void JobRunner::describe_inputs() {
  awaited_ = inputs_.size();
  for (size_t i = 0; i < inputs_.size(); ++i) describe_input(i);
}

void JobRunner::describe_input(size_t i) {
  const Table& t = job_->inputs[i].table;
  int64_t timestamp = !restored_ && t.startup == StartupMode::timestamp ? t.startup_timestamp_ms : -1;
  source_.describe(t.topic, timestamp, guard<Result<std::vector<PartitionBounds>>>([this, i](auto bounds) {
                     if (bounds) return on_described(i, std::move(*bounds));
                     if (!retriable(bounds.error())) return fail(bounds.error());
                     retry([this, i] { describe_input(i); });
                   }));
}

void JobRunner::on_described(size_t i, std::vector<PartitionBounds> bounds) {
  const Table& t = job_->inputs[i].table;
  std::vector<PartitionProgress> progress = core_->partitions(static_cast<int>(i));
  if (bounds.empty())
    return fail(Error(ErrorCode::unknown_topic_or_partition, "job", "topic `" + t.topic + "` has no partitions"));
  size_t known = progress.size();
  if (bounds.size() < known)
    return fail(
        Error(ErrorCode::invalid_argument, "job", "topic `" + t.topic + "` has lost partitions since the checkpoint"));
  progress.resize(bounds.size());
  for (size_t p = known; p < bounds.size(); ++p) {
    PartitionProgress& at = progress[p];
    at.next_offset = bounds[p].log_start_offset;
    if (t.startup == StartupMode::latest && !restored_) at.next_offset = bounds[p].high_watermark;
    if (t.startup == StartupMode::timestamp && !restored_)
      at.next_offset = bounds[p].timestamp_offset >= 0 ? bounds[p].timestamp_offset : bounds[p].high_watermark;
    auto number = static_cast<PartitionId>(p);
    if (t.startup == StartupMode::specific_offsets) {
      auto it = t.startup_offsets.find(number);
      if (it != t.startup_offsets.end()) at.next_offset = it->second;
    }
    if (t.bounded == BoundedMode::latest) at.end_offset = bounds[p].high_watermark;
    if (t.bounded == BoundedMode::specific_offsets) {
      auto it = t.bounded_offsets.find(number);
      if (it == t.bounded_offsets.end())
        return fail(Error(ErrorCode::invalid_argument, "job",
                          "'scan.bounded.specific-offsets' says nothing of partition " + std::to_string(p)));
      at.end_offset = it->second;
    }
  }
  core_->set_partitions(static_cast<int>(i), progress);
  inputs_[i].resize(bounds.size());
  for (size_t p = 0; p < bounds.size(); ++p) inputs_[i][p].high_watermark = bounds[p].high_watermark;
  if (--awaited_ == 0) open_outputs();
}

void JobRunner::open_outputs() {
  awaited_ = outputs_.size();
  for (size_t o = 0; o < outputs_.size(); ++o) open_output(o);
}

void JobRunner::open_output(size_t o) {
  const std::string& topic = job_->pipelines[o].sink.topic;
  sink_.open(
      topic, guard<Result<std::vector<Offset>>>([this, o, &topic](auto ends) {
        if (!ends) {
          if (!retriable(ends.error())) return fail(ends.error());
          return retry([this, o] { open_output(o); });
        }
        if (ends->empty())
          return fail(Error(ErrorCode::unknown_topic_or_partition, "job", "topic `" + topic + "` has no partitions"));
        OutputTopic& out = outputs_[o];
        out.already_written.assign(ends->size(), 0);
        if (!restored_) out.positions = *ends;
        if (out.positions.size() != ends->size())
          return fail(Error(ErrorCode::invalid_argument, "job",
                            "topic `" + topic + "` had " + std::to_string(out.positions.size()) +
                                " partitions at the checkpoint, it has " + std::to_string(ends->size())));
        if (--awaited_ == 0) find_last_sequences();
      }));
}

void JobRunner::find_last_sequences() {
  if (!restored_) {
    // A new job: its start and end offsets become durable before anything is read.
    take_checkpoint();
    return;
  }
  awaited_ = outputs_.size();
  for (size_t o = 0; o < outputs_.size(); ++o) find_last_sequence(o);
}

void JobRunner::find_last_sequence(size_t o) {
  sink_.last_sequences(job_->pipelines[o].sink.topic, job_header_value(id_, static_cast<int>(o)), outputs_[o].positions,
                       guard<Result<std::vector<int64_t>>>([this, o](auto last) {
                         if (!last) {
                           if (!retriable(last.error())) return fail(last.error());
                           return retry([this, o] { find_last_sequence(o); });
                         }
                         if (last->size() != outputs_[o].already_written.size())
                           return fail(Error(ErrorCode::unknown_server_error, "job",
                                             "an output topic's partitions changed during the start"));
                         outputs_[o].already_written = std::move(*last);
                         if (--awaited_ == 0) run();
                       }));
}

void JobRunner::run() {
  set_state(JobState::running);
  // Partitions of no length end before their first record.
  for (size_t i = 0; i < inputs_.size(); ++i) {
    for (size_t p = 0; p < inputs_[i].size(); ++p) {
      PartitionProgress at = core_->partitions(static_cast<int>(i))[p];
      if (at.status == PartitionStatus::ended || at.end_offset < 0 || at.next_offset < at.end_offset) continue;
      if (Status s = core_->end_partition(static_cast<int>(i), static_cast<PartitionId>(p)); !s) return fail(s.error());
    }
  }
  emit(runtime_.now());
  runtime_.arm_in(checkpoint_timer_, options_.checkpoint_interval);
  check_idle();
  fetch_all();
  maybe_finish();
}

// --- reading

void JobRunner::fetch_all() {
  for (size_t i = 0; i < inputs_.size(); ++i)
    for (size_t p = 0; p < inputs_[i].size(); ++p) fetch(i, p);
}

void JobRunner::fetch(size_t i, size_t p) {
  InputPartition& in = inputs_[i][p];
  const PartitionProgress& at = core_->partitions(static_cast<int>(i))[p];
  if (in.fetching || state_ != JobState::running || at.status == PartitionStatus::ended) return;
  in.next_fetch = std::max(in.next_fetch, at.next_offset);
  if (at.end_offset >= 0 && in.next_fetch >= at.end_offset) return;
  if (unacknowledged_rows_ > options_.unacknowledged_rows_max) return;  // on_appended() comes back to it
  in.fetching = true;
  in.waiting_since = runtime_.now();
  source_.fetch(job_->inputs[i].table.topic, static_cast<PartitionId>(p), in.next_fetch, options_.fetch_bytes,
                guard<Result<Source::Batches>>([this, i, p](auto result) { on_fetched(i, p, std::move(result)); }));
}

void JobRunner::on_fetched(size_t i, size_t p, Result<Source::Batches> result) {
  InputPartition& in = inputs_[i][p];
  in.fetching = false;
  if (!result) {
    if (retriable(result.error())) return retry([this, i, p] { fetch(i, p); });
    if (result.code() == ErrorCode::offset_out_of_range)
      return fail(Error(ErrorCode::offset_out_of_range, "job",
                        job_->inputs[i].table.topic + "/" + std::to_string(p) + "/" + std::to_string(in.next_fetch) +
                            ": the offset is no longer in the log (retention, or the topic was made anew)"));
    return fail(result.error());
  }
  in.high_watermark = result->high_watermark;
  for (const Buffer& b : result->buffers) {
    wire::BatchIterator batches(b.bytes());
    while (auto batch = batches.next()) in.next_fetch = std::max(in.next_fetch, batch->end_offset());
  }
  if (state_ == JobState::paused) {
    in.held.insert(in.held.end(), result->buffers.begin(), result->buffers.end());
    return;
  }
  fetch(i, p);  // the next read goes on while these are worked on
  process(i, p, result->buffers);
}

void JobRunner::process(size_t i, size_t p, const BufferChain& buffers) {
  MonoTime arrived = runtime_.now();
  for (const Buffer& b : buffers) {
    Status s = core_->add_batches(static_cast<int>(i), static_cast<PartitionId>(p), b);
    dirty_ = true;
    emit(arrived);
    if (!s) return fail(s.error());
  }
  maybe_finish();
}

void JobRunner::check_idle() {
  bool any = false;
  MonoTime now = runtime_.now();
  Duration shortest = std::chrono::seconds(1);
  for (size_t i = 0; i < inputs_.size(); ++i) {
    int64_t timeout_ms = job_->inputs[i].table.idle_timeout_ms;
    if (timeout_ms <= 0) continue;
    any = true;
    shortest = std::min<Duration>(shortest, std::chrono::milliseconds(std::max<int64_t>(1, timeout_ms / 4)));
    for (size_t p = 0; p < inputs_[i].size(); ++p) {
      const InputPartition& in = inputs_[i][p];
      const PartitionProgress& at = core_->partitions(static_cast<int>(i))[p];
      // An open fetch that was not answered: the high watermark has not moved.
      if (state_ != JobState::running || !in.fetching || at.status != PartitionStatus::active) continue;
      if (now - in.waiting_since < std::chrono::milliseconds(timeout_ms)) continue;
      dirty_ = true;
      if (Status s = core_->set_idle(static_cast<int>(i), static_cast<PartitionId>(p), true); !s)
        return fail(s.error());
    }
  }
  emit(now);
  if (any && (state_ == JobState::running || state_ == JobState::paused)) runtime_.arm_in(idle_timer_, shortest);
}

// --- writing

void JobRunner::emit(MonoTime arrived) {
  std::vector<OutputRow> rows = core_->take_output();
  if (rows.empty()) return;
  std::vector<std::vector<std::vector<SinkRow>>> parts(outputs_.size());
  for (size_t o = 0; o < outputs_.size(); ++o) parts[o].resize(outputs_[o].positions.size());
  for (OutputRow& r : rows) {
    auto o = static_cast<size_t>(r.output);
    OutputTopic& out = outputs_[o];
    size_t p = r.key_hash % out.positions.size();
    bool written = r.sequence <= out.already_written[p];
    out.open.emplace_back(r.sequence, written);
    if (written) {
      ++out.acknowledged_rows;
      continue;
    }
    parts[o][p].push_back({std::move(r.value), r.sequence, r.window_end_ms});
    ++unacknowledged_rows_;
  }
  for (size_t o = 0; o < outputs_.size(); ++o) {
    acknowledge(outputs_[o], {});
    for (size_t p = 0; p < parts[o].size(); ++p) {
      if (parts[o][p].empty()) continue;
      auto shared = std::make_shared<const std::vector<SinkRow>>(parts[o][p]);
      auto partition = static_cast<PartitionId>(p);
      sink_.append(job_->pipelines[o].sink.topic, partition, job_header_value(id_, static_cast<int>(o)),
                   std::move(parts[o][p]), guard<Result<Offset>>([this, o, partition, shared, arrived](auto end) {
                     on_appended(o, partition, *shared, arrived, std::move(end));
                   }));
    }
  }
}

void JobRunner::on_appended(size_t o, PartitionId partition, const std::vector<SinkRow>& rows, MonoTime arrived,
                            Result<Offset> end) {
  if (!end)
    return fail(Error(end.error().code, "job",
                      "cannot write to topic `" + job_->pipelines[o].sink.topic + "`: " + end.error().message()));
  OutputTopic& out = outputs_[o];
  out.positions[static_cast<size_t>(partition)] = *end;
  out.acknowledged_rows += static_cast<int64_t>(rows.size());
  unacknowledged_rows_ -= static_cast<int64_t>(rows.size());
  emit_latency_.record(runtime_.now() - arrived, rows.size());
  acknowledge(out, rows);
  if (observer_.on_rows) observer_.on_rows(static_cast<int>(o), rows);
  write_checkpoint_if_covered();
  fetch_all();
  maybe_finish();
}

/// Marks `rows` and moves first_unacknowledged over what is settled.
void JobRunner::acknowledge(OutputTopic& out, const std::vector<SinkRow>& rows) {
  auto it = out.open.begin();
  for (const SinkRow& r : rows) {
    it = std::lower_bound(it, out.open.end(), r.sequence, [](const auto& e, int64_t s) { return e.first < s; });
    CHECK(it != out.open.end() && it->first == r.sequence, "acknowledged a row that is not open");
    it->second = true;
  }
  while (!out.open.empty() && out.open.front().second) {
    out.first_unacknowledged = out.open.front().first + 1;
    out.open.pop_front();
  }
}

// --- checkpoints

void JobRunner::take_checkpoint() {
  bool first = state_ == JobState::starting;
  if (!first && state_ != JobState::running && state_ != JobState::paused) return;
  if (snapshot_ || writing_checkpoint_) return;
  if (!first && !dirty_ && savepoint_waiters_.empty() && savepoint_waiters_next_.empty() && !core_->finished()) return;
  Snapshot s;
  StateWriter out;
  out.u8(kEnvelopeVersion);
  out.count(outputs_.size());
  for (size_t o = 0; o < outputs_.size(); ++o) {
    s.sequences.push_back(core_->row_sequence(static_cast<int>(o)));
    out.count(outputs_[o].positions.size());
    // Every row behind the snapshot will lie at or above what is acknowledged now.
    for (Offset p : outputs_[o].positions) out.i64(p);
  }
  Buffer core = core_->checkpoint();
  out.string(as_string(core.bytes()));
  s.bytes = Buffer::copy_of({out.bytes().data(), out.bytes().size()});
  s.taken = runtime_.now();
  final_checkpoint_ = core_->finished();
  dirty_ = false;
  for (auto& w : std::exchange(savepoint_waiters_next_, {})) savepoint_waiters_.push_back(std::move(w));
  snapshot_ = std::move(s);
  write_checkpoint_if_covered();
}

void JobRunner::write_checkpoint_if_covered() {
  if (!snapshot_ || writing_checkpoint_) return;
  for (size_t o = 0; o < outputs_.size(); ++o)
    if (outputs_[o].first_unacknowledged <= snapshot_->sequences[o]) return;
  writing_checkpoint_ = true;
  store_.write(id_, snapshot_->bytes, guard<Status>([this](Status written) {
                 writing_checkpoint_ = false;
                 if (!written) {
                   if (!retriable(written.error()))
                     return fail(Error(written.error().code, "job",
                                       "cannot write the checkpoint: " + written.error().message()));
                   return retry([this] { write_checkpoint_if_covered(); });
                 }
                 ++checkpoints_;
                 last_checkpoint_ms_ = runtime_.wall_now();
                 last_checkpoint_bytes_ = static_cast<int64_t>(snapshot_->bytes.size());
                 last_checkpoint_duration_ = runtime_.now() - snapshot_->taken;
                 snapshot_.reset();
                 core_->commit();
                 for (auto& w : std::exchange(savepoint_waiters_, {})) w({});
                 if (state_ == JobState::starting) return run();
                 if (final_checkpoint_) return set_state(JobState::finished);
                 if (!savepoint_waiters_next_.empty()) take_checkpoint();
                 maybe_finish();
               }));
}

void JobRunner::maybe_finish() {
  if (state_ == JobState::running && core_->finished() && unacknowledged_rows_ == 0 && !final_checkpoint_)
    take_checkpoint();
}

// --- commands

void JobRunner::pause() {
  if (state_ != JobState::running) return;
  set_state(JobState::paused);
  take_checkpoint();
}

void JobRunner::resume() {
  if (state_ != JobState::paused) return;
  set_state(JobState::running);
  if (!checkpoint_timer_.armed()) runtime_.arm_in(checkpoint_timer_, options_.checkpoint_interval);
  for (size_t i = 0; i < inputs_.size(); ++i) {
    for (size_t p = 0; p < inputs_[i].size() && state_ == JobState::running; ++p) {
      inputs_[i][p].waiting_since = runtime_.now();
      BufferChain held = std::exchange(inputs_[i][p].held, {});
      process(i, p, held);
    }
  }
  fetch_all();
}

void JobRunner::savepoint(std::function<void(Status)> done) {
  if (state_ == JobState::finished) return done({});
  if (state_ != JobState::running && state_ != JobState::paused)
    return done(Error(ErrorCode::invalid_argument, "job", "it is " + std::string(job_state_name(state_))));
  savepoint_waiters_next_.push_back(std::move(done));
  take_checkpoint();
}

void JobRunner::drop(std::function<void()> done) {
  source_.close();
  set_state(JobState::dropped);
  store_.remove(id_, [done = std::move(done)](Status) { done(); });
}

JobInfo JobRunner::info() const {
  JobInfo out;
  out.id = id_;
  out.name = job_->name;
  out.sql = job_->sql;
  out.state = state_;
  out.failure = failure_;
  for (size_t i = 0; i < inputs_.size(); ++i) {
    JobInputInfo in;
    in.table = job_->inputs[i].table.name;
    in.topic = job_->inputs[i].table.topic;
    in.event_time_watermark_ms = core_->event_time_watermark(static_cast<int>(i));
    const auto& progress = core_->partitions(static_cast<int>(i));
    for (size_t p = 0; p < progress.size() && p < inputs_[i].size(); ++p) {
      Offset end = progress[p].end_offset >= 0 ? progress[p].end_offset : inputs_[i][p].high_watermark;
      in.partitions.push_back(
          {progress[p], inputs_[i][p].high_watermark, std::max<int64_t>(0, end - progress[p].next_offset)});
    }
    out.inputs.push_back(std::move(in));
  }
  for (size_t o = 0; o < outputs_.size(); ++o)
    out.outputs.push_back({job_->pipelines[o].sink.name, job_->pipelines[o].sink.topic,
                           core_->row_sequence(static_cast<int>(o)), outputs_[o].acknowledged_rows});
  out.stats = core_->stats();
  out.started_ms = started_ms_;
  out.last_checkpoint_ms = last_checkpoint_ms_;
  out.last_checkpoint_bytes = last_checkpoint_bytes_;
  out.last_checkpoint_duration = last_checkpoint_duration_;
  out.checkpoints = checkpoints_;
  out.emit_p50_us = emit_latency_.quantile_us(0.5);
  out.emit_p99_us = emit_latency_.quantile_us(0.99);
  out.emitted = emit_latency_.count();
  return out;
}

}  // namespace weir::processor
