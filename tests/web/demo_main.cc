// weir_web_demo: the real web server over an invented cluster, for work on the dashboard and for its browser test.
//   weir_web_demo [--port N] [--empty] [--calm] [--partitions N]
// Prints its URL, runs until stdin closes or SIGINT. Commands on stdin: "kill N", "start N", "row" (one result row at
// once), "quit".
#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <mutex>
#include <random>
#include <thread>

#include "web/server.h"

namespace weir::web {
namespace {

int64_t wall_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

constexpr const char* kJobSql =
    "CREATE TABLE requests (\n"
    "  ts BIGINT, service STRING, endpoint STRING, status INT, duration_ms BIGINT,\n"
    "  et AS TO_TIMESTAMP_LTZ(ts, 3),\n"
    "  WATERMARK FOR et AS et - INTERVAL '1' SECOND\n"
    ") WITH ('connector' = 'kafka', 'topic' = 'requests', 'format' = 'json');\n\n"
    "INSERT INTO service_metrics\n"
    "SELECT window_start, window_end, service,\n"
    "       COUNT(*) AS requests,\n"
    "       COUNT(*) FILTER (WHERE status < 400) AS success,\n"
    "       COUNT(*) FILTER (WHERE status >= 400) AS errors,\n"
    "       AVG(duration_ms) AS avg_ms,\n"
    "       PERCENTILE(duration_ms, 0.95) AS p95_ms\n"
    "FROM TABLE(TUMBLE(TABLE requests, DESCRIPTOR(et), INTERVAL '2' SECOND))\n"
    "GROUP BY window_start, window_end, service";
constexpr int64_t kWindowMs = 2000;

struct Service {
  const char* name;
  double rate, latency, error_ratio, phase;
};
constexpr Service kServices[] = {
    {"checkout", 420, 38, 0.004, 0.0}, {"search", 910, 21, 0.002, 1.1},    {"inventory", 310, 14, 0.001, 2.0},
    {"payments", 180, 74, 0.011, 3.1}, {"recommend", 560, 29, 0.003, 4.4},
};

class DemoBackend final : public Backend {
 public:
  DemoBackend(bool empty, bool calm, int partitions) : empty_(empty), calm_(calm) {
    started_ms_ = wall_ms();
    if (empty_) return;
    add_topic("requests", 6, false);
    add_topic("orders", partitions, false);
    add_topic("service_metrics", 3, false);
    add_topic("__consumer_offsets", 8, true);
    event(EventKind::node_up, "Node 1 joined");
    event(EventKind::node_up, "Node 2 joined");
    event(EventKind::node_up, "Node 3 joined");
    event(EventKind::controller_change, "Node 1 is the controller (epoch 12)");
    event(EventKind::topic_created, "Topic requests created: 6 partitions, 3 replicas");
  }

  bool ready() override { return true; }
  void metrics(std::function<void(std::string)> done) override {
    done(
        "# HELP weir_build_info The version of this binary.\n# TYPE weir_build_info "
        "gauge\nweir_build_info{version=\"0.1.0\",backend=\"io_uring\"} 1\n");
  }
  void poll_cluster(ViewCallback<ClusterView> done) override {
    std::lock_guard lock(mutex_);
    done(std::make_shared<const ClusterView>(cluster()));
  }
  void poll_groups(ViewCallback<GroupsView> done) override {
    std::lock_guard lock(mutex_);
    done(std::make_shared<const GroupsView>(groups()));
  }
  void poll_jobs(ViewCallback<JobsView> done) override {
    std::lock_guard lock(mutex_);
    done(std::make_shared<const JobsView>(jobs()));
  }
  void set_series_sink(std::shared_ptr<SeriesSink> sink) override {
    std::lock_guard lock(mutex_);
    sink_ = std::move(sink);
    if (!sink_ || empty_) return;
    sink_->table({"web_metrics",
                  "service_metrics",
                  "service_metrics",
                  {"service"},
                  {"requests", "success", "errors", "avg_ms", "p95_ms", "throughput", "error_rate"}});
    int64_t now = wall_ms() / kWindowMs * kWindowMs;
    for (int64_t start = now - 15 * 60 * 1000; start < now; start += kWindowMs) push_window(start);
  }
  void command(Command command, std::function<void(Result<std::string>)> done) override {
    done("took " + command.name);
  }

  void step(double seconds) {
    std::lock_guard lock(mutex_);
    if (empty_) return;
    for (auto& p : partitions_) {
      bool internal = p.topic[0] == '_';
      double rate = internal ? 12
                    : p.topic == "service_metrics"
                        ? 2
                        : (p.topic == "orders" ? 350 : 420) * (1 + 0.3 * std::sin(clock_ / 7 + p.partition));
      if (p.leader && p.isr.size() >= 2)
        p.log_end = *p.log_end + static_cast<int64_t>(rate * seconds * (0.7 + 0.6 * uniform()) + uniform());
      p.records_in_rate = rate * (0.95 + 0.1 * uniform());
      p.bytes_in_rate = *p.records_in_rate * 112;
      p.bytes_out_rate = *p.bytes_in_rate * 2;
      p.size_bytes = (*p.log_end - *p.log_start) * 112;
      for (auto& r : p.replica_states) {
        bool up = alive_[r.broker - 1];
        if (up) {
          int64_t behind = *p.log_end - *r.log_end;
          bool catching_up = behind > 4000;
          r.log_end = r.broker == p.leader
                          ? *p.log_end
                          : *r.log_end + (catching_up ? behind / 12 + 1500
                                                      : std::max<int64_t>(
                                                            0, behind - static_cast<int64_t>(uniform() * rate * 0.05)));
          r.log_end = std::min(*r.log_end, *p.log_end);
        }
        r.lag = *p.log_end - *r.log_end;
        if (!up && r.in_sync) leave(p, r);
        if (up && !r.in_sync && *r.lag < 200) join(p, r);
        r.lag_ms = *r.lag < 200 ? 0 : r.lag_ms.value_or(0) + static_cast<int64_t>(seconds * 1000);
      }
      Offset high_watermark = *p.log_end;
      for (auto& r : p.replica_states) {
        if (r.in_sync) high_watermark = std::min(high_watermark, *r.log_end);
      }
      p.high_watermark = std::max(*p.high_watermark, high_watermark);
    }
    clock_ += seconds;
    quorum_end_ += uniform() < 0.3;
    if (!calm_) faults();
    int64_t window = (wall_ms() - 300) / kWindowMs * kWindowMs - kWindowMs;
    if (sink_ && window > last_window_) push_window(window);
  }

  void kill(BrokerId id) {
    std::lock_guard lock(mutex_);
    set_alive(id, false);
  }
  void start(BrokerId id) {
    std::lock_guard lock(mutex_);
    set_alive(id, true);
  }
  void row() {
    std::lock_guard lock(mutex_);
    if (sink_) push_window(last_window_ + kWindowMs);
  }

 private:
  double uniform() { return std::uniform_real_distribution<double>(0, 1)(random_); }

  void add_topic(const char* name, int partitions, bool internal) {
    topics_.push_back({.name = name,
                       .topic_id = "Qm3x0yZcTSe5n8Wl1aBv7w",
                       .internal = internal,
                       .partitions = partitions,
                       .replication_factor = 3,
                       .retention_ms = internal ? -1 : 604800000,
                       .retention_bytes = -1,
                       .cleanup_policy = internal ? "compact" : "delete",
                       .flush_policy = "ack",
                       .min_insync_replicas = 2});
    for (int i = 0; i < partitions; ++i) {
      PartitionView p{.topic = name,
                      .partition = i,
                      .leader = i % 3 + 1,
                      .leader_epoch = 3,
                      .replicas = {i % 3 + 1, (i + 1) % 3 + 1, (i + 2) % 3 + 1}};
      p.isr = p.replicas;
      p.log_start = 0;
      p.log_end = p.high_watermark = internal ? 800 + i : 180'000 + static_cast<int64_t>(uniform() * 40'000);
      for (BrokerId b : p.replicas)
        p.replica_states.push_back({.broker = b, .log_end = p.log_end, .in_sync = true, .lag = 0, .lag_ms = 0});
      partitions_.push_back(p);
    }
  }

  void event(EventKind kind, std::string text, const PartitionView* p = nullptr) {
    EventView e{.seq = next_event_++, .time_ms = wall_ms(), .kind = kind, .text = std::move(text)};
    if (p) e.topic = p->topic, e.partition = p->partition;
    events_.push_back(std::move(e));
    if (events_.size() > 200) events_.erase(events_.begin());
  }

  static std::string name_of(const PartitionView& p) { return p.topic + "-" + std::to_string(p.partition); }

  void leave(PartitionView& p, ReplicaView& r) {
    r.in_sync = false;
    std::erase(p.isr, r.broker);
    event(EventKind::isr_shrink, name_of(p) + ": node " + std::to_string(r.broker) + " left the ISR", &p);
    if (p.leader == r.broker) {
      p.leader = p.isr.empty() ? std::nullopt : std::optional<BrokerId>(p.isr[0]);
      ++p.leader_epoch;
      event(EventKind::leader_change,
            name_of(p) + ": leader " + std::to_string(r.broker) + " → " + std::to_string(*p.leader) + " (epoch " +
                std::to_string(p.leader_epoch) + ")",
            &p);
    }
  }

  void join(PartitionView& p, ReplicaView& r) {
    r.in_sync = true;
    p.isr.push_back(r.broker);
    event(EventKind::isr_expand, name_of(p) + ": node " + std::to_string(r.broker) + " is back in the ISR", &p);
    if (p.replicas[0] == r.broker) p.leader = r.broker, ++p.leader_epoch;
  }

  void set_alive(BrokerId id, bool alive) {
    if (id < 1 || id > 3 || alive_[id - 1] == alive) return;
    alive_[id - 1] = alive;
    event(alive ? EventKind::node_up : EventKind::node_down,
          "Node " + std::to_string(id) + (alive ? " is back" : " is down"));
  }

  void faults() {
    double t = std::fmod(clock_, 40);
    set_alive(3, !(t > 20 && t < 29));
  }

  void push_window(int64_t start) {
    last_window_ = start;
    std::vector<SeriesRow> rows;
    double t = static_cast<double>(start) / 1000;
    for (const auto& s : kServices) {
      double wave = 1 + 0.25 * std::sin(t / 95 + s.phase) + 0.1 * std::sin(t / 17 + s.phase * 2) +
                    0.05 * (uniform() - 0.5);
      double spike = std::strcmp(s.name, "payments") == 0 && std::fmod(t, 300) > 250 ? 3.2 : 1;
      double requests = std::floor(s.rate * wave * kWindowMs / 1000);
      double errors = std::floor(requests * s.error_ratio * spike * (0.5 + uniform()));
      double avg = s.latency * (0.9 + 0.15 * wave) * (1 + (spike - 1) * 0.3) * (0.97 + 0.06 * uniform());
      rows.push_back({"web_metrics",
                      "service_metrics",
                      {s.name},
                      start,
                      start + kWindowMs,
                      {requests, requests - errors, errors, avg, avg * (2.1 + 0.3 * uniform()),
                       requests * 1000 / kWindowMs, requests > 0 ? errors / requests : 0}});
    }
    sink_->rows(std::move(rows));
  }

  ClusterView cluster() {
    ClusterView view;
    view.cluster_id = "4L6g3nShT-eMCtK--X86sw";
    view.local_node = 1;
    view.time_ms = wall_ms();
    int count = empty_ ? 1 : 3;
    for (BrokerId id = 1; id <= count; ++id) {
      bool up = alive_[id - 1];
      NodeView n{.id = id,
                 .host = "127.0.0.1",
                 .port = 19091 + id,
                 .http = "http://127.0.0.1:" + std::to_string(8080 + id),
                 .alive = up,
                 .fenced = !up,
                 .controller = id == 1,
                 .voter = true};
      n.disk_total_bytes = 64LL << 30;
      n.disk_used_bytes = 410LL << 20;
      n.disk_free_bytes = 41LL << 30;
      n.io_backend = "io_uring";
      n.version = "0.1.0";
      n.leaders = static_cast<int32_t>(
          std::count_if(partitions_.begin(), partitions_.end(), [&](const auto& p) { return p.leader == id; }));
      n.replicas = static_cast<int32_t>(partitions_.size());
      if (up) {
        n.rss_bytes = (38LL << 20) + static_cast<int64_t>(uniform() * (2 << 20));
        n.cpu_ratio = empty_ ? 0.002 : 0.11 + 0.03 * uniform();
        n.uptime_ms = view.time_ms - started_ms_ + 600000;
        n.bytes_in_rate = empty_ ? 0 : 220'000 + 20'000 * uniform();
        n.bytes_out_rate = empty_ ? 0 : 440'000 + 20'000 * uniform();
        n.requests_rate = empty_ ? 0 : 800 + 50 * uniform();
        n.produce_p99_ms = 1.4 + uniform() * 0.4;
        n.sync_p99_ms = 0.4 + uniform() * 0.1;
        n.connections = 6;
      }
      view.nodes.push_back(n);
    }
    view.quorum = {.leader = 1, .epoch = 12, .high_watermark = quorum_end_};
    for (BrokerId id = 1; id <= count; ++id) {
      bool up = alive_[id - 1];
      if (up) voter_end_[id - 1] = quorum_end_;
      view.quorum.voters.push_back(
          {.id = id, .log_end_offset = voter_end_[id - 1], .lag = quorum_end_ - voter_end_[id - 1]});
    }
    view.topics = topics_;
    view.partitions = partitions_;
    view.events = events_;
    return view;
  }

  GroupsView groups() {
    GroupsView view{.time_ms = wall_ms()};
    if (empty_) return view;
    GroupView g{.group_id = "billing",
                .type = "classic",
                .state = "Stable",
                .protocol = "cooperative-sticky",
                .coordinator = 2,
                .generation = 7};
    GroupView h{.group_id = "search-indexer",
                .type = "consumer",
                .state = "Stable",
                .protocol = "uniform",
                .coordinator = 1,
                .generation = 3};
    GroupView e{.group_id = "nightly-export",
                .type = "classic",
                .state = "Empty",
                .protocol = "",
                .coordinator = 3,
                .generation = 41};
    for (auto* group : {&g, &h, &e}) {
      int members = group == &e ? 0 : group == &g ? 2 : 3;
      for (int m = 0; m < members; ++m) {
        group->members.push_back({group->group_id + "-member-" + std::to_string(m + 1), group->group_id, "/127.0.0.1",
                                  std::nullopt, 6 / members});
      }
      for (const auto& p : partitions_) {
        if (p.topic != (group == &h ? "requests" : "orders")) continue;
        GroupOffsetView o{.topic = p.topic, .partition = p.partition, .log_end = p.log_end};
        if (group != &e || p.partition < 3) {
          o.lag = group == &e ? 52'000 : static_cast<int64_t>(uniform() * (group == &h ? 40 : 900));
          o.committed = *p.log_end - *o.lag;
          o.lag_ms = *o.lag * 3;
          group->lag = group->lag.value_or(0) + *o.lag;
          group->lag_ms = std::max(group->lag_ms.value_or(0), *o.lag_ms);
        }
        if (members) o.member_id = group->members[static_cast<size_t>(p.partition % members)].member_id;
        group->offsets.push_back(o);
      }
      view.groups.push_back(*group);
    }
    return view;
  }

  JobsView jobs() {
    JobsView view{.time_ms = wall_ms()};
    if (empty_) return view;
    JobView j{.name = "web_metrics", .state = "running", .sql = kJobSql, .output_topic = "service_metrics"};
    int64_t total = 0;
    for (const auto& p : partitions_) {
      if (p.topic != "requests") continue;
      total += *p.log_end;
      j.inputs.push_back({p.topic, p.partition, *p.high_watermark, static_cast<int64_t>(uniform() * 12),
                          view.time_ms - 1100 - static_cast<int64_t>(uniform() * 200), false});
    }
    j.watermark_ms = view.time_ms - 1300;
    j.started_ms = started_ms_;
    j.rows_in = total;
    j.rows_out = 5 * (view.time_ms - started_ms_ + 900'000) / kWindowMs;
    j.rows_in_rate = 2380 + 60 * uniform();
    j.rows_out_rate = 2.5;
    j.late_rows = 3;
    j.dropped_rows = 0;
    j.state_bytes = 41'000;
    j.state_keys = 10;
    j.checkpoints = (view.time_ms - started_ms_) / 1000;
    j.last_checkpoint_ms = view.time_ms / 1000 * 1000;
    j.checkpoint_duration_ms = 1.8;
    j.emit_p50_ms = 4.1;
    j.emit_p99_ms = 17.5;
    j.guarantee = "exactly_once";
    view.jobs.push_back(j);
    JobView failed{.name = "broken_totals",
                   .state = "failed",
                   .error = "orders: column 'amount' is STRING, SUM needs a number (line 3, column 8)",
                   .sql = "INSERT INTO totals\nSELECT window_start, window_end,\n       SUM(amount)\nFROM …",
                   .output_topic = "totals"};
    view.jobs.push_back(failed);
    return view;
  }

  const bool empty_, calm_;
  std::mutex mutex_;
  std::mt19937_64 random_{7};
  std::shared_ptr<SeriesSink> sink_;
  std::vector<TopicView> topics_;
  std::vector<PartitionView> partitions_;
  std::vector<EventView> events_;
  bool alive_[3] = {true, true, true};
  Offset voter_end_[3] = {};
  Offset quorum_end_ = 4210;
  uint64_t next_event_ = 1;
  int64_t last_window_ = 0, started_ms_ = 0;
  double clock_ = 0;
};

int run(int argc, char** argv) {
  bool empty = false, calm = false;
  int partitions = 6;
  uint16_t port = 0;
  for (int i = 1; i < argc; ++i) {
    if (!std::strcmp(argv[i], "--empty"))
      empty = true;
    else if (!std::strcmp(argv[i], "--calm"))
      calm = true;
    else if (!std::strcmp(argv[i], "--port") && i + 1 < argc)
      port = static_cast<uint16_t>(std::atoi(argv[++i]));
    else if (!std::strcmp(argv[i], "--partitions") && i + 1 < argc)
      partitions = std::atoi(argv[++i]);
    else
      return std::fprintf(stderr, "unknown argument %s\n", argv[i]), 2;
  }
  DemoBackend backend(empty, calm, partitions);
  WebServer server;
  if (auto status = server.start({{"127.0.0.1", port}}, backend); !status.ok()) {
    return std::fprintf(stderr, "%s\n", status.error().message().c_str()), 1;
  }
  std::printf("{\"event\":\"ready\",\"http\":\"http://127.0.0.1:%u\"}\n", server.endpoints()[0].port);
  std::fflush(stdout);

  std::mutex mutex;
  std::condition_variable wake;
  bool ended = false;
  std::thread world([&] {
    std::unique_lock lock(mutex);
    while (!wake.wait_for(lock, std::chrono::milliseconds(100), [&] { return ended; })) backend.step(0.1);
  });
  for (std::string line; std::getline(std::cin, line) && line != "quit";) {
    if (line.starts_with("kill ")) backend.kill(std::atoi(line.c_str() + 5));
    if (line.starts_with("start ")) backend.start(std::atoi(line.c_str() + 6));
    if (line == "row") backend.row();
  }
  {
    std::lock_guard lock(mutex);
    ended = true;
  }
  wake.notify_one();
  world.join();
  server.stop();
  return 0;
}

}  // namespace
}  // namespace weir::web

int main(int argc, char** argv) { return weir::web::run(argc, argv); }
