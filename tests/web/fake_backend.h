#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "web/backend.h"

namespace weir::web {

/// A backend whose views the test sets. Answers in the call itself unless told to hold the answers back.
class FakeBackend final : public Backend {
 public:
  bool ready() override { return is_ready; }
  void metrics(std::function<void(std::string)> done) override {
    done("# TYPE weir_build_info gauge\nweir_build_info 1\n");
  }

  void poll_cluster(ViewCallback<ClusterView> done) override {
    ++cluster_polls;
    std::lock_guard lock(mutex);
    if (hold) return held.push_back(std::move(done));
    done(cluster ? Result<std::shared_ptr<const ClusterView>>(cluster)
                 : Error(ErrorCode::leader_not_available, "test"));
  }
  void poll_groups(ViewCallback<GroupsView> done) override { done(std::make_shared<const GroupsView>(groups)); }
  void poll_jobs(ViewCallback<JobsView> done) override { done(std::make_shared<const JobsView>(jobs)); }
  void set_series_sink(std::shared_ptr<SeriesSink> s) override { sink = std::move(s); }
  void command(Command command, std::function<void(Result<std::string>)> done) override {
    std::lock_guard lock(mutex);
    commands.push_back(command);
    if (command.name == "missing") return done(Error(ErrorCode::not_found, "test", "missing"));
    done(std::string("done"));
  }
  void set_cluster(ClusterView view) {
    std::lock_guard lock(mutex);
    cluster = std::make_shared<const ClusterView>(std::move(view));
  }

  std::atomic<bool> is_ready{true};
  std::atomic<int> cluster_polls{0};
  std::mutex mutex;
  bool hold = false;
  std::vector<ViewCallback<ClusterView>> held;
  std::shared_ptr<const ClusterView> cluster = std::make_shared<const ClusterView>(sample(100));
  GroupsView groups{7, {{.group_id = "payments", .type = "classic", .state = "Stable"}}};
  JobsView jobs{7, {{.name = "web_metrics", .state = "running", .sql = "INSERT INTO \"x\""}}};
  std::shared_ptr<SeriesSink> sink;
  std::vector<Command> commands;

  /// Two nodes; topic "orders" with two partitions, the second under-replicated, log ends at `log_end`.
  static ClusterView sample(Offset log_end) {
    ClusterView view;
    view.cluster_id = "c1";
    view.local_node = 1;
    view.time_ms = 1000 + log_end;
    view.nodes = {{.id = 1, .host = "127.0.0.1", .port = 9092, .alive = true},
                  {.id = 2, .host = "127.0.0.1", .port = 9093, .alive = false}};
    view.quorum = {
        .leader = 1, .epoch = 3, .high_watermark = 10, .voters = {{.id = 1, .log_end_offset = 10, .lag = 0}}};
    view.topics = {{.name = "orders", .partitions = 2, .replication_factor = 2, .min_insync_replicas = 1}};
    PartitionView p{.topic = "orders",
                    .partition = 0,
                    .leader = 1,
                    .leader_epoch = 4,
                    .replicas = {1, 2},
                    .isr = {1, 2},
                    .log_start = 0,
                    .high_watermark = log_end,
                    .log_end = log_end};
    p.replica_states = {{.broker = 1, .log_end = log_end, .in_sync = true, .lag = 0},
                        {.broker = 2, .log_end = log_end, .in_sync = true}};
    view.partitions.push_back(p);
    p.partition = 1;
    p.isr = {1};
    p.replica_states = {{.broker = 1, .log_end = 7, .in_sync = true, .lag = 0}, {.broker = 2}};
    p.log_end = p.high_watermark = 7;
    view.partitions.push_back(p);
    view.events = {{.seq = 1, .time_ms = 900, .kind = EventKind::isr_shrink, .text = "orders-1: 2 left the ISR"}};
    return view;
  }
};

inline SeriesTable sample_table(std::string job = "web_metrics") {
  return {job, "service_metrics", "service-metrics", {"service"}, {"requests", "p95_ms"}};
}
inline SeriesRow sample_row(std::string service, WallMillis start, double requests, std::string job = "web_metrics") {
  return {job, "service_metrics", {std::move(service)}, start, start + 1000, {requests, std::nullopt}};
}

}  // namespace weir::web
