#pragma once
#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "base/io/runtime.h"
#include "base/wire/messages/weir_node_view.h"
#include "broker/node.h"
#include "web/backend.h"

namespace weir::main {

class JobHost;

/// What the web server shows of this node: views are built on the shard's thread, only when somebody asks.
class WebBackend final : public web::Backend, public replication::MetadataListener {
 public:
  WebBackend(io::Runtime& runtime, broker::Node& node, JobHost& jobs);

  void set_ready() { ready_ = true; }
  void set_http_url(std::string url) { http_url_ = std::move(url); }

  bool ready() override { return ready_; }
  void metrics(std::function<void(std::string)> done) override;
  void poll_cluster(web::ViewCallback<web::ClusterView> done) override;
  void poll_groups(web::ViewCallback<web::GroupsView> done) override;
  void poll_jobs(web::ViewCallback<web::JobsView> done) override;
  void set_series_sink(std::shared_ptr<web::SeriesSink> sink) override;
  void command(web::Command command, std::function<void(Result<std::string>)> done) override;

  void on_metadata(const replication::ImagePtr& image, const replication::MetadataDelta& delta) override;

 private:
  using NodeState = wire::WeirNodeViewResponse;
  /// What this node knows of itself.
  NodeState local_state();
  /// Asks the other live nodes, then builds from all answers that came in time; what a node said shortly before stands
  /// in for one that is late.
  void gather(std::function<void()> then);
  web::ClusterView cluster_view();
  web::GroupsView groups_view();
  using Said = std::vector<std::pair<BrokerId, const NodeState::PartitionState*>>;  // of one partition, by the node
                                                                                    // that said it
  using AllSaid = std::map<TopicPartition, Said>;
  void add_partition(web::ClusterView& view, const std::string& topic, size_t index,
                     const replication::PartitionImage& image, const AllSaid& all);
  /// The topics of the newest metadata, made anew only when that moved.
  const std::vector<web::TopicView>& topics();
  std::string metrics_text();
  void note_changes(const replication::MetadataImage& before, const replication::MetadataImage& after);
  void event(web::EventKind kind, std::string text, std::optional<std::string> topic = {},
             std::optional<PartitionId> partition = {}, std::optional<BrokerId> node = {});

  io::Runtime& runtime_;
  broker::Node& node_;
  JobHost& jobs_;
  std::atomic<bool> ready_{false};
  std::string http_url_;
  MonoTime started_;
  replication::ImagePtr image_;
  replication::ImagePtr topics_of_;
  std::vector<web::TopicView> topics_;
  std::deque<web::EventView> events_;
  uint64_t next_event_ = 1;

  struct Heard {
    NodeState state;
    MonoTime at;
  };
  std::map<BrokerId, Heard> states_;
  /// Rates come from two looks at counters that lie at least kRateSpan apart.
  struct PartitionCounters {
    Offset log_end = 0;
    uint64_t bytes = 0;      // of the log
    uint64_t bytes_out = 0;  // to consumers
  };
  struct Counters {
    MonoTime at;
    double cpu_s = 0;
    uint64_t requests = 0;
    std::map<TopicPartition, PartitionCounters> partitions;
  };
  Counters counters_, before_;
};

}  // namespace weir::main
