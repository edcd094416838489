#pragma once
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "base/util/flatten.h"
#include "base/wire/record_batch.h"
#include "log/log_set.h"
#include "log/log_set_impl.h"
#include "tests/sim/sim_node.h"
#include "tests/sim/sim_runtime.h"
#include "tests/sim/sim_world.h"

namespace weir::log {

struct BatchSpec {
  int records = 1;
  WallMillis timestamp = 1'700'000'000'000;
  ProducerId producer_id = kNoProducerId;
  ProducerEpoch producer_epoch = 0;
  int32_t sequence = -1;
  bool transactional = false;
  size_t value_size = 20;
  wire::Compression compression = wire::Compression::none;
  bool keys = true;
  char fill = 'v';
};

inline Buffer make_batch(const BatchSpec& spec, Offset base_offset = 0, LeaderEpoch epoch = kNoLeaderEpoch) {
  wire::RecordBatchBuilder::Options o;
  o.compression = spec.compression;
  o.base_offset = base_offset;
  o.leader_epoch = epoch;
  if (spec.producer_id >= 0)
    o.producer_id = spec.producer_id, o.producer_epoch = spec.producer_epoch, o.base_sequence = spec.sequence;
  o.transactional = spec.transactional;
  wire::RecordBatchBuilder builder(o);
  std::string value(spec.value_size, spec.fill);
  for (int i = 0; i < spec.records; ++i) {
    std::string key = "k" + std::to_string(i);
    builder.append(spec.timestamp + i, spec.keys ? std::optional<ConstBytes>(as_bytes(key)) : std::nullopt,
                   as_bytes(value));
  }
  return builder.build();
}

inline Buffer make_marker(ProducerId id, ProducerEpoch epoch, bool commit, int32_t coordinator_epoch = 0) {
  wire::RecordBatchBuilder::Options o;
  o.producer_id = id, o.producer_epoch = epoch, o.transactional = true, o.control = true;
  wire::RecordBatchBuilder builder(o);
  uint8_t value[6] = {};
  store_be<int32_t>(value + 2, coordinator_epoch);
  builder.append_control(commit ? wire::ControlType::commit : wire::ControlType::abort, 1'700'000'000'000, value);
  return builder.build();
}

/// One piece of bytes of its own, whatever the parts are.
inline Buffer concat(const BufferChain& parts) { return Buffer::copy_of(flatten(parts)); }

struct RecordingListener : LogListener {
  void on_durable(Offset durable) override { calls.push_back(durable); }
  void on_storage_failed(const Error& error) override { failures.push_back(error.code); }
  std::vector<Offset> calls;
  std::vector<ErrorCode> failures;
};

/// A LogSet on one simulated node; `dir` empty: memory only.
class SimLogs {
 public:
  explicit SimLogs(std::string dir = {}, uint64_t seed = 0) {
    options.dir = std::move(dir);
    options.free_bytes_floor = 0;
    config.message_timestamp_after_max_ms = INT64_MAX;
    if (seed == 0) {
      world = sim::SimWorld::single();
      runtime = &world->runtime();
    } else {
      world = std::make_unique<sim::SimWorld>(seed);
      runtime = &world->add_node("10.0.0.1").start_shard();
    }
  }
  ~SimLogs() {
    if (set) world->node(0).kill();
    set.reset();
  }
  Status open() {
    report = {};
    auto opened = LogSet::open(*runtime, options, report);
    if (!opened) return opened.error();
    set = std::move(*opened);
    return {};
  }
  PartitionLog& make(const std::string& topic = "t", PartitionId partition = 0) {
    auto log = set->create({topic, partition}, Uuid::from_random(std::hash<std::string>()(topic) | 1, 7), config);
    EXPECT_TRUE(log.ok()) << log.error().message();
    return **log;
  }
  PartitionLog& log(const std::string& topic = "t", PartitionId partition = 0) {
    return *set->find({topic, partition});
  }
  void run(Duration d = std::chrono::milliseconds(20)) { world->run_for(d); }
  /// Ends the process (power: and loses what is not synced), then starts a new one and opens again.
  Status crash(bool power) {
    sim::SimNode& node = world->node(0);
    if (power)
      node.power_off();
    else
      node.kill();
    set.reset();
    runtime = &node.start_shard();
    return open();
  }
  /// Ends the process in order and starts a new one, whose disk a test may damage before it opens.
  void close() {
    bool closed = false;
    set->close([&](Status s) {
      closed = true;
      EXPECT_TRUE(s.ok());
    });
    world->run_for(std::chrono::seconds(2));
    EXPECT_TRUE(closed);
    world->node(0).power_off();
    set.reset();
    runtime = &world->node(0).start_shard();
  }
  Status close_and_reopen() {
    close();
    return open();
  }
  Result<ReadResult> read(PartitionLog& l, ReadRequest request) {
    std::optional<Result<ReadResult>> out;
    l.read(request, [&](Result<ReadResult> r) { out.emplace(std::move(r)); });
    for (int i = 0; i < 1000 && !out; ++i) world->run_for(std::chrono::milliseconds(1));
    EXPECT_TRUE(out.has_value()) << "the read never ended";
    return out ? std::move(*out) : Result<ReadResult>(ErrorCode::request_timed_out);
  }
  /// All batches of the log, in one piece; "" on failure.
  std::string content(PartitionLog& l) {
    std::string out;
    Offset at = l.log_start_offset();
    while (at < l.log_end_offset()) {
      auto r = read(l, {at, INT64_MAX, 300'000, true});
      EXPECT_TRUE(r.ok()) << r.error().message();
      if (!r || r->batches.empty()) break;
      for (const Buffer& b : r->batches) out.append(reinterpret_cast<const char*>(b.data()), b.size());
      EXPECT_GT(r->next_offset, at);
      if (r->next_offset <= at) break;
      at = r->next_offset;
    }
    return out;
  }

  LogSetOptions options;
  LogConfig config;
  RecoveryReport report;
  std::unique_ptr<sim::SimWorld> world;
  sim::SimRuntime* runtime = nullptr;
  std::unique_ptr<LogSet> set;
};

}  // namespace weir::log
