#include "broker/main/job_host.h"

#include <algorithm>
#include <future>

#include "base/io/backends/make_runtime.h"
#include "base/util/diag.h"
#include "base/util/json_text.h"
#include "base/wire/record_batch.h"
#include "broker/topic_creator.h"
#include "processor/job/job_runner.h"
#include "processor/sql/binder.h"

namespace weir::main {
namespace {

constexpr Duration kTick = std::chrono::seconds(1);
constexpr Duration kAppendTimeout = std::chrono::seconds(30);
constexpr size_t kReadBytes = 4 << 20;
constexpr uint64_t kShrinkBytes = 64 << 20;

}  // namespace

/// A job at work. Everything in `parts` lives on the worker's thread.
struct JobHost::Running {
  struct Parts {
    BridgeSource source;
    BridgeSink sink;
    BridgeStore store;
    std::unique_ptr<processor::JobRunner> runner;
    explicit Parts(BridgeEnds ends) : source(ends), sink(ends), store(ends) {}
  };
  std::string id;
  std::shared_ptr<std::unique_ptr<Parts>> parts = std::make_shared<std::unique_ptr<Parts>>();
  bool paused = false;
};

JobHost::JobHost(io::Runtime& runtime, broker::Node& node)
    : runtime_(runtime),
      node_(node),
      partitions_(node.services()),
      tick_timer_([this] { tick(); }),
      series_(node.services(), partitions_) {}

JobHost::~JobHost() { *alive_ = false; }

void JobHost::start() {
  started_ = true;
  // Behind the replicas, which the node added at its own start: what an image changes here has changed when it is heard
  // of.
  node_.services().quorum.add_listener(*this);
  attach_to_partition();
}

void JobHost::stop(std::function<void()> done) {
  started_ = false;
  runtime_.disarm(tick_timer_);
  end_leading();
  if (partition_) partition_->unwatch(*this);
  partition_ = nullptr;
  series_.clear();
  partitions_.close();
  worker_.reset();
  done();
}

void JobHost::on_metadata(const replication::ImagePtr&, const replication::MetadataDelta&) {
  if (started_) attach_to_partition();
}

/// Finds the local replica of the jobs' topic; notices when it begins and ends to lead.
void JobHost::attach_to_partition() {
  replication::Partition* found = node_.services().replicas.find({kJobsTopic, 0});
  if (found != partition_) {
    if (leading_) end_leading();
    if (partition_) partition_->unwatch(*this);
    partition_ = found;
    jobs_.clear();
    next_ = 0;
    if (!partition_) return;
    partition_->watch(*this);
    runtime_.arm_in(tick_timer_, kTick);
  }
  if (!partition_) return;
  if (partition_->leads() && !leading_) begin_leading();
  if (!partition_->leads() && leading_) end_leading();
  read_on();
}

void JobHost::on_partition_moved() {
  if (started_) attach_to_partition();
}

void JobHost::begin_leading() {
  leading_ = true;
  jobs_on_ = false;
  // From the beginning: checkpoints are kept only while leading.
  next_ = partition_->log_start_offset();
  lead_from_ = partition_->log_end_offset();
  shrink_at_ = kShrinkBytes;
}

void JobHost::end_leading() {
  leading_ = jobs_on_ = false;
  for (auto& [name, job] : jobs_) end(job, false);
  checkpoints_.clear();
}

void JobHost::read_on() {
  if (!partition_ || reading_) return;
  Offset end = partition_->high_watermark();
  next_ = std::max(next_, partition_->log_start_offset());
  if (next_ >= end) {
    if (leading_ && !jobs_on_ && next_ >= lead_from_) {
      jobs_on_ = true;
      WEIR_INFO("jobs: {} to run here", jobs_.size());
      reconcile();
    }
    return;
  }
  reading_ = true;
  partition_->log().read({next_, end, kReadBytes, true},
                         [this, alive = alive_, partition = partition_](Result<log::ReadResult> r) {
                           if (!*alive) return;
                           reading_ = false;
                           if (partition != partition_) return;
                           if (!r) {
                             WEIR_ERROR("{} cannot be read: {}", kJobsTopic, r.error().message());
                             return;
                           }
                           for (const Buffer& b : r->batches) replay(b);
                           next_ = std::max(next_, r->next_offset);
                           if (jobs_on_) reconcile();
                           update_series();
                           runtime_.defer([this, alive] {
                             if (*alive) read_on();
                           });
                         });
}

void JobHost::replay(ConstBytes bytes) {
  wire::BatchIterator batches(bytes);
  while (auto batch = batches.next()) {
    auto records = wire::RecordIterator::open(*batch);
    if (batch->is_control() || !records) continue;
    while (auto r = records->next()) {
      if (r->key && r->offset >= next_) apply(as_string(*r->key), r->value, r->offset);
    }
  }
}

void JobHost::apply(std::string_view key, std::optional<ConstBytes> value, Offset) {
  size_t slash = key.find('/');
  if (slash == std::string_view::npos) return;
  std::string_view kind = key.substr(0, slash);
  std::string name(key.substr(slash + 1));
  if (kind == "job") {
    auto definition = value ? parse_definition(as_string(*value)) : Result<JobDefinition>(ErrorCode::not_found);
    define(name, definition ? std::optional(std::move(*definition)) : std::nullopt);
  } else if (kind == "status") {
    auto it = jobs_.find(name);
    // Of an older life of this name: not this job's. What runs here knows better than what it wrote.
    if (it != jobs_.end() && !it->second.running && value && status_id(as_string(*value)) == it->second.definition.id)
      it->second.status = std::string(as_string(*value));
  } else if (kind == "checkpoint" && leading_) {
    if (value && !value->empty())
      checkpoints_[name] = Buffer::copy_of(*value);
    else
      checkpoints_.erase(name);
  }
}

void JobHost::define(const std::string& name, std::optional<JobDefinition> definition) {
  auto it = jobs_.find(name);
  if (!definition) {
    if (it == jobs_.end()) return;
    end(it->second, true);
    series_.forget(name);
    jobs_.erase(it);
    return;
  }
  definition->name = name;
  if (it != jobs_.end() && it->second.definition.id != definition->id) {
    end(it->second, true);
    series_.forget(name);
    it->second.status.clear();
  }
  jobs_[name].definition = std::move(*definition);
}

/// Runs what is to run, and pauses and resumes it.
void JobHost::reconcile() {
  for (auto& [name, job] : jobs_) {
    if (!job.running) {
      // A finished or failed job stays so until it is defined anew.
      bool over = job.status.find("\"state\":\"finished\"") != std::string::npos ||
                  job.status.find("\"state\":\"failed\"") != std::string::npos;
      if (!over) run(job);
      continue;
    }
    if (job.running->paused == job.definition.paused) continue;
    job.running->paused = job.definition.paused;
    worker_->post([parts = job.running->parts, pause = job.definition.paused] {
      if (!*parts || !(*parts)->runner) return;
      if (pause)
        (*parts)->runner->pause();
      else
        (*parts)->runner->resume();
    });
  }
}

void JobHost::run(Job& job) {
  const JobDefinition& d = job.definition;
  auto compiled = processor::compile(d.sql);
  if (!compiled)
    return status_changed(
        d.name, d.id,
        failed_status_json(d, compiled.error().message(), node_.services().node_id(), runtime_.wall_now()));
  if (!worker_) {
    worker_ = std::make_unique<processor::JobWorker>([] {
      std::string why;
      auto made = io::make_runtime(io::IoChoice::auto_, why);
      return made ? std::move(*made) : nullptr;
    });
  }
  compiled->name = d.name;
  auto shared = std::make_shared<const processor::CompiledJob>(std::move(*compiled));
  job.running = std::make_unique<Running>();
  job.running->id = d.id;
  job.running->paused = d.paused;
  BridgeEnds ends{node_.services(), partitions_, *this, worker_->runtime()};
  processor::JobRunner::Observer observer;
  observer.on_state = [this, alive = alive_, name = d.name, id = d.id](const processor::JobInfo& info) {
    runtime_.post([this, alive, name, id, info] {
      if (*alive) status_changed(name, id, status_json(info, node_.services().node_id(), runtime_.wall_now()));
    });
  };
  worker_->post([parts = job.running->parts, ends, shared, id = d.id, paused = d.paused, observer] {
    *parts = std::make_unique<Running::Parts>(ends);
    Running::Parts& p = **parts;
    p.runner = std::make_unique<processor::JobRunner>(ends.worker, id, shared, p.source, p.sink, p.store,
                                                      processor::JobRunnerOptions{}, observer);
    p.runner->start();
    if (paused) p.runner->pause();
  });
}

/// Ends a runner and waits until its thread has let go of it, so that nothing of it comes later.
void JobHost::end(Job& job, bool drop) {
  if (!job.running) return;
  auto parts = job.running->parts;
  std::promise<void> gone;
  auto wait = gone.get_future();
  worker_->post([parts, &gone] {
    parts->reset();
    gone.set_value();
  });
  wait.wait();
  std::string id = job.running->id;
  job.running.reset();
  if (drop && leading_) write_checkpoint(id, Buffer(), [](Status) {});
}

void JobHost::status_changed(const std::string& name, const std::string& id, std::string status) {
  auto it = jobs_.find(name);
  if (it == jobs_.end() || it->second.definition.id != id || !leading_) return;
  it->second.status = status;
  it->second.written_status = status;
  append("status/" + name, Buffer::copy_of(as_bytes(status)), false, [](Status) {});
}

void JobHost::append(const std::string& key, std::optional<Buffer> value, bool compress,
                     std::function<void(Status)> done) {
  if (!leading_ || !partition_) return done(ErrorCode::not_leader_or_follower);
  wire::RecordBatchBuilder::Options options;
  if (compress) options.compression = wire::Compression::zstd;
  wire::RecordBatchBuilder builder(options);
  builder.append(runtime_.wall_now(), as_bytes(key), value ? std::optional<ConstBytes>(value->bytes()) : std::nullopt);
  partition_->produce(builder.build(), -1, kAppendTimeout, log::PartitionLog::Origin::coordinator,
                      [done = std::move(done)](Result<replication::ProduceOutcome> outcome) {
                        done(outcome ? Status{} : Status(outcome.error()));
                      });
}

void JobHost::write_checkpoint(const std::string& job_id, Buffer bytes, std::function<void(Status)> done) {
  append("checkpoint/" + job_id, bytes.empty() ? std::nullopt : std::optional(bytes), true, std::move(done));
}

std::optional<Buffer> JobHost::last_checkpoint(const std::string& job_id) {
  auto it = checkpoints_.find(job_id);
  return it == checkpoints_.end() ? std::nullopt : std::optional(it->second);
}

/// Once a second while there are jobs: asks the runners how they are, writes down what changed.
void JobHost::tick() {
  runtime_.arm_in(tick_timer_, kTick);
  if (!jobs_on_) return;
  for (auto& [name, job] : jobs_) {
    if (!job.running) continue;
    worker_->post([this, alive = alive_, parts = job.running->parts, name = name, id = job.running->id] {
      if (!*parts || !(*parts)->runner) return;
      auto info = (*parts)->runner->info();
      runtime_.post([this, alive, name, id, info] {
        if (!*alive) return;
        auto it = jobs_.find(name);
        if (it == jobs_.end() || it->second.definition.id != id || !it->second.running) return;
        // A status that differs by its time alone is not written: a silent job writes nothing.
        std::string fixed = status_json(info, node_.services().node_id(), 0);
        it->second.status = status_json(info, node_.services().node_id(), runtime_.wall_now());
        if (fixed == it->second.written_status) return;
        it->second.written_status = fixed;
        append("status/" + name, Buffer::copy_of(as_bytes(it->second.status)), false, [](Status) {});
      });
    });
  }
  shrink_log();
}

/// The topic keeps only what counts: everything is written once more, then the log starts there.
void JobHost::shrink_log() {
  if (shrinking_ || partition_->log().size_bytes() < shrink_at_) return;
  // What is known here must be all that was said: a tombstone on its way would stand before the job it removes.
  if (next_ < partition_->log_end_offset()) return;
  shrinking_ = true;
  Offset from = partition_->log_end_offset();
  auto open = std::make_shared<size_t>(1);
  auto failed = std::make_shared<bool>(false);
  auto finish = [this, alive = alive_, open, failed, from](Status s) {
    if (!s) *failed = true;
    if (--*open > 0 || !*alive) return;
    shrinking_ = false;
    if (!partition_) return;
    if (!*failed && leading_) (void)partition_->log().advance_log_start(from);
    // What counts, and the part of the newest segment that goes with it later; after a failure too, so that it is not
    // tried each second.
    shrink_at_ = std::max(kShrinkBytes, 2 * partition_->log().size_bytes());
  };
  for (const auto& [name, job] : jobs_) {
    const JobDefinition& d = job.definition;
    std::string json = "{\"id\":" + json_text(d.id) + ",\"name\":" + json_text(d.name) +
                       ",\"sql\":" + json_text(d.sql) + ",\"state\":\"" + (d.paused ? "paused" : "running") +
                       "\",\"created_ms\":" + std::to_string(d.created_ms) + "}";
    ++*open;
    append("job/" + name, Buffer::copy_of(as_bytes(json)), false, finish);
    if (!job.status.empty()) {
      ++*open;
      append("status/" + name, Buffer::copy_of(as_bytes(job.status)), false, finish);
    }
  }
  for (const auto& [id, bytes] : checkpoints_) {
    ++*open;
    append("checkpoint/" + id, bytes, true, finish);
  }
  finish({});
}

web::JobsView JobHost::view() {
  web::JobsView v;
  v.time_ms = runtime_.wall_now();
  for (auto& [name, job] : jobs_) {
    v.jobs.push_back(job_view(job.definition, job.status));
    job.rates.look(v.jobs.back(), v.time_ms);
  }
  return v;
}

void JobHost::set_series_sink(std::shared_ptr<web::SeriesSink> sink) {
  series_.set_sink(std::move(sink));
  update_series();
}

void JobHost::update_series() {
  for (auto& [name, job] : jobs_) {
    if (series_.follows(name)) continue;
    auto compiled = processor::compile(job.definition.sql);
    if (compiled) series_.follow(name, *compiled);
  }
}

}  // namespace weir::main
