#include "tests/broker/fetch/replica_cluster.h"

#include "base/util/diag.h"
#include "base/util/flatten.h"

namespace weir::broker {

using replication::PartitionImage;

/// Requests of one process: each link keeps order in both directions, a cut swallows what passes, a dead peer fails
/// what is open.
class ReplicaCluster::Transport final : public replication::Transport {
 public:
  Transport(ReplicaCluster& cluster, int from)
      : cluster_(cluster), from_(from), life_(cluster.nodes_[static_cast<size_t>(from)].life) {}
  void set_endpoint(BrokerId, const io::Endpoint&) override {}
  void on_disconnect(std::function<void(BrokerId)>) override {}
  void probe(BrokerId, Duration, std::function<void(bool)> done) override { done(false); }

  void send(BrokerId to, replication::Lane, int16_t, int16_t version, std::function<BufferChain(int32_t)> encode,
            Duration timeout, std::function<void(Result<Buffer>)> done) override {
    ++cluster_.fetches_;
    auto call = std::make_shared<Call>();
    call->done = std::move(done);
    calls_[to].push_back(call);
    Buffer frame = flatten(encode(1)).slice(4);
    cluster_.world_->schedule_in(timeout, sim::Trace::other, 0,
                                 [this, c = &cluster_, to, call, from = from_, life = life_] {
                                   if (c->alive(from, life) && !call->over) fail_all(to, ErrorCode::request_timed_out);
                                 });
    if (!cluster_.running(to)) {
      cluster_.deliver(
          from_,
          [this, c = &cluster_, to, from = from_, life = life_] {
            if (c->alive(from, life)) fail_all(to, ErrorCode::connection_failed);
          },
          back_[to]);
      return;
    }
    if (cluster_.cuts_.count({from_, to})) return;
    const uint64_t target_life = cluster_.nodes_[static_cast<size_t>(to)].life;
    cluster_.deliver(
        to,
        [c = &cluster_, to, target_life, from = from_, life = life_, frame, version, call] {
          if (!c->alive(to, target_life)) return;
          auto parsed = wire::parse_request(frame);
          CHECK(parsed.ok(), "a request frame");
          auto request = wire::decode<wire::FetchRequest>(parsed->body, version);
          CHECK(request.ok(), "a fetch request");
          c->nodes_[static_cast<size_t>(to)].process->fetches->handle(
              {}, std::move(*request), version, [c, to, from, life, version, call](wire::FetchResponse response) {
                if (c->cuts_.count({to, from}) || !c->alive(from, life)) return;
                Buffer body = flatten(wire::encode_response(response, version, 1)).slice(4);
                auto& self = *c->nodes_[static_cast<size_t>(from)].process->transport;
                c->deliver(
                    from,
                    [c, from, life, version, call, body] {
                      if (!c->alive(from, life) || call->over) return;
                      call->answer = wire::parse_response(body, 1, version)->body;
                      c->nodes_[static_cast<size_t>(from)].process->transport->drain();
                    },
                    self.back_[to]);
              });
        },
        forth_[to]);
  }

  void fail_all(BrokerId to, ErrorCode code) {
    auto calls = std::move(calls_[to]);
    calls_[to].clear();
    for (auto& call : calls) {
      if (call->over) continue;
      call->over = true;
      call->done(Error(code));
    }
  }

 private:
  struct Call {
    std::function<void(Result<Buffer>)> done;
    std::optional<Buffer> answer;
    bool over = false;
  };
  /// Answers in the order of the requests.
  void drain() {
    for (auto& [to, calls] : calls_) {
      while (!calls.empty() && (calls.front()->over || calls.front()->answer)) {
        auto call = calls.front();
        calls.pop_front();
        if (call->over) continue;
        call->over = true;
        call->done(std::move(*call->answer));
      }
    }
  }

  ReplicaCluster& cluster_;
  const int from_;
  const uint64_t life_;
  std::map<BrokerId, std::deque<std::shared_ptr<Call>>> calls_;
  std::map<BrokerId, MonoTime> forth_, back_;
};

class ReplicaCluster::Changer final : public replication::IsrChanger {
 public:
  Changer(ReplicaCluster& cluster, int from) : cluster_(cluster), from_(from) {}
  void change_isr(Change change, std::function<void(Outcome)> done) override {
    const uint64_t life = cluster_.nodes_[static_cast<size_t>(from_)].life;
    cluster_.world_->schedule_in(
        cluster_.latency(), sim::Trace::other, 0,
        [c = &cluster_, from = from_, life, change = std::move(change), done = std::move(done)] {
          if (!c->alive(from, life)) return;
          Outcome outcome = c->change(from, change);
          if (c->world_->random().chance(1, 10))
            outcome = {ErrorCode::request_timed_out, {}};  // it may have been applied
          MonoTime any{0};
          c->deliver(
              from,
              [c, from, life, outcome = std::move(outcome), done = std::move(done)] {
                if (c->alive(from, life)) done(outcome);
              },
              any);
        });
  }

 private:
  ReplicaCluster& cluster_;
  const int from_;
};

ReplicaCluster::ReplicaCluster(uint64_t seed, Options options)
    : options_(options), world_(std::make_unique<sim::SimWorld>(seed)) {
  diag::set_level(diag::Level::error);
  topic_id_ = Uuid::from_random(7, 7);
  nodes_.resize(static_cast<size_t>(options_.nodes));
  partitions_.resize(static_cast<size_t>(options_.partitions));
  committed_.resize(partitions_.size());
  for (int n = 0; n < options_.nodes; ++n) world_->add_node("node" + std::to_string(n));
  for (size_t p = 0; p < partitions_.size(); ++p) {
    for (int n = 0; n < options_.nodes; ++n) partitions_[p].replicas.push_back(n), partitions_[p].isr.push_back(n);
    partitions_[p].leader = kNoBroker;
  }
  for (int n = 0; n < options_.nodes; ++n) start(n);
  if (options_.checks) world_->after_each_event([this] { check(); });
}

ReplicaCluster::~ReplicaCluster() {
  for (int n = 0; n < options_.nodes; ++n)
    if (running(n)) world_->node(static_cast<size_t>(n)).kill();
}

bool ReplicaCluster::alive(int node, uint64_t life) const {
  return running(node) && nodes_[static_cast<size_t>(node)].life == life;
}

Duration ReplicaCluster::latency() {
  return 40us +
         Duration(static_cast<int64_t>(world_->random().below(static_cast<uint64_t>(options_.latency_spread.count()))));
}

void ReplicaCluster::deliver(int to, std::function<void()> task, MonoTime& not_before) {
  not_before = std::max(not_before, world_->now() + latency());
  const uint64_t life = nodes_[static_cast<size_t>(to)].life;
  world_->schedule(not_before, sim::Trace::other, 0, [this, to, life, task = std::move(task)] {
    if (alive(to, life)) nodes_[static_cast<size_t>(to)].process->runtime->post(task);
  });
}

void ReplicaCluster::start(int n) {
  Node& node = nodes_[static_cast<size_t>(n)];
  CHECK(!node.process, "it runs");
  ++node.life;
  node.epoch = ++next_broker_epoch_;
  node.process = std::make_unique<Process>();
  Process& p = *node.process;
  p.runtime = &world_->node(static_cast<size_t>(n)).start_shard();
  p.logs = std::make_unique<FakeLogSet>(*p.runtime, node.disk);
  p.transport = std::make_unique<Transport>(*this, n);
  p.changer = std::make_unique<Changer>(*this, n);
  replication::ReplicaManagerOptions options;
  options.node_id = n;
  options.replica_lag_time_max = options_.lag_max;
  options.settings = [min = options_.min_insync_replicas](const replication::MetadataImage&, const std::string&) {
    replication::TopicSettings s;
    s.min_insync_replicas = min;
    return s;
  };
  p.replicas = replication::ReplicaManager::make(*p.runtime, *p.logs, *p.transport, *p.changer, options);
  p.fetches = std::make_unique<FetchHandler>(*p.runtime, *p.replicas);
  p.replicas->set_broker_epoch(node.epoch);
  // A new registration ends what the old one led (the controller's duty), then it may lead again.
  for (size_t i = 0; i < partitions_.size(); ++i)
    if (partitions_[i].leader == n)
      partitions_[i].leader = kNoBroker, ++partitions_[i].leader_epoch, ++partitions_[i].partition_epoch;
  node.alive = true;
  for (size_t i = 0; i < partitions_.size(); ++i)
    if (partitions_[i].leader == kNoBroker) elect(static_cast<PartitionId>(i));
  publish();
}

void ReplicaCluster::kill(int n) {
  Node& node = nodes_[static_cast<size_t>(n)];
  if (!node.process) return;
  world_->node(static_cast<size_t>(n)).kill();
  node.disk.crash(world_->random());
  dead_.push_back(std::move(node.process));  // its objects may be named by callbacks of others
  dead_.back()->fetches.reset();
  dead_.back()->replicas.reset();
  dead_.back()->logs.reset();
  for (int other = 0; other < options_.nodes; ++other) {
    if (other == n || !running(other)) continue;
    MonoTime any{0};
    deliver(
        other,
        [this, other, n] {
          if (running(other))
            nodes_[static_cast<size_t>(other)].process->transport->fail_all(n, ErrorCode::connection_failed);
        },
        any);
  }
  const uint64_t life = node.life;
  world_->schedule_in(Duration(static_cast<int64_t>(world_->random().below(50'000'000))), sim::Trace::other, 0,
                      [this, n, life] { fence(n, life); });
}

void ReplicaCluster::fence(int n, uint64_t life) {
  Node& node = nodes_[static_cast<size_t>(n)];
  if (node.life != life || node.process) return;
  node.alive = false;
  for (size_t i = 0; i < partitions_.size(); ++i) {
    PartitionImage& p = partitions_[i];
    const bool led = p.leader == n;
    if (p.isr.size() > 1 && std::find(p.isr.begin(), p.isr.end(), n) != p.isr.end())
      std::erase(p.isr, n), ++p.partition_epoch;
    if (led) {
      p.leader = kNoBroker, ++p.leader_epoch, ++p.partition_epoch;
      elect(static_cast<PartitionId>(i));
    }
  }
  publish();
}

void ReplicaCluster::elect(PartitionId partition) {
  PartitionImage& p = partitions_[static_cast<size_t>(partition)];
  for (BrokerId id : p.isr) {
    if (!nodes_[static_cast<size_t>(id)].alive) continue;
    p.leader = id, ++p.leader_epoch, ++p.partition_epoch;
    return;
  }
}

void ReplicaCluster::move_leader(PartitionId partition) {
  PartitionImage& p = partitions_[static_cast<size_t>(partition)];
  const BrokerId to = p.isr[world_->random().below(p.isr.size())];
  if (!nodes_[static_cast<size_t>(to)].alive) return;
  p.leader = to, ++p.leader_epoch, ++p.partition_epoch;
  publish();
}

replication::IsrChanger::Outcome ReplicaCluster::change(int from, const replication::IsrChanger::Change& change) {
  PartitionImage& p = partitions_[static_cast<size_t>(change.tp.partition)];
  if (p.leader != from || p.leader_epoch != change.leader_epoch) return {ErrorCode::fenced_leader_epoch, {}};
  if (p.partition_epoch != change.partition_epoch) return {ErrorCode::invalid_update_version, {}};
  std::vector<BrokerId> isr;
  for (const auto& [id, epoch] : change.new_isr) {
    const Node& node = nodes_[static_cast<size_t>(id)];
    if (!node.alive || (epoch != -1 && epoch != node.epoch)) return {ErrorCode::ineligible_replica, {}};
    isr.push_back(id);
  }
  p.isr = isr;
  ++p.partition_epoch;
  publish();
  return {ErrorCode::none, p};
}

void ReplicaCluster::publish() {
  auto image = std::make_shared<replication::MetadataImage>();
  image->offset = ++metadata_offset_;
  auto topic = std::make_shared<replication::TopicImage>();
  topic->name = "t";
  topic->id = topic_id_;
  topic->partitions = partitions_;
  image->topics["t"] = topic;
  image->topics_by_id[topic_id_] = topic;
  replication::MetadataDelta delta;
  delta.changed_topics = {"t"};
  for (int n = 0; n < options_.nodes; ++n) {
    auto broker = std::make_shared<replication::BrokerImage>();
    broker->id = n;
    broker->epoch = nodes_[static_cast<size_t>(n)].epoch;
    broker->fenced = !nodes_[static_cast<size_t>(n)].alive;
    broker->listeners = {{"PLAINTEXT", {"node" + std::to_string(n), 9092}}};
    image->brokers[n] = broker;
    delta.changed_brokers.push_back(n);
  }
  for (int n = 0; n < options_.nodes; ++n) {
    if (!running(n)) continue;
    deliver(
        n, [this, n, image, delta] { nodes_[static_cast<size_t>(n)].process->replicas->on_metadata(image, delta); },
        nodes_[static_cast<size_t>(n)].images_until);
  }
}

void ReplicaCluster::cut(int a, int b, bool on) {
  if (on)
    cuts_.insert({a, b});
  else
    cuts_.erase({a, b});
}

void ReplicaCluster::heal() { cuts_.clear(); }

void ReplicaCluster::produce(PartitionId partition, int16_t acks) {
  const BrokerId to = partitions_[static_cast<size_t>(partition)].leader;
  if (to == kNoBroker || !running(to)) return;
  MonoTime any{0};
  const uint64_t payload = next_payload_++;
  const auto count = static_cast<int32_t>(1 + world_->random().below(3));
  deliver(
      to,
      [this, to, partition, payload, count, acks] {
        Process& p = *nodes_[static_cast<size_t>(to)].process;
        replication::Partition* found = p.replicas->find(tp(partition));
        if (found == nullptr || !found->leads()) return;
        const MonoTime began = p.runtime->now();
        found->produce(
            encode_batches({{0, 0, count, payload}}), acks, 1s, log::PartitionLog::Origin::client,
            [this, partition, payload, began, runtime = p.runtime](Result<replication::ProduceOutcome> outcome) {
              if (!outcome || runtime->dead()) return;
              acked_.push_back({payload, partition, outcome->base_offset});
              latencies_.push_back(runtime->now() - began);
            });
      },
      any);
}

replication::ReplicaManager* ReplicaCluster::replicas(int n) {
  return running(n) ? nodes_[static_cast<size_t>(n)].process->replicas.get() : nullptr;
}
FetchHandler* ReplicaCluster::fetches_of(int n) {
  return running(n) ? nodes_[static_cast<size_t>(n)].process->fetches.get() : nullptr;
}
sim::SimRuntime& ReplicaCluster::runtime(int n) { return *nodes_[static_cast<size_t>(n)].process->runtime; }

replication::Partition* ReplicaCluster::leader_of(PartitionId partition) {
  const BrokerId leader = partitions_[static_cast<size_t>(partition)].leader;
  if (leader == kNoBroker || !running(leader)) return nullptr;
  replication::Partition* p = replicas(leader)->find(tp(partition));
  return p != nullptr && p->leads() ? p : nullptr;
}

void ReplicaCluster::check() {
  for (Node& node : nodes_) {
    if (!node.process) continue;
    for (size_t i = 0; i < partitions_.size(); ++i) {
      const auto partition = static_cast<PartitionId>(i);
      replication::Partition* p = node.process->replicas->find(tp(partition));
      if (p == nullptr) continue;
      auto [it, added] = node.process->high_watermarks.try_emplace(partition, p->leader_epoch(), p->log_start_offset());
      auto& [epoch, hw] = it->second;
      if (p->high_watermark() == hw) {
        epoch = p->leader_epoch();
        continue;
      }
      if (p->high_watermark() < hw && epoch == p->leader_epoch() && !added)
        return world_->fail("high watermark fell from " + std::to_string(hw) + " to " +
                            std::to_string(p->high_watermark()));
      const auto& batches = static_cast<FakeLog&>(p->log()).batches();
      auto at = std::lower_bound(batches.begin(), batches.end(), hw,
                                 [](const FakeBatch& b, Offset o) { return b.end() <= o; });
      for (; at != batches.end() && at->end() <= p->high_watermark(); ++at) {
        auto [known, first] = committed_[i].emplace(at->base, *at);
        if (!first && !(known->second == *at))
          return world_->fail("offset " + std::to_string(at->base) + " was committed as batch " +
                              std::to_string(known->second.payload) + " of epoch " +
                              std::to_string(known->second.epoch) + ", now as batch " + std::to_string(at->payload) +
                              " of epoch " + std::to_string(at->epoch));
      }
      epoch = p->leader_epoch();
      hw = p->high_watermark();
    }
  }
}

bool ReplicaCluster::settled() {
  for (size_t i = 0; i < partitions_.size(); ++i) {
    const auto partition = static_cast<PartitionId>(i);
    replication::Partition* leader = leader_of(partition);
    if (leader == nullptr || leader->high_watermark() != leader->log_end_offset()) return false;
    if (partitions_[i].isr.size() != nodes_.size()) return false;
    for (int n = 0; n < options_.nodes; ++n) {
      replication::Partition* p = replicas(n) ? replicas(n)->find(tp(partition)) : nullptr;
      if (p == nullptr || p->log_end_offset() != leader->log_end_offset() ||
          p->high_watermark() != leader->high_watermark())
        return false;
    }
  }
  return true;
}

std::string ReplicaCluster::check_acked() {
  for (const Acked& a : acked_) {
    replication::Partition* leader = leader_of(a.partition);
    if (leader == nullptr) return "no leader";
    const auto& batches = static_cast<FakeLog&>(leader->log()).batches();
    auto at = std::lower_bound(batches.begin(), batches.end(), a.offset,
                               [](const FakeBatch& b, Offset o) { return b.base < o; });
    if (at == batches.end() || at->base != a.offset || at->payload != a.payload)
      return "acknowledged batch " + std::to_string(a.payload) + " is not at offset " + std::to_string(a.offset) +
             " of partition " + std::to_string(a.partition);
  }
  for (size_t i = 0; i < partitions_.size(); ++i) {
    const auto partition = static_cast<PartitionId>(i);
    const auto& leader = static_cast<FakeLog&>(leader_of(partition)->log()).batches();
    for (int n = 0; n < options_.nodes; ++n)
      if (static_cast<FakeLog&>(replicas(n)->find(tp(partition))->log()).batches() != leader)
        return "the logs of partition " + std::to_string(i) + " differ";
  }
  return {};
}

}  // namespace weir::broker
