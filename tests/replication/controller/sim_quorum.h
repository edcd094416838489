#pragma once
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/wire/messages/api_versions.h"
#include "log/log_set.h"
#include "replication/call.h"
#include "replication/controller/quorum_node.h"
#include "tests/sim/sim_node.h"
#include "tests/sim/sim_runtime.h"
#include "tests/sim/sim_world.h"

namespace weir::replication::test {

class SimCluster;

/// Frames between the nodes of a SimCluster, with latency, cuts, and what kernels say of dead processes.
class SimTransport final : public Transport {
 public:
  SimTransport(SimCluster& cluster, BrokerId self) : cluster_(cluster), self_(self) {}
  void set_endpoint(BrokerId node, const io::Endpoint&) override { known_.insert(node); }
  void send(BrokerId to, Lane lane, int16_t api_key, int16_t version, std::function<BufferChain(int32_t)> encode,
            Duration timeout, std::function<void(Result<Buffer>)> done) override;
  void on_disconnect(std::function<void(BrokerId)> heard) override { heard_.push_back(std::move(heard)); }
  void probe(BrokerId node, Duration timeout, std::function<void(bool)> done) override;
  void peer_died(BrokerId node) {
    auto failed = std::move(pending_[node]);
    pending_.erase(node);
    for (auto& fail : failed) fail();
    for (auto& h : heard_) h(node);
  }
  std::set<BrokerId> connected;

 private:
  SimCluster& cluster_;
  const BrokerId self_;
  std::set<BrokerId> known_;
  std::map<BrokerId, std::vector<std::function<void()>>> pending_;  // fail what a peer's death leaves unanswered
  std::vector<std::function<void(BrokerId)>> heard_;
};

/// Whole quorum nodes (driver, controller, lifecycle, logs on simulated disks) on virtual time.
class SimCluster {
 public:
  struct Member {
    BrokerId id = 0;
    sim::SimNode* machine = nullptr;
    sim::SimRuntime* runtime = nullptr;
    uint64_t life = 0;
    std::unique_ptr<log::LogSet> logs;
    std::unique_ptr<SimTransport> transport;
    std::unique_ptr<QuorumNode> node;
    bool up() const { return node != nullptr; }
  };

  explicit SimCluster(int nodes, uint64_t seed = 1, bool memory = true) : world_(seed), memory_(memory) {
    for (int i = 1; i <= nodes; i++) voters_.push_back({.id = i, .endpoint = {"node" + std::to_string(i), 9093}});
    for (int i = 1; i <= nodes; i++) {
      Member& m = members_[i];
      m.id = i;
      m.machine = &world_.add_node("node" + std::to_string(i));
    }
  }
  ~SimCluster() {
    for (auto& [id, m] : members_) m.node.reset(), m.transport.reset(), m.logs.reset();
  }

  sim::SimWorld& world() { return world_; }
  Member& operator[](BrokerId id) { return members_.at(id); }
  std::map<BrokerId, Member>& members() { return members_; }
  std::function<void(QuorumNodeOptions&)> tweak;

  void start(BrokerId id) {
    Member& m = members_.at(id);
    m.runtime = &m.machine->start_shard();
    m.life++;
    log::RecoveryReport report;
    auto logs = log::LogSet::open(*m.runtime, {.dir = memory_ ? "" : "/data"}, report);
    CHECK(logs.ok(), "the logs open", logs.ok() ? "" : logs.error().message());
    m.logs = std::move(*logs);
    m.transport = std::make_unique<SimTransport>(*this, id);
    QuorumNodeOptions o;
    o.node_id = id;
    o.cluster_id = "sim";
    o.voters = voters_;
    o.listeners = {{"PLAINTEXT", {"node" + std::to_string(id), 9092}}};
    o.controller.default_replication_factor = static_cast<int16_t>(voters_.size());
    if (tweak) tweak(o);
    m.node = QuorumNode::make(*m.runtime, *m.logs, *m.transport, o);
    Status s = m.node->start();
    CHECK(s.ok(), "the node starts", id);
  }
  void start_all() {
    for (auto& [id, m] : members_) start(id);
  }
  void kill(BrokerId id, bool power = false) {
    Member& m = members_.at(id);
    power ? m.machine->power_off() : m.machine->kill();
    m.node.reset(), m.transport.reset(), m.logs.reset();
    m.runtime = nullptr;
    m.life++;
    if (power) return;
    for (auto& [other, o] : members_)
      if (o.up() && o.transport->connected.erase(id)) later(o, [id](Member& o) { o.transport->peer_died(id); });
  }
  void cut(BrokerId from, BrokerId to) { cuts_.insert({from, to}); }
  void isolate(BrokerId id) {
    for (auto& [other, m] : members_)
      if (other != id) cut(id, other), cut(other, id);
  }
  void heal() { cuts_.clear(); }
  bool is_cut(BrokerId from, BrokerId to) const { return cuts_.count({from, to}) > 0; }

  BrokerId leader() {
    for (auto& [id, m] : members_)
      if (m.up() && !m.machine->paused() && m.node->is_leader()) return id;
    return kNoBroker;
  }
  bool until(const std::function<bool()>& pred, Duration limit = std::chrono::seconds(20)) {
    return world_.run_until(pred, limit);
  }
  /// All live brokers are unfenced in the image of every live node.
  bool settled() {
    for (auto& [id, m] : members_) {
      if (!m.up()) continue;
      for (auto& [other, o] : members_)
        if (m.node->image()->alive(other) != o.up()) return false;
    }
    return leader() != kNoBroker;
  }

  /// Runs on the member's own turn, if that life still lasts.
  void later(Member& m, std::function<void(Member&)> act, Duration in = 50us) {
    world_.schedule_in(in, sim::Trace::other, static_cast<uint32_t>(m.id), [this, &m, life = m.life, act] {
      if (m.life != life || !m.up()) return;
      m.runtime->post([&m, life, act] {
        if (m.life == life && m.up()) act(m);
      });
    });
  }

  template <class Response, class Request>
  Result<Response> call(BrokerId at, const Request& request, int16_t version,
                        Duration timeout = std::chrono::seconds(5)) {
    std::optional<Result<Response>> got;
    later(members_.at(at), [&](Member& m) {
      m.node->call(request, version, timeout, [&](Result<Response> r) { got.emplace(std::move(r)); });
    });
    until([&] { return got.has_value(); });
    if (!got) return Error(ErrorCode::request_timed_out);
    return std::move(*got);
  }

  /// A request frame at its node; `reply` gets the body behind the response header.
  void serve(Member& m, const Buffer& frame, std::function<void(Buffer)> reply);

 private:
  sim::SimWorld world_;
  bool memory_;
  std::vector<Voter> voters_;
  std::map<BrokerId, Member> members_;
  std::set<std::pair<BrokerId, BrokerId>> cuts_;
};

}  // namespace weir::replication::test
