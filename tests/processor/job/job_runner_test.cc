#include "processor/job/job_runner.h"

#include <gtest/gtest.h>

#include <map>

#include "base/io/task_queue.h"
#include "base/io/timer_queue.h"
#include "base/util/check.h"
#include "base/wire/record_batch.h"
#include "processor/sql/binder.h"

namespace weir::processor {
namespace {

/// A runtime whose time the test moves.
class ManualRuntime : public io::Runtime {
 public:
  io::Disk& disk() override { abort(); }
  io::Net& net() override { abort(); }
  Random& random() override { return random_; }
  MonoTime now() const override { return now_; }
  WallMillis wall_now() const override { return 1'700'000'000'000 + now_.ns / 1'000'000; }
  void defer(std::function<void()> task) override { tasks_.add(std::move(task)); }
  void post(std::function<void()> task) override { tasks_.add(std::move(task)); }
  void arm(io::Timer& timer, MonoTime due) override { timers_.arm(timer, due, now_, *this); }
  void disarm(io::Timer& timer) override { timers_.disarm(timer); }
  void run() override {}
  void stop() override {}
  void note(const char*) override {}
  uint64_t stalls() const override { return 0; }
  std::string_view backend() const override { return "manual"; }

  /// One round of tasks.
  bool turn() {
    if (tasks_.empty()) return false;
    tasks_.run_batch();
    return true;
  }
  void settle() {
    while (turn()) {
    }
  }
  void advance(Duration d) {
    now_ = now_ + d;
    timers_.fire_due(now_);
    settle();
  }

 private:
  SplitMix64 random_{1};
  MonoTime now_;
  io::TaskQueue tasks_;
  io::TimerQueue timers_;
};

/// Topics that outlive a runner: inputs by offset, outputs with sequences, checkpoints. Answers come in later turns.
struct World {
  struct Written {
    std::string header, value;
    int64_t sequence;
  };
  ManualRuntime runtime;
  SplitMix64 random{1};
  std::map<std::string, std::vector<std::vector<std::string>>> inputs;
  std::map<std::string, std::vector<std::vector<Written>>> outputs;
  std::map<std::string, Buffer> checkpoints;
  size_t batch_rows = 10;
  int64_t appends = 0, checkpoint_writes = 0;
  ErrorCode next_fetch_error = ErrorCode::none;
  ErrorCode append_error = ErrorCode::none;

  void later(std::function<void()> f) {
    // Some answers take a turn more: they come in another order than they were asked.
    if (random.chance(1, 3))
      runtime.post([this, f] { runtime.post(f); });
    else
      runtime.post(f);
  }
};

class FakeSource : public Source {
 public:
  explicit FakeSource(World& w) : w_(w) {}
  void describe(const std::string& topic, int64_t, Described done) override {
    w_.later([this, topic, done] {
      auto it = w_.inputs.find(topic);
      if (it == w_.inputs.end())
        return done(Error(ErrorCode::unknown_topic_or_partition, "source", "no topic " + topic));
      std::vector<PartitionBounds> out;
      for (auto& p : it->second) out.push_back({0, static_cast<Offset>(p.size()), -1});
      done(out);
    });
  }
  void fetch(const std::string& topic, PartitionId partition, Offset from, size_t, FetchDone done) override {
    w_.later([this, topic, partition, from, done] { answer(topic, partition, from, done); });
  }
  void close() override { closed_ = std::make_shared<int>(0), waiting_.clear(); }
  /// New records are there.
  void wake() {
    for (auto& f : std::exchange(waiting_, {})) f();
  }

 private:
  void answer(const std::string& topic, PartitionId partition, Offset from, FetchDone done) {
    if (w_.next_fetch_error != ErrorCode::none)
      return done(Error(std::exchange(w_.next_fetch_error, ErrorCode::none), "source"));
    auto& rows = w_.inputs[topic][static_cast<size_t>(partition)];
    auto at = static_cast<size_t>(from);
    if (at >= rows.size()) {
      waiting_.push_back([=, this] { answer(topic, partition, from, done); });
      return;
    }
    wire::RecordBatchBuilder b({.base_offset = from});
    for (size_t n = 0; n < 1 + w_.random.below(w_.batch_rows) && at < rows.size(); ++n, ++at)
      b.append(0, std::nullopt, as_bytes(rows[at]));
    done(Batches{{b.build()}, static_cast<Offset>(rows.size()), 0});
  }
  World& w_;
  std::vector<std::function<void()>> waiting_;
  std::shared_ptr<int> closed_;
};

class FakeSink : public Sink {
 public:
  explicit FakeSink(World& w) : w_(w) {}
  void open(const std::string& topic, Opened done) override {
    w_.later([this, topic, done] {
      auto& t = w_.outputs[topic];
      if (t.empty()) t.resize(3);
      std::vector<Offset> ends;
      for (auto& p : t) ends.push_back(static_cast<Offset>(p.size()));
      done(ends);
    });
  }
  void last_sequences(const std::string& topic, const std::string& header, const std::vector<Offset>& from,
                      LastSequences done) override {
    w_.later([=, this] {
      std::vector<int64_t> out;
      for (size_t p = 0; p < from.size(); ++p) {
        int64_t last = 0;
        for (auto i = static_cast<size_t>(from[p]); i < w_.outputs[topic][p].size(); ++i)
          if (w_.outputs[topic][p][i].header == header) last = std::max(last, w_.outputs[topic][p][i].sequence);
        out.push_back(last);
      }
      done(out);
    });
  }
  void append(const std::string& topic, PartitionId partition, const std::string& header, std::vector<SinkRow> rows,
              Appended done) override {
    ++w_.appends;
    // Written at once; the acknowledgement comes later, or never when the runner is gone by then.
    if (w_.append_error != ErrorCode::none)
      return w_.runtime.post([this, done] { done(Error(w_.append_error, "sink")); });
    if (lossy_) return;  // on its way when the process dies
    auto& p = w_.outputs[topic][static_cast<size_t>(partition)];
    for (SinkRow& r : rows) p.push_back({header, r.value, r.sequence});
    w_.runtime.post([done, end = static_cast<Offset>(p.size())] { done(end); });
  }
  void close() override {}
  void lose_from_now_on() { lossy_ = true; }

 private:
  World& w_;
  bool lossy_ = false;
};

class FakeStore : public CheckpointStore {
 public:
  explicit FakeStore(World& w) : w_(w) {}
  void write(const std::string& id, Buffer bytes, std::function<void(Status)> done) override {
    w_.runtime.post([this, id, bytes, done, dead = std::weak_ptr<int>(alive_)] {
      if (dead.expired()) return;
      w_.checkpoints[id] = bytes;
      ++w_.checkpoint_writes;
      done({});
    });
  }
  void read_latest(const std::string& id, std::function<void(Result<std::optional<Buffer>>)> done) override {
    w_.later([this, id, done] {
      auto it = w_.checkpoints.find(id);
      done(it == w_.checkpoints.end() ? std::optional<Buffer>() : std::optional<Buffer>(it->second));
    });
  }
  void remove(const std::string& id, std::function<void(Status)> done) override {
    w_.runtime.post([this, id, done] {
      w_.checkpoints.erase(id);
      done({});
    });
  }

 private:
  World& w_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

std::shared_ptr<const CompiledJob> job(const std::string& options = "") {
  auto r = compile(
      "CREATE TABLE ev (ts BIGINT, k STRING, v BIGINT, et AS TO_TIMESTAMP_LTZ(ts, 3), WATERMARK FOR et AS et - "
      "INTERVAL '1' SECOND) "
      "WITH ('connector'='kafka','topic'='in','format'='json'" +
      options +
      ");"
      "CREATE TABLE o (window_end TIMESTAMP(3), k STRING, n BIGINT, d DOUBLE) WITH "
      "('connector'='kafka','topic'='out','format'='json');"
      "INSERT INTO o SELECT window_end, k, COUNT(*), SUM(CAST(v AS DOUBLE) / 7) FROM TABLE(TUMBLE(TABLE ev, "
      "DESCRIPTOR(et), INTERVAL '10' SECOND)) "
      "GROUP BY window_start, window_end, k;");
  CHECK(r.ok(), r.ok() ? "" : r.error().message().c_str());
  return std::make_shared<const CompiledJob>(std::move(*r));
}

std::string record(int64_t ts, int64_t key, int64_t v) {
  return "{\"ts\":" + std::to_string(ts) + ",\"k\":\"k" + std::to_string(key) + "\",\"v\":" + std::to_string(v) + "}";
}

/// A process: it dies with everything that was on its way.
struct Process {
  FakeSource source;
  FakeSink sink;
  FakeStore store;
  std::unique_ptr<JobRunner> runner;
  std::vector<JobState> states;
  std::vector<SinkRow> observed;

  Process(World& w, std::shared_ptr<const CompiledJob> j) : source(w), sink(w), store(w) {
    JobRunner::Observer observer;
    observer.on_state = [this](const JobInfo& i) { states.push_back(i.state); };
    observer.on_rows = [this](int, const std::vector<SinkRow>& rows) {
      observed.insert(observed.end(), rows.begin(), rows.end());
    };
    runner = std::make_unique<JobRunner>(w.runtime, "job-1", std::move(j), source, sink, store, JobRunnerOptions{},
                                         observer);
    runner->start();
  }
  ~Process() { runner.reset(); }
};

void fill(World& w, size_t rows, uint64_t seed) {
  SplitMix64 random(seed);
  auto& topic = w.inputs["in"];
  topic.resize(2);
  for (size_t p = 0; p < 2; ++p)
    for (size_t i = 0; i < rows; ++i)
      topic[p].push_back(record(static_cast<int64_t>(i * 100 + random.below(1500)),
                                static_cast<int64_t>(random.below(5)), static_cast<int64_t>(random.below(100))));
}

std::vector<std::string> sorted_rows(const World& w) {
  std::vector<std::string> out;
  for (const auto& p : w.outputs.at("out"))
    for (const auto& r : p) out.push_back(r.value);
  std::sort(out.begin(), out.end());
  return out;
}

TEST(JobRunner, BoundedJobFinishesWithEveryRowWritten) {
  World w;
  fill(w, 300, 7);
  Process p(w, job(",'scan.bounded.mode'='latest-offset'"));
  w.runtime.settle();
  EXPECT_EQ(p.runner->state(), JobState::finished);
  EXPECT_EQ(p.states, (std::vector<JobState>{JobState::starting, JobState::running, JobState::finished}));
  JobInfo info = p.runner->info();
  EXPECT_EQ(info.stats.rows_in, 600);
  EXPECT_GT(info.outputs[0].rows, 10);
  EXPECT_EQ(info.outputs[0].acknowledged, info.outputs[0].rows);
  EXPECT_EQ(info.inputs[0].partitions[0].lag, 0);
  EXPECT_EQ(p.observed.size(), static_cast<size_t>(info.outputs[0].rows));
  for (const auto& part : w.outputs["out"])
    for (size_t i = 1; i < part.size(); ++i) EXPECT_LT(part[i - 1].sequence, part[i].sequence);
  EXPECT_EQ(w.outputs["out"][0][0].header, "job-1/0");
}

TEST(JobRunner, CrashesAnywhereLeaveEachRowOnceAndInOrder) {
  World reference;
  fill(reference, 200, 3);
  {
    Process p(reference, job(",'scan.bounded.mode'='latest-offset'"));
    reference.runtime.settle();
  }
  std::vector<std::string> want = sorted_rows(reference);
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    World w;
    w.random = SplitMix64(seed);
    fill(w, 200, 3);
    auto compiled = job(",'scan.bounded.mode'='latest-offset'");
    SplitMix64 chaos(seed * 77);
    bool finished = false;
    for (int life = 0; life < 50 && !finished; ++life) {
      Process p(w, compiled);
      size_t turns = life == 49 ? SIZE_MAX : 3 + chaos.below(60);
      for (size_t t = 0; t < turns && w.runtime.turn(); ++t) {
        if (chaos.chance(1, 4)) p.runner->savepoint([](Status) {});
        if (turns - t < 4 && chaos.chance(1, 2)) p.sink.lose_from_now_on();
      }
      finished = p.runner->state() == JobState::finished;
      ASSERT_NE(p.runner->state(), JobState::failed) << p.runner->info().failure;
      p.runner.reset();
      w.runtime.settle();
    }
    ASSERT_TRUE(finished) << "seed " << seed;
    ASSERT_EQ(sorted_rows(w), want) << "seed " << seed;
    for (const auto& part : w.outputs["out"])
      for (size_t i = 1; i < part.size(); ++i) ASSERT_LT(part[i - 1].sequence, part[i].sequence) << "seed " << seed;
  }
}

TEST(JobRunner, RowLeavesWithTheRecordThatClosesItsWindow) {
  World w;
  w.inputs["in"] = {{record(1000, 1, 1), record(2000, 1, 2)}};
  Process p(w, job());
  w.runtime.settle();
  EXPECT_EQ(p.runner->state(), JobState::running);
  EXPECT_EQ(w.appends, 0);
  w.inputs["in"][0].push_back(record(10'999, 2, 1));  // et - 1 s = the window's last millisecond
  p.source.wake();
  w.runtime.settle();  // no time passes
  EXPECT_EQ(w.appends, 1);
  EXPECT_EQ(p.runner->info().outputs[0].acknowledged, 1);
}

TEST(JobRunner, CheckpointsOnlyWhenSomethingHappened) {
  World w;
  w.inputs["in"] = {{record(1000, 1, 1)}};
  Process p(w, job());
  w.runtime.settle();
  EXPECT_EQ(w.checkpoint_writes, 1);  // before the first record
  w.runtime.advance(10s);
  EXPECT_EQ(w.checkpoint_writes, 2);
  for (int i = 0; i < 5; ++i) w.runtime.advance(10s);
  EXPECT_EQ(w.checkpoint_writes, 2);
  EXPECT_GT(p.runner->info().last_checkpoint_bytes, 0);
}

TEST(JobRunner, PauseHoldsBackAndResumeGoesOn) {
  World w;
  w.inputs["in"] = {{record(1000, 1, 1)}};
  Process p(w, job());
  w.runtime.settle();
  p.runner->pause();
  w.inputs["in"][0].push_back(record(30'000, 1, 1));
  p.source.wake();
  w.runtime.settle();
  EXPECT_EQ(p.runner->state(), JobState::paused);
  EXPECT_EQ(w.appends, 0);
  p.runner->resume();
  w.runtime.settle();
  EXPECT_EQ(w.appends, 1);
  bool saved = false;
  p.runner->savepoint([&](Status s) { saved = s.ok(); });
  w.runtime.settle();
  EXPECT_TRUE(saved);
}

TEST(JobRunner, BrokenRecordFailsTheJobWithItsPlace) {
  World w;
  w.inputs["in"] = {{record(1000, 1, 1), "{\"ts\":oops}"}};
  Process p(w, job());
  w.runtime.settle();
  EXPECT_EQ(p.runner->state(), JobState::failed);
  EXPECT_NE(p.runner->info().failure.find("in/0/1: field `ts` is no BIGINT"), std::string::npos)
      << p.runner->info().failure;
}

TEST(JobRunner, MissingTopicAndLostOffsetsAndRefusedWritesFailClearly) {
  {
    World w;
    Process p(w, job());
    w.runtime.settle();
    // unknown_topic_or_partition is retriable: the topic may come.
    EXPECT_EQ(p.runner->state(), JobState::starting);
    w.inputs["in"] = {{}};
    w.runtime.advance(1s);
    EXPECT_EQ(p.runner->state(), JobState::running);
  }
  {
    World w;
    w.inputs["in"] = {{record(1, 1, 1)}};
    w.next_fetch_error = ErrorCode::offset_out_of_range;
    Process p(w, job());
    w.runtime.settle();
    EXPECT_EQ(p.runner->state(), JobState::failed);
    EXPECT_NE(p.runner->info().failure.find("in/0/0: the offset is no longer in the log"), std::string::npos);
  }
  {
    World w;
    w.inputs["in"] = {{record(1, 1, 1), record(60'000, 1, 1)}};
    w.append_error = ErrorCode::topic_authorization_failed;
    Process p(w, job());
    w.runtime.settle();
    EXPECT_EQ(p.runner->state(), JobState::failed);
    EXPECT_NE(p.runner->info().failure.find("cannot write to topic `out`"), std::string::npos);
  }
  {
    World w;
    w.inputs["in"] = {{record(1, 1, 1), record(60'000, 1, 1)}};
    w.next_fetch_error = ErrorCode::not_leader_or_follower;
    Process p(w, job());
    w.runtime.settle();
    EXPECT_EQ(w.appends, 0);
    w.runtime.advance(1s);
    EXPECT_EQ(w.appends, 1);
  }
}

TEST(JobRunner, SilentPartitionIsSetAsideAfterItsTimeout) {
  World w;
  w.inputs["in"] = {{record(1000, 1, 1), record(60'000, 1, 1)}, {}};
  Process p(w, job(",'scan.watermark.idle-timeout'='2 s'"));
  w.runtime.settle();
  w.runtime.advance(1s);
  EXPECT_EQ(w.appends, 0);
  for (int i = 0; i < 8; ++i) w.runtime.advance(500ms);
  EXPECT_EQ(w.appends, 1);
  EXPECT_EQ(p.runner->info().inputs[0].partitions[1].progress.status, PartitionStatus::idle);
}

TEST(JobRunner, DropForgetsTheCheckpoint) {
  World w;
  w.inputs["in"] = {{record(1000, 1, 1)}};
  Process p(w, job());
  w.runtime.settle();
  EXPECT_EQ(w.checkpoints.size(), 1u);
  bool done = false;
  p.runner->drop([&] { done = true; });
  w.runtime.settle();
  EXPECT_TRUE(done);
  EXPECT_TRUE(w.checkpoints.empty());
  EXPECT_EQ(p.runner->state(), JobState::dropped);
}

}  // namespace
}  // namespace weir::processor
