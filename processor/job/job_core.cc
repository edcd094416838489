#include "processor/job/job_core.h"

#include <algorithm>

#include "base/util/check.h"
#include "base/wire/record_batch.h"
#include "processor/ops/group_table.h"
#include "processor/ops/json_decoder.h"
#include "processor/ops/window_aggregate.h"
#include "processor/state/codec.h"

namespace weir::processor {

namespace {

constexpr uint8_t kFormatVersion = 1;

uint64_t plan_hash(const CompiledJob& job) {
  return GroupTable::hash_of(reinterpret_cast<const uint8_t*>(job.sql.data()), job.sql.size());
}

}  // namespace

struct JobCore::Input {
  int index;
  const InputPlan& plan;
  JsonDecoder decoder;
  Evaluator time, watermark;
  EvalContext context;
  std::vector<PartitionProgress> partitions;
  // The batch being built.
  size_t count = 0;
  Offset offsets[kBatchRows];
  int64_t watermark_before[kBatchRows];
  std::vector<uint16_t> late;

  Input(int i, const InputPlan& p)
      : index(i), plan(p), decoder(p.table, p.columns), time(p.table.time), watermark(p.table.watermark) {}
};

struct JobCore::Output {
  WindowAggregate aggregate;
  EvalContext context;
  int64_t sequence = 0;
  std::vector<FiredRow> fired;
  Output(const Pipeline& p, int64_t state_bytes_max) : aggregate(p, state_bytes_max) {}
};

JobCore::JobCore(std::shared_ptr<const CompiledJob> job, JobCoreOptions options)
    : job_(std::move(job)), options_(options) {
  if (job_->state_bytes_max > 0) options_.state_bytes_max = job_->state_bytes_max;
  for (size_t i = 0; i < job_->inputs.size(); ++i)
    inputs_.push_back(std::make_unique<Input>(static_cast<int>(i), job_->inputs[i]));
  for (const Pipeline& p : job_->pipelines) outputs_.push_back(std::make_unique<Output>(p, options_.state_bytes_max));
}

JobCore::~JobCore() = default;

const CompiledJob& JobCore::job() const { return *job_; }

void JobCore::set_partitions(int input, const std::vector<PartitionProgress>& partitions) {
  auto& have = inputs_[static_cast<size_t>(input)]->partitions;
  CHECK(partitions.size() >= have.size(), "partitions never go away");
  for (size_t p = have.size(); p < partitions.size(); ++p) have.push_back(partitions[p]);
}

const std::vector<PartitionProgress>& JobCore::partitions(int input) const {
  return inputs_[static_cast<size_t>(input)]->partitions;
}

Error JobCore::record_error(const Input& input, PartitionId partition, Offset offset, const std::string& why) const {
  return Error(ErrorCode::invalid_record, "job",
               input.plan.table.topic + "/" + std::to_string(partition) + "/" + std::to_string(offset) + ": " + why);
}

namespace {

/// Values of a batch of records with what may be read behind them.
struct Slice {
  Offset offset;
  std::string_view value;
  size_t readable;
  bool tombstone;
};

}  // namespace

Status JobCore::add_batches(int input_index, PartitionId partition, const Buffer& batches) {
  Input& input = *inputs_[static_cast<size_t>(input_index)];
  CHECK(partition >= 0 && static_cast<size_t>(partition) < input.partitions.size(), "unknown partition", partition);
  PartitionProgress& progress = input.partitions[static_cast<size_t>(partition)];
  if (progress.status == PartitionStatus::ended) return {};
  const uint8_t* buffer_end = batches.data() + batches.size();
  std::vector<wire::RecordIterator> open;  // keeps what was decompressed until its rows are done
  auto flush = [&]() -> Status {
    TRY(run(input, partition));
    open.clear();
    return {};
  };
  wire::BatchIterator iterator(batches.bytes());
  std::vector<Slice> slices;
  while (auto batch = iterator.next()) {
    if (batch->end_offset() <= progress.next_offset) continue;
    if (batch->is_control()) {
      TRY(flush());
      progress.next_offset = batch->end_offset();
      continue;
    }
    auto opened = wire::RecordIterator::open(*batch);
    if (!opened) return record_error(input, partition, batch->base_offset(), opened.error().message());
    open.push_back(std::move(*opened));
    slices.clear();
    while (auto r = open.back().next()) {
      bool none = !r->value.has_value();
      slices.push_back({r->offset, none ? std::string_view{} : as_string(*r->value), 0, none});
    }
    if (!open.back().status().ok())
      return record_error(input, partition, batch->base_offset(), open.back().status().error().message());
    // Records lie one behind the other, so each may read up to the end of the last; uncompressed ones up to the end of
    // the buffer.
    const char* end = nullptr;
    for (const Slice& s : slices)
      if (!s.tombstone) end = s.value.data() + s.value.size();
    if (batch->compression() == wire::Compression::none) end = reinterpret_cast<const char*>(buffer_end);
    for (const Slice& s : slices) {
      if (s.offset < progress.next_offset) continue;
      if (progress.end_offset >= 0 && s.offset >= progress.end_offset) break;
      if (!s.tombstone) {
        auto outcome = input.decoder.decode(s.value, static_cast<size_t>(end - s.value.data()), input.count);
        if (outcome == JsonDecoder::Outcome::failed)
          return record_error(input, partition, s.offset, input.decoder.failure());
        if (outcome == JsonDecoder::Outcome::decoded)
          input.offsets[input.count++] = s.offset;
        else
          ++rows_skipped_;
      } else {
        ++rows_skipped_;
      }
      if (input.count == kBatchRows) TRY(run(input, partition));
    }
    progress.next_offset = std::max(progress.next_offset, batch->end_offset());
    if (input.count == 0) open.clear();
  }
  if (!iterator.status().ok())
    return record_error(input, partition, progress.next_offset, iterator.status().error().message());
  TRY(flush());
  if (progress.end_offset >= 0 && progress.next_offset >= progress.end_offset)
    return end_partition(input_index, partition);
  return advance(input);
}

Status JobCore::add_records(int input_index, PartitionId partition, const std::vector<Record>& records) {
  Input& input = *inputs_[static_cast<size_t>(input_index)];
  PartitionProgress& progress = input.partitions[static_cast<size_t>(partition)];
  if (progress.status == PartitionStatus::ended) return {};
  for (const Record& r : records) {
    if (r.offset < progress.next_offset) continue;
    if (progress.end_offset >= 0 && r.offset >= progress.end_offset) break;
    progress.next_offset = r.offset + 1;
    auto outcome = r.tombstone ? JsonDecoder::Outcome::skipped
                               : input.decoder.decode(r.value, r.value.size(), input.count);
    if (outcome == JsonDecoder::Outcome::failed)
      return record_error(input, partition, r.offset, input.decoder.failure());
    if (outcome == JsonDecoder::Outcome::skipped)
      ++rows_skipped_;
    else
      input.offsets[input.count++] = r.offset;
    if (input.count == kBatchRows) TRY(run(input, partition));
  }
  TRY(run(input, partition));
  if (progress.end_offset >= 0 && progress.next_offset >= progress.end_offset)
    return end_partition(input_index, partition);
  return advance(input);
}

/// The decoded rows through the operators: the watermark each row meets, then every pipeline.
Status JobCore::run(Input& input, PartitionId partition) {
  size_t n = std::exchange(input.count, 0);
  if (n == 0) return {};
  PartitionProgress& progress = input.partitions[static_cast<size_t>(partition)];
  Columns columns;
  columns.at = input.decoder.columns();
  Selection all{nullptr, n};
  EvalContext& context = input.context;
  const Vector& time = input.time.eval(columns, all, context);
  for (size_t i = 0; i < n && !context.failed; ++i)
    if (time.null[i])
      context.fail(i, "the event time `" +
                          input.plan.table.columns[static_cast<size_t>(input.plan.table.time_column)].name +
                          "` is null");
  const Vector& watermark = input.watermark.eval(columns, all, context);
  if (context.failed) return record_error(input, partition, input.offsets[context.failed_row], context.failure);

  int64_t w = progress.event_time_watermark;
  for (size_t i = 0; i < n; ++i) {
    input.watermark_before[i] = w;
    if (!watermark.null[i] && watermark.ints[i] > w) w = watermark.ints[i];
  }
  progress.event_time_watermark = w;
  if (progress.status == PartitionStatus::idle) progress.status = PartitionStatus::active;
  rows_in_ += static_cast<int64_t>(n);

  for (size_t o = 0; o < outputs_.size(); ++o) {
    if (job_->pipelines[o].input != input.index) continue;
    WindowAggregate::Rows rows;
    rows.columns = columns;
    rows.count = n;
    rows.watermark_before = input.watermark_before;
    rows.partition = partition;
    input.late.clear();
    outputs_[o]->aggregate.batch(rows, context, input.late);
    if (context.failed) return record_error(input, partition, input.offsets[context.failed_row], context.failure);
    if (options_.keep_late)
      for (uint16_t i : input.late) late_.push_back({input.index, partition, input.offsets[i]});
  }
  context.arena.clear();
  input.decoder.clear();
  return {};
}

int64_t JobCore::event_time_watermark(int input) const {
  const auto& partitions = inputs_[static_cast<size_t>(input)]->partitions;
  int64_t low = kEndOfInput;
  bool active = false, ended = !partitions.empty();
  int64_t idle_high = kNoWatermark;
  for (const PartitionProgress& p : partitions) {
    ended = ended && p.status == PartitionStatus::ended;
    if (p.status == PartitionStatus::active)
      active = true, low = std::min(low, p.event_time_watermark);
    else
      idle_high = std::max(idle_high, p.event_time_watermark);
  }
  if (ended) return kEndOfInput;
  // When all that is left is idle, time stands where the furthest of them is.
  return active ? low : idle_high;
}

Status JobCore::advance(Input& input) {
  int64_t w = event_time_watermark(input.index);
  if (w == kNoWatermark) return {};
  for (size_t o = 0; o < outputs_.size(); ++o) {
    Output& out = *outputs_[o];
    if (job_->pipelines[o].input != input.index) continue;
    out.fired.clear();
    out.aggregate.watermark(w, out.context, out.fired);
    if (out.context.failed)
      return Error(ErrorCode::invalid_record, "job",
                   "a result row of `" + job_->pipelines[o].sink.name + "`: " + out.context.failure);
    out.context.arena.clear();
    for (FiredRow& f : out.fired) {
      ready_.push_back({static_cast<int32_t>(o), ++out.sequence, f.key_hash, f.window_end_ms, std::move(f.value)});
      ++rows_out_;
    }
  }
  return {};
}

Status JobCore::end_partition(int input_index, PartitionId partition) {
  Input& input = *inputs_[static_cast<size_t>(input_index)];
  input.partitions[static_cast<size_t>(partition)].status = PartitionStatus::ended;
  return advance(input);
}

Status JobCore::set_idle(int input_index, PartitionId partition, bool idle) {
  Input& input = *inputs_[static_cast<size_t>(input_index)];
  PartitionProgress& p = input.partitions[static_cast<size_t>(partition)];
  if (p.status == PartitionStatus::ended) return {};
  p.status = idle ? PartitionStatus::idle : PartitionStatus::active;
  return advance(input);
}

bool JobCore::finished() const {
  for (const auto& i : inputs_) {
    for (const PartitionProgress& p : i->partitions)
      if (p.status != PartitionStatus::ended) return false;
    if (i->partitions.empty()) return false;
  }
  return true;
}

std::vector<OutputRow> JobCore::take_output() { return std::exchange(ready_, {}); }
std::vector<LateRow> JobCore::take_late() { return std::exchange(late_, {}); }

Buffer JobCore::checkpoint() const {
  CHECK(ready_.empty(), "rows not taken would be lost");
  StateWriter out;
  out.u8(kFormatVersion);
  out.u64(plan_hash(*job_));
  out.i64(rows_in_);
  out.i64(rows_skipped_);
  out.count(inputs_.size());
  for (const auto& input : inputs_) {
    out.count(input->partitions.size());
    for (const PartitionProgress& p : input->partitions) {
      out.i64(p.next_offset);
      out.i64(p.end_offset);
      out.i64(p.event_time_watermark);
      out.u8(static_cast<uint8_t>(p.status));
    }
  }
  out.count(outputs_.size());
  for (const auto& o : outputs_) {
    out.i64(o->sequence);
    o->aggregate.checkpoint(out);
  }
  return out.sealed();
}

Status JobCore::restore(ConstBytes bytes) {
  TRY_ASSIGN(StateReader in, StateReader::open(bytes));
  uint8_t version = in.u8();
  if (version != kFormatVersion)
    return Error(ErrorCode::malformed, "checkpoint",
                 "version " + std::to_string(version) + ", this program reads " + std::to_string(kFormatVersion));
  if (in.u64() != plan_hash(*job_))
    return Error(ErrorCode::invalid_argument, "checkpoint", "it belongs to another script");
  Error bad(ErrorCode::malformed, "checkpoint", "its contents do not fit the job");
  rows_in_ = in.i64();
  rows_skipped_ = in.i64();
  if (in.count() != inputs_.size()) return bad;
  for (auto& input : inputs_) {
    uint64_t n = in.count(25);
    input->partitions.clear();
    for (uint64_t p = 0; p < n; ++p) {
      PartitionProgress progress;
      progress.next_offset = in.i64();
      progress.end_offset = in.i64();
      progress.event_time_watermark = in.i64();
      uint8_t status = in.u8();
      if (status > 2) return bad;
      progress.status = static_cast<PartitionStatus>(status);
      input->partitions.push_back(progress);
    }
  }
  if (in.count() != outputs_.size()) return bad;
  rows_out_ = 0;
  for (auto& o : outputs_) {
    o->sequence = in.i64();
    rows_out_ += o->sequence;
    if (!o->aggregate.restore(in)) return bad;
  }
  if (!in.ok() || !in.at_end()) return bad;
  return {};
}

void JobCore::commit() {
  for (auto& o : outputs_) o->aggregate.commit();
}

JobStats JobCore::stats() const {
  JobStats s;
  s.rows_in = rows_in_;
  s.rows_skipped = rows_skipped_;
  s.rows_out = rows_out_;
  for (const auto& o : outputs_) {
    s.rows_late += o->aggregate.late_rows();
    s.rows_refused += o->aggregate.refused_rows();
    s.groups += o->aggregate.group_count();
    s.state_bytes += o->aggregate.state_bytes();
  }
  return s;
}

int64_t JobCore::row_sequence(int output) const { return outputs_[static_cast<size_t>(output)]->sequence; }

}  // namespace weir::processor
