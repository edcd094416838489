#include "replication/controller/quorum_node.h"

#include <algorithm>
#include <list>

#include "base/util/check.h"
#include "base/util/diag.h"
#include "replication/controller/broker_lifecycle.h"
#include "replication/controller/controller.h"
#include "replication/controller/controller_channel.h"
#include "replication/metadata/publisher.h"
#include "replication/quorum/quorum_driver.h"

namespace weir::replication {

namespace {

constexpr int16_t kAlterPartitionVersion = 3;
constexpr Duration kAlterPartitionTimeout{2'000'000'000};
constexpr Duration kLastOut{20'000'000};

class Node final : public QuorumNode, private QuorumListener {
 public:
  Node(io::Runtime& runtime, log::LogSet& logs, Transport& transport, QuorumNodeOptions options)
      : runtime_(runtime),
        transport_(transport),
        options_(std::move(options)),
        publisher_(options_.cluster_id),
        driver_(runtime, logs, transport, *this,
                {.node_id = options_.node_id,
                 .cluster_id = options_.cluster_id,
                 .directory_id = options_.directory_id,
                 .voters = VoterSet(options_.voters),
                 .timing = options_.quorum}),
        controller_(runtime, transport, options_.node_id, options_.controller,
                    {.append = [this](const MetadataRecords& records) { return append(records); },
                     .log_end = [this] { return driver_.log_end(); }}),
        channel_(runtime, transport, options_.node_id,
                 [this] { return started_ ? driver_.state().leader() : kNoBroker; }),
        lifecycle_(runtime, lifecycle_options(), lifecycle_channel()),
        stop_timer_([this] { leave_quorum(); }),
        last_out_timer_([this] { last_out(); }) {}

  ~Node() override { *alive_ = false; }

  Status start() override {
    for (const Voter& v : options_.voters)
      if (v.id != options_.node_id) transport_.set_endpoint(v.id, v.endpoint);
    transport_.on_disconnect([this, alive = alive_](BrokerId node) {
      if (!*alive || !started_) return;
      driver_.on_disconnect(node);
      controller_.on_disconnect(node);
    });
    TRY(driver_.start());
    started_ = true;
    if (options_.is_broker) lifecycle_.start();
    return {};
  }

  void stop(Duration timeout, std::function<void()> done) override {
    CHECK(!stopped_, "a node stops once", options_.node_id);
    stopped_ = std::move(done);
    runtime_.arm_in(stop_timer_, timeout);
    if (!options_.is_broker) return leave_quorum();
    lifecycle_.shut_down([this] { last_out(); });
  }

  void add_listener(MetadataListener& listener) override { publisher_.add_listener(listener); }
  const ImagePtr& image() const override { return publisher_.image(); }
  bool is_leader() const override { return controller_.active() && driver_.state().leads(); }
  void on_broker_epoch(std::function<void(BrokerEpoch)> heard) override { lifecycle_.on_epoch(std::move(heard)); }
  void on_unfenced(std::function<void()> heard) override { lifecycle_.on_unfenced(std::move(heard)); }

  QuorumView view() const override {
    QuorumView v;
    if (!started_) return v;
    const QuorumState& s = driver_.state();
    v.role = s.role_name();
    v.leader = s.leader();
    v.epoch = s.cell().epoch;
    v.high_watermark = s.high_watermark();
    v.log_end = driver_.log_end();
    v.durable = driver_.durable();
    v.replicas = driver_.replicas();
    v.controller_active = is_leader();
    v.broker_epoch = lifecycle_.epoch();
    v.broker_fenced = lifecycle_.fenced();
    return v;
  }

  // --- quorum
#define WEIR_HANDLE(Api)                                                                                \
  void handle(const wire::Api##Request& r, RequestContext, Reply<wire::Api##Response> reply) override { \
    if (!started_) return reply(refuse<wire::Api##Response>(r, ErrorCode::broker_not_available));       \
    driver_.handle(r, std::move(reply));                                                                \
  }
  WEIR_HANDLE(Vote)
  WEIR_HANDLE(BeginQuorumEpoch)
  WEIR_HANDLE(EndQuorumEpoch)
  WEIR_HANDLE(DescribeQuorum)
#undef WEIR_HANDLE
  void handle(const wire::FetchRequest& r, RequestContext x, Reply<wire::FetchResponse> reply) override {
    if (!started_) return reply(refuse<wire::FetchResponse>(r, ErrorCode::broker_not_available));
    driver_.handle(r, x.api_version, std::move(reply));
  }

  // --- controller
#define WEIR_HANDLE(Api)                                                                                  \
  void handle(const wire::Api##Request& r, RequestContext x, Reply<wire::Api##Response> reply) override { \
    controller_.handle(r, x, std::move(reply));                                                           \
  }
  WEIR_HANDLE(BrokerRegistration)
  WEIR_HANDLE(BrokerHeartbeat)
  WEIR_HANDLE(UnregisterBroker)
  WEIR_HANDLE(CreateTopics)
  WEIR_HANDLE(DeleteTopics)
  WEIR_HANDLE(CreatePartitions)
  WEIR_HANDLE(AlterPartition)
  WEIR_HANDLE(AllocateProducerIds)
  WEIR_HANDLE(IncrementalAlterConfigs)
  WEIR_HANDLE(AlterConfigs)
  WEIR_HANDLE(ElectLeaders)
  WEIR_HANDLE(UpdateFeatures)
#undef WEIR_HANDLE

  // --- to the active controller
#define WEIR_CALL(Api)                                                                                          \
  void call(const wire::Api##Request& r, int16_t version, Duration timeout, CallDone<wire::Api##Response> done) \
      override {                                                                                                \
    send<wire::Api##Response>(r, version, timeout, std::move(done));                                            \
  }
  WEIR_CALL(CreateTopics)
  WEIR_CALL(DeleteTopics)
  WEIR_CALL(CreatePartitions)
  WEIR_CALL(IncrementalAlterConfigs)
  WEIR_CALL(AlterConfigs)
  WEIR_CALL(ElectLeaders)
  WEIR_CALL(UpdateFeatures)
  WEIR_CALL(UnregisterBroker)
  WEIR_CALL(DescribeQuorum)
#undef WEIR_CALL

  void allocate_producer_ids(Duration timeout, CallDone<wire::AllocateProducerIdsResponse> done) override {
    wire::AllocateProducerIdsRequest r;
    r.broker_id = options_.node_id;
    r.broker_epoch = lifecycle_.epoch();
    send<wire::AllocateProducerIdsResponse>(r, 0, timeout, std::move(done));
  }

  // --- ISR changes: what comes in while one request is on its way goes with the next
  void change_isr(Change change, std::function<void(Outcome)> done) override {
    isr_changes_.push_back({std::move(change), std::move(done)});
    if (std::exchange(isr_flush_scheduled_, true)) return;
    runtime_.defer([this, alive = alive_] {
      if (!*alive) return;
      isr_flush_scheduled_ = false;
      flush_isr_changes();
    });
  }

 private:
  struct IsrChange {
    Change change;
    std::function<void(Outcome)> done;
  };

  BrokerLifecycle::Options lifecycle_options() {
    if (options_.incarnation_id.is_zero())
      options_.incarnation_id = Uuid::from_random(runtime_.random().next(), runtime_.random().next());
    wire::BrokerRegistrationRequest r;
    r.broker_id = options_.node_id;
    r.cluster_id = options_.cluster_id;
    r.incarnation_id = options_.incarnation_id;
    for (const ListenerImage& l : options_.listeners)
      r.listeners.push_back({l.name, l.endpoint.host, l.endpoint.port, 0});
    for (const FeatureRange& f : supported_features()) r.features.push_back({f.name, f.min, f.max});
    r.rack = options_.rack;
    r.log_dirs = options_.log_dirs;
    return {std::move(r), options_.heartbeat_interval, options_.controller.broker_session_timeout};
  }
  BrokerLifecycle::Channel lifecycle_channel() {
    return {
        [this](const wire::BrokerRegistrationRequest& r, Duration timeout,
               CallDone<wire::BrokerRegistrationResponse> done) {
          send<wire::BrokerRegistrationResponse>(r, wire::BrokerRegistrationRequest::kMaxVersion, timeout,
                                                 std::move(done));
        },
        [this](const wire::BrokerHeartbeatRequest& r, Duration timeout, CallDone<wire::BrokerHeartbeatResponse> done) {
          send<wire::BrokerHeartbeatResponse>(r, wire::BrokerHeartbeatRequest::kMaxVersion, timeout, std::move(done));
        }};
  }

  template <class Response, class Request>
  void send(const Request& r, int16_t version, Duration timeout, CallDone<Response> done) {
    channel_.call<Response>(
        r, version, timeout,
        [this, version](const Request& q, Reply<Response> reply) {
          handle(q, RequestContext{version}, std::move(reply));
        },
        std::move(done));
  }

  Result<Offset> append(const MetadataRecords& records) {
    // Leadership may be lost, or won again, before the controller hears of it: its state then belongs to another term.
    if (driver_.state().cell().epoch != term_epoch_) return Error(ErrorCode::not_controller, "the term is over");
    return driver_.append(records);
  }

  // QuorumListener
  void on_committed(const MetadataRecords& records, LeaderEpoch epoch, Offset end_offset) override {
    publisher_.replay(records);
    (void)epoch;
    applied_ = end_offset;
  }

  void on_caught_up(Offset offset) override {
    publish();
    if (controller_.active())
      controller_.committed(offset);
    else
      try_activate();
    if (options_.is_broker) lifecycle_.on_metadata(offset);
  }

  void on_leader(BrokerId leader, LeaderEpoch epoch, Offset complete_at) override {
    if (controller_.active() && (leader != options_.node_id || epoch != term_epoch_)) controller_.deactivate();
    complete_at_ = leader == options_.node_id ? complete_at : kNoOffset;
    if (leader != kNoBroker && leader != options_.node_id) former_leader_ = leader;
    publisher_.set_controller(leader, epoch);
    publish();
    try_activate();
    if (leader != kNoBroker) channel_.leader_changed();
  }

  void try_activate() {
    if (complete_at_ == kNoOffset || applied_ < complete_at_ || !driver_.state().leads() || controller_.active())
      return;
    term_epoch_ = driver_.state().cell().epoch;
    complete_at_ = kNoOffset;
    controller_.activate(*publisher_.image(), former_leader_);
    channel_.leader_changed();
  }

  void publish() {
    publisher_.publish(applied_);
    controller_.on_image(*image());
    for (const auto& [id, b] : image()->brokers) {
      // A voter's peers go on using the endpoint of the voter set.
      if (id == options_.node_id || driver_.state().voters().contains(id) || b->listeners.empty()) continue;
      auto l = std::find_if(b->listeners.begin(), b->listeners.end(),
                            [&](const ListenerImage& x) { return x.name == options_.peer_listener; });
      const io::Endpoint& at = (l == b->listeners.end() ? b->listeners.begin() : l)->endpoint;
      auto [known, fresh] = endpoints_.try_emplace(id, at);
      if (!fresh && known->second == at) continue;
      known->second = at;
      transport_.set_endpoint(id, at);
    }
  }

  void flush_isr_changes() {
    if (isr_in_flight_ || isr_changes_.empty()) return;
    isr_in_flight_ = true;
    auto batch = std::make_shared<std::vector<IsrChange>>(std::move(isr_changes_));
    isr_changes_.clear();
    wire::AlterPartitionRequest r;
    r.broker_id = options_.node_id;
    r.broker_epoch = lifecycle_.epoch();
    std::map<Uuid, size_t> at;
    for (const IsrChange& c : *batch) {
      auto [it, fresh] = at.try_emplace(c.change.topic_id, r.topics.size());
      if (fresh) r.topics.push_back({c.change.topic_id, {}});
      wire::AlterPartitionRequest::PartitionData p;
      p.partition_index = c.change.tp.partition;
      p.leader_epoch = c.change.leader_epoch;
      p.partition_epoch = c.change.partition_epoch;
      for (const auto& [id, epoch] : c.change.new_isr) p.new_isr_with_epochs.push_back({id, epoch});
      r.topics[it->second].partitions.push_back(std::move(p));
    }
    send<wire::AlterPartitionResponse>(r, kAlterPartitionVersion, kAlterPartitionTimeout,
                                       [this, batch](Result<wire::AlterPartitionResponse> a) {
                                         isr_in_flight_ = false;
                                         for (IsrChange& c : *batch) c.done(isr_outcome(c.change, a));
                                         flush_isr_changes();
                                       });
  }

  Outcome isr_outcome(const Change& c, const Result<wire::AlterPartitionResponse>& a) const {
    if (!a) return {.error = a.code()};
    if (a->error_code != 0) return {.error = static_cast<ErrorCode>(a->error_code)};
    for (const auto& t : a->topics) {
      if (t.topic_id != c.topic_id) continue;
      for (const auto& p : t.partitions) {
        if (p.partition_index != c.tp.partition) continue;
        Outcome o{.error = static_cast<ErrorCode>(p.error_code)};
        if (const PartitionImage* now = image()->partition(c.tp))
          o.image = *now;  // replicas; the rest is the controller's word
        o.image.isr = p.isr;
        o.image.leader = p.leader_id;
        o.image.leader_epoch = p.leader_epoch;
        o.image.partition_epoch = p.partition_epoch;
        return o;
      }
    }
    return {.error = ErrorCode::unknown_server_error};
  }

  /// When all nodes end at once the controller stays until the others have their leave: without a majority they would
  /// not get it.
  void last_out() {
    if (leaving_) return;
    if (!controller_.others_leave()) return leave_quorum();
    runtime_.arm_in(last_out_timer_, kLastOut);
  }

  void leave_quorum() {
    if (std::exchange(leaving_, true)) return;
    runtime_.disarm(stop_timer_);
    runtime_.disarm(last_out_timer_);
    driver_.stop([this] {
      if (auto done = std::exchange(stopped_, nullptr)) done();
    });
  }

  io::Runtime& runtime_;
  Transport& transport_;
  QuorumNodeOptions options_;
  Publisher publisher_;
  QuorumDriver driver_;
  Controller controller_;
  ControllerChannel channel_;
  BrokerLifecycle lifecycle_;
  io::Timer stop_timer_;
  io::Timer last_out_timer_;
  std::map<BrokerId, io::Endpoint> endpoints_;  // of brokers that are no voters, as the transport knows them
  Offset applied_ = 0;
  Offset complete_at_ = kNoOffset;
  LeaderEpoch term_epoch_ = -1;
  BrokerId former_leader_ = kNoBroker;
  std::vector<IsrChange> isr_changes_;
  bool isr_in_flight_ = false;
  bool isr_flush_scheduled_ = false;
  bool started_ = false;
  bool leaving_ = false;
  std::function<void()> stopped_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace

std::unique_ptr<QuorumNode> QuorumNode::make(io::Runtime& runtime, log::LogSet& logs, Transport& transport,
                                             QuorumNodeOptions options) {
  return std::make_unique<Node>(runtime, logs, transport, std::move(options));
}

}  // namespace weir::replication
