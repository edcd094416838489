#include "tests/log/log_life.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

namespace weir::log {

PartitionLog& Life::log(const LogConfig& config, const std::string& topic, PartitionId partition) {
  if (PartitionLog* there = set->find({topic, partition})) {
    there->set_config(config);
    return *there;
  }
  auto made = set->create({topic, partition}, Uuid::from_random(std::hash<std::string>()(topic) | 1, 7), config);
  EXPECT_TRUE(made.ok()) << made.error().message();
  return **made;
}

void Life::append(PartitionLog& log, BatchSpec spec, int batches, LeaderEpoch epoch) {
  for (int i = 0; i < batches; ++i) {
    auto appended = log.append_as_leader(make_batch(spec), epoch);
    EXPECT_TRUE(appended.ok()) << appended.error().message();
    if (spec.sequence >= 0) spec.sequence += spec.records;
    spec.timestamp += spec.records;
  }
  durable(log);
}

void Life::durable(PartitionLog& log) {
  EXPECT_TRUE(until([&] { return log.durable_offset() == log.log_end_offset(); })) << "never durable";
}

void Life::written(PartitionLog& log) {
  durable(log);
  EXPECT_TRUE(until([&] { return static_cast<PartitionLogImpl&>(log).dirty_bytes() == 0; })) << "never written";
}

template <class T>
T Life::wait(std::optional<Result<T>>& answer) {
  EXPECT_TRUE(until([&] { return answer.has_value(); })) << "never answered";
  if (!answer || !*answer) {
    ADD_FAILURE() << (answer ? answer->error().message() : std::string("no answer"));
    return T{};
  }
  return std::move(**answer);
}

Result<ReadResult> Life::read(PartitionLog& log, const ReadRequest& request) {
  std::optional<Result<ReadResult>> out;
  log.read(request, [&](Result<ReadResult> r) { out.emplace(std::move(r)); });
  EXPECT_TRUE(until([&] { return out.has_value(); })) << "the read never ended";
  return out ? std::move(*out) : Result<ReadResult>(ErrorCode::request_timed_out);
}

std::string Life::content(PartitionLog& log) {
  std::string out;
  for (Offset at = log.log_start_offset(); at < log.log_end_offset();) {
    auto r = read(log, {at, INT64_MAX, 100'000, true});
    EXPECT_TRUE(r.ok()) << r.error().message();
    if (!r || r->next_offset <= at) {
      ADD_FAILURE() << "the log cannot be read at " << at;
      break;
    }
    for (const Buffer& b : r->batches) out.append(as_string(b.bytes()));
    at = r->next_offset;
  }
  return out;
}

TimestampOffset Life::find(PartitionLog& log, WallMillis timestamp, Offset up_to) {
  std::optional<Result<TimestampOffset>> out;
  log.offset_for_timestamp(timestamp, up_to, [&](Result<TimestampOffset> r) { out.emplace(std::move(r)); });
  return wait(out);
}

TimestampOffset Life::newest(PartitionLog& log) {
  std::optional<Result<TimestampOffset>> out;
  log.offset_of_max_timestamp([&](Result<TimestampOffset> r) { out.emplace(std::move(r)); });
  return wait(out);
}

void Life::close() {
  std::optional<Status> closed;
  set->close([&](Status s) { closed = s; });
  EXPECT_TRUE(until([&] { return closed.has_value(); })) << "never closed";
  EXPECT_TRUE(closed && closed->ok());
}

namespace {

class SimHost final : public LogHostMachine {
 public:
  std::string dir() override { return "/data/log"; }
  void closed(const LogSetOptions& options, const Body& body) override { live(options, body, true); }
  void killed(const LogSetOptions& options, const Body& body) override { live(options, body, false); }

 private:
  void live(const LogSetOptions& options, const Body& body, bool close) {
    sim::SimNode& node = world_->node(0);
    Life life(node.start_shard(), [this](const std::function<bool()>& pred) { return world_->run_until(pred); });
    Status opened = life.open(options);
    EXPECT_TRUE(opened.ok()) << opened.error().message();
    if (opened) {
      body(life);
      life.set->check_invariants();
      if (close) life.close();
    }
    node.kill();
  }
  std::unique_ptr<sim::SimWorld> world_ = [] {
    auto world = std::make_unique<sim::SimWorld>(11);
    world->add_node("10.0.0.1");
    return world;
  }();
};

class ThreadHost final : public LogHostMachine {
 public:
  explicit ThreadHost(std::string backend) : backend_(std::move(backend)) {
    char path[] = "/var/tmp/weir_log_XXXXXX";  // not /tmp: a tmpfs there would refuse O_DIRECT
    dir_ = ::mkdtemp(path);
  }
  ~ThreadHost() override {
    Status removed = io::make_backend(backend_)->runtime().disk().remove_tree(dir_);
    EXPECT_TRUE(removed.ok());
  }
  std::string dir() override { return dir_; }
  void closed(const LogSetOptions& options, const Body& body) override {
    auto backend = io::make_backend(backend_);
    Life life = begin(*backend, options);
    if (!life.set) return;
    body(life);
    life.set->check_invariants();
    life.close();
  }
  void killed(const LogSetOptions& options, const Body& body) override {
    pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      auto backend = io::make_backend(backend_);
      Life life = begin(*backend, options);
      if (life.set) body(life);
      if (life.set) life.set->check_invariants();
      (void)backend->runtime().disk().remove_tree(backend->dir()).ok();
      ::_exit(::testing::Test::HasFailure() ? 1 : 0);  // no destructor runs: whatever was under way stays as it is
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "the life that was to be killed failed, see above";
  }

 private:
  static Life begin(io::Backend& backend, const LogSetOptions& options) {
    Life life(backend.runtime(), [&backend](const std::function<bool()>& pred) { return backend.run_until(pred); });
    Status opened = life.open(options);
    EXPECT_TRUE(opened.ok()) << opened.error().message();
    return life;
  }
  std::string backend_;
  std::string dir_;
};

}  // namespace

std::unique_ptr<LogHostMachine> make_log_host(const std::string& backend) {
  if (backend == "sim") return std::make_unique<SimHost>();
  if (!io::make_backend(backend)) return nullptr;
  return std::make_unique<ThreadHost>(backend);
}

}  // namespace weir::log
