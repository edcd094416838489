#include "broker/node.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/util/check.h"
#include "base/util/diag.h"
#include "broker/api/dispatch.h"
#include "broker/fetch/fetch_handler.h"
#include "broker/group/group_coordinator.h"
#include "broker/listen_plan.h"
#include "broker/log_dir.h"
#include "broker/net/listener.h"
#include "broker/net/peer_client.h"
#include "broker/suspects.h"
#include "broker/topic_creator.h"
#include "broker/topic_settings.h"

namespace weir::broker {
namespace {

using std::chrono::milliseconds;

constexpr Duration kTick{1'000'000'000};
constexpr Duration kShutdownMax{5'000'000'000};
constexpr size_t kGiveBackFrom = 256 << 20;
constexpr int kTicksAtRest = 10;

class NodeImpl final : public Node, public replication::MetadataListener {
 public:
  NodeImpl(io::Runtime& runtime, NodeOptions options)
      : runtime_(runtime),
        options_(std::move(options)),
        waiter_(runtime),
        topics_(runtime),
        memory_(static_cast<size_t>(options_.config.weir_request_memory_bytes), answer_bytes(options_)),
        groups_(runtime, options_.config),
        tick_([this] { tick(); }) {
    limits_.request_bytes_max = static_cast<size_t>(options_.config.socket_request_max_bytes);
    for (SharedBytes* bytes : {&memory_.requests.bytes, &memory_.answers.bytes, &memory_.peer_answers.bytes})
      bytes->on_room = [this] { go_on_soon(); };
  }

  ~NodeImpl() override {
    closing_ = true;
    peers_.close();
    for (auto& l : listeners_) l->close();
  }

  Status open();

  Status start(std::function<void()> ready) override {
    on_ready_ = std::move(ready);
    quorum_->on_unfenced([this] { become_ready(); });
    quorum_->on_broker_epoch([this](BrokerEpoch epoch) { replicas_->set_broker_epoch(epoch); });
    quorum_->add_listener(*replicas_);
    quorum_->add_listener(*this);
    TRY(quorum_->start());
    runtime_.arm_in(tick_, kTick);
    return {};
  }

  void stop(std::function<void(Status)> done) override {
    runtime_.disarm(tick_);
    quorum_->stop(kShutdownMax, [this, done = std::move(done)] {
      closing_ = true;
      for (auto& l : listeners_) l->close();
      peers_.close();
      logs_->close(done);
    });
  }

  Services& services() override { return *services_; }
  const log::RecoveryReport& recovery() const override { return recovery_; }
  bool ready() const override { return ready_; }
  uint64_t requests() const override { return dispatcher_->requests(); }
  size_t connection_count() const override {
    size_t n = 0;
    for (const auto& l : listeners_) n += l->connection_count();
    return n;
  }
  std::vector<replication::ListenerImage> listeners() const override {
    std::vector<replication::ListenerImage> out;
    for (const auto& l : listeners_) out.push_back({l->name(), l->endpoint()});
    return out;
  }

  /// Replicas have applied the image already: they were added first.
  void on_metadata(const replication::ImagePtr& image, const replication::MetadataDelta& delta) override {
    for (const auto& [name, id] : delta.deleted_topics) groups_.on_topic_deleted(name);
    waiter_.on_image(*image);
    suspects_.on_image(image);
  }

 private:
  Status open_listeners(std::vector<replication::ListenerImage>& advertised);
  replication::QuorumNodeOptions quorum_options(std::vector<replication::ListenerImage> advertised) const;

  static size_t answer_bytes(const NodeOptions& o) {
    const int64_t set = o.config.weir_answer_memory_bytes;
    return set > 0 ? static_cast<size_t>(set) : default_answer_memory(o.machine_memory_bytes);
  }

  /// Connections that had stopped for want of memory take requests again.
  void go_on_soon() {
    if (go_on_planned_ || closing_) return;
    go_on_planned_ = true;
    runtime_.defer([this] {
      go_on_planned_ = false;
      for (auto& l : listeners_) l->go_on();
    });
  }

  /// Freed memory is kept for what comes next, but not what many slow clients had taken together.
  void give_back_memory() {
    SharedBytes &answers = memory_.answers.bytes, &requests = memory_.requests.bytes;
    const size_t peak = std::max(answers.peak(), requests.peak());
    ticks_at_rest_ = answers.used() + requests.used() < peak / 8 ? ticks_at_rest_ + 1 : 0;
    if (peak < kGiveBackFrom || ticks_at_rest_ < kTicksAtRest) return;
    answers.forget_peak();
    requests.forget_peak();
    if (options_.give_back_memory) options_.give_back_memory();
  }

  void become_ready() {
    if (ready_) return;
    ready_ = true;
    dispatcher_->set_ready();
    if (on_ready_) std::exchange(on_ready_, nullptr)();
  }

  void tick() {
    logs_->tick();
    groups_.tick();
    for (auto& l : listeners_) l->close_idle(runtime_.now() - milliseconds(options_.config.connections_max_idle_ms));
    memory_.answers.close_stalled(runtime_.now());
    memory_.peer_answers.close_stalled(runtime_.now());
    give_back_memory();
    runtime_.arm_in(tick_, kTick);
  }

  io::Runtime& runtime_;
  NodeOptions options_;
  MetadataWaiter waiter_;
  TopicCreator topics_;
  ProducerIds producer_ids_;
  NetMemory memory_;
  int ticks_at_rest_ = 0;
  bool go_on_planned_ = false, closing_ = false;
  ConnectionLimits limits_;
  log::RecoveryReport recovery_;
  std::unique_ptr<log::LogSet> logs_;
  PeerClient peers_{runtime_};
  Suspects suspects_{runtime_, peers_};
  std::unique_ptr<replication::QuorumNode> quorum_;
  std::unique_ptr<replication::ReplicaManager> replicas_;
  std::unique_ptr<FetchHandler> fetch_;
  GroupCoordinator groups_;
  std::unique_ptr<Services> services_;
  std::unique_ptr<Dispatcher> dispatcher_;
  std::vector<std::unique_ptr<Listener>> listeners_;
  ListenPlan plan_;
  std::vector<std::string> dialled_;
  bool ready_ = false;
  std::function<void()> on_ready_;
  io::Timer tick_;
};

/// Binds the listeners; `advertised` is what the broker registers, with real ports.
Status NodeImpl::open_listeners(std::vector<replication::ListenerImage>& advertised) {
  const std::string stand_in = host_for_others(options_.voters, options_.config.node_id, options_.host_name);
  for (const ListenerSpec& spec : plan_.open) {
    auto listener = std::make_unique<Listener>(runtime_, spec.name, *dispatcher_, memory_, limits_);
    listener->set_connections_max(static_cast<size_t>(options_.config.max_connections));
    io::Endpoint at = spec.endpoint;
    if (at.host.empty()) at.host = "0.0.0.0";
    if (Status s = listener->open(at); !s) {
      std::string hint = s.code() == ErrorCode::busy_address
                             ? "another process listens there; choose another port in listeners, or stop it"
                             : "see listeners";
      return Error(s.code(), "listener",
                   fmt::format("{}://{}: {}; {}", spec.name, at.to_string(), s.error().message(), hint));
    }
    if (!plan_.is_controller(spec.name)) {
      Advertised told = advertise(plan_, spec, listener->endpoint().port, stand_in);
      if (told.host_unknown) dialled_.push_back(spec.name);
      advertised.push_back({spec.name, told.endpoint});
    }
    listeners_.push_back(std::move(listener));
  }
  return {};
}

replication::QuorumNodeOptions NodeImpl::quorum_options(std::vector<replication::ListenerImage> advertised) const {
  const config::BrokerConfig& c = options_.config;
  auto has_role = [&](const char* role) {
    return std::find(c.process_roles.begin(), c.process_roles.end(), role) != c.process_roles.end();
  };
  replication::QuorumNodeOptions o;
  o.node_id = c.node_id;
  o.is_controller = has_role("controller");
  o.is_broker = has_role("broker");
  o.cluster_id = options_.cluster_id;
  o.directory_id = options_.directory_id;
  const Uuid holds = logs_->directory_id();
  o.log_dirs = {holds.is_zero() ? options_.directory_id : holds};
  o.voters = options_.voters;
  if (o.voters.empty()) {
    // Alone: whatever listener there is will do.
    io::Endpoint self = listeners_.back()->endpoint();
    if (is_open_host(self.host)) self.host = "127.0.0.1";
    o.voters.push_back({c.node_id, {}, self});
  }
  o.listeners = std::move(advertised);
  o.peer_listener = c.inter_broker_listener_name;
  if (!c.broker_rack.empty()) o.rack = c.broker_rack;
  o.heartbeat_interval = milliseconds(c.broker_heartbeat_interval_ms);
  if (options_.quorum_fetch_bytes) o.quorum.fetch_bytes = options_.quorum_fetch_bytes;
  o.quorum.fetch_timeout = milliseconds(c.controller_quorum_fetch_timeout_ms);
  o.quorum.election_timeout = milliseconds(c.controller_quorum_election_timeout_ms);
  o.quorum.request_timeout = milliseconds(c.controller_quorum_request_timeout_ms);
  o.controller.num_partitions = c.num_partitions;
  o.controller.default_replication_factor = static_cast<int16_t>(c.default_replication_factor);
  o.controller.broker_session_timeout = milliseconds(c.broker_session_timeout_ms);
  o.controller.leader_imbalance_check_interval = std::chrono::seconds(c.leader_imbalance_check_interval_seconds);
  o.controller.auto_leader_rebalance = c.auto_leader_rebalance_enable;
  o.controller.delete_topics = c.delete_topic_enable;
  o.controller.configs = config_rules(c);
  return o;
}

Status NodeImpl::open() {
  const config::BrokerConfig& c = options_.config;
  TRY_ASSIGN(plan_, plan_listeners(c));
  log::LogSetOptions lo;
  lo.dir = options_.log_dir;
  lo.journal_bytes_max = static_cast<uint64_t>(c.weir_journal_bytes);
  if (options_.journal_bytes) lo.journal_bytes_initial = options_.journal_bytes;
  lo.tail_cache_bytes = static_cast<uint64_t>(c.weir_tail_cache_bytes);
  lo.retention_check_interval = milliseconds(c.log_retention_check_interval_ms);
  lo.on_offline = options_.on_storage_failed;
  lo.free_bytes_floor = static_cast<uint64_t>(c.weir_free_bytes_floor);
  TRY_ASSIGN(logs_, log::LogSet::open(runtime_, lo, recovery_));

  replication::ReplicaManagerOptions ro;
  ro.node_id = c.node_id;
  ro.replica_lag_time_max = milliseconds(c.replica_lag_time_max_ms);
  ro.replica_fetch_wait_max = milliseconds(c.replica_fetch_wait_max_ms);
  ro.replica_fetch_max_bytes = c.replica_fetch_max_bytes;
  ro.replica_fetch_response_max_bytes = c.replica_fetch_response_max_bytes;
  ro.settings = [this](const replication::MetadataImage& image, const std::string& topic) {
    return topic_settings(image, options_.config, topic);
  };

  dispatcher_ = std::make_unique<Dispatcher>();
  dispatcher_->closed = [this](Connection& connection) {
    for (auto& l : listeners_) {
      if (l->name() == connection.listener()) l->forget(connection);
    }
  };
  std::vector<replication::ListenerImage> advertised;
  TRY(open_listeners(advertised));
  quorum_ = replication::QuorumNode::make(runtime_, *logs_, peers_, quorum_options(std::move(advertised)));
  replicas_ = replication::ReplicaManager::make(runtime_, *logs_, peers_, *quorum_, ro);
  FetchOptions fo;
  fo.max_bytes = c.fetch_max_bytes;
  fo.sessions.slots = static_cast<size_t>(c.max_incremental_fetch_session_cache_slots);
  fetch_ = std::make_unique<FetchHandler>(runtime_, *replicas_, fo);
  services_ = std::make_unique<Services>(Services{runtime_, options_.config, *logs_, *quorum_, *replicas_, peers_,
                                                  waiter_, topics_, producer_ids_, groups_, *fetch_, suspects_,
                                                  dialled_});
  // Nodes on one listener for all have no other way to each other.
  if (plan_.controllers_apart(options_.voters, c.node_id)) services_->controller_listeners = plan_.controller_names;
  topics_.attach(*services_);
  producer_ids_.attach(*services_);
  groups_.attach(*services_);
  dispatcher_->attach(*services_);
  replicas_->on_leadership([this](replication::Partition& partition, bool leads) {
    if (partition.tp().topic == kOffsetsTopic) groups_.on_leadership(partition, leads);
  });
  return {};
}

}  // namespace

Result<std::unique_ptr<Node>> Node::open(io::Runtime& runtime, NodeOptions options) {
  auto node = std::make_unique<NodeImpl>(runtime, std::move(options));
  TRY(node->open());
  return std::unique_ptr<Node>(std::move(node));
}

}  // namespace weir::broker
