#include "tests/sim/sim_cluster.h"

#include <algorithm>

#include "base/util/check.h"
#include "base/util/diag.h"
#include "broker/log_dir.h"
#include "tests/sim/sim_runtime.h"

namespace weir::sim {
namespace {
constexpr const char* kClusterId = "c2ltdWxhdGVkLWNsdXN0ZQ";
}  // namespace

SimCluster::SimCluster(SimWorld& world, ClusterOptions options) : world_(world), options_(std::move(options)) {
  for (int i = 0; i < options_.nodes; ++i) {
    Member m;
    m.machine = &world_.add_node(host(i));
    members_.push_back(std::move(m));
  }
}

SimCluster::~SimCluster() {
  for (int i = 0; i < size(); ++i) {
    if (machine(i).running())
      kill(i);
    else
      members_[static_cast<size_t>(i)].node.reset();
  }
}

/// What `weir cluster up` writes (tools/cli/cluster.cc), with fewer offsets partitions.
config::BrokerConfig SimCluster::config_of(int i) const {
  const std::string rf = std::to_string(std::min(options_.nodes, 3));
  std::string voters;
  for (int v = 0; v < options_.nodes; ++v)
    voters += std::string(v ? "," : "") + std::to_string(v + 1) + "@" + host(v) + ":" + std::to_string(kControllerPort);
  const std::string listener = "PLAINTEXT://" + host(i) + ":" + std::to_string(kPort);
  const std::string controller = "CONTROLLER://" + host(i) + ":" + std::to_string(kControllerPort);
  config::Values values{{"process.roles", "broker,controller"},
                        {"node.id", std::to_string(i + 1)},
                        {"controller.quorum.voters", voters},
                        {"listeners", listener + "," + controller},
                        {"advertised.listeners", listener},
                        {"log.dirs", kLogDir},
                        {"controller.listener.names", "CONTROLLER"},
                        {"listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT"},
                        {"default.replication.factor", rf},
                        {"min.insync.replicas", options_.nodes > 1 ? "2" : "1"},
                        {"offsets.topic.replication.factor", rf},
                        {"offsets.topic.num.partitions", "3"},
                        {"group.initial.rebalance.delay.ms", "0"},
                        {"weir.free.bytes.floor", "0"},
                        {"weir.journal.bytes", "8388608"}};
  for (const auto& [key, value] : options_.config) values[key] = value;
  std::vector<std::string> warnings;
  auto config = config::make_broker_config(values, warnings);
  CHECK(config.ok(), "the simulator's configuration", config.ok() ? "" : config.error().message());
  return std::move(*config);
}

Result<std::unique_ptr<broker::Node>> SimCluster::open(int i, SimRuntime& runtime) {
  broker::NodeOptions options;
  options.config = config_of(i);
  options.log_dir = kLogDir;
  options.journal_bytes = options_.journal_bytes;
  options.quorum_fetch_bytes = options_.quorum_fetch_bytes;
  for (const std::string& text : options.config.controller_quorum_voters) {
    TRY_ASSIGN(auto voter, broker::parse_voter(text));
    options.voters.push_back(voter);
  }
  auto meta = broker::read_meta_properties(runtime.disk(), kLogDir);
  if (!meta && meta.code() == ErrorCode::not_found) {
    Uuid directory = Uuid::from_random(runtime.random().next(), runtime.random().next());
    broker::MetaProperties fresh{kClusterId, i + 1, directory};
    TRY(broker::format_log_dir(runtime.disk(), kLogDir, fresh, {}));
    meta = fresh;
  }
  if (!meta) return meta.error();
  options.cluster_id = meta->cluster_id;
  options.directory_id = meta->directory_id;
  TRY_ASSIGN(auto node, broker::Node::open(runtime, std::move(options)));
  TRY(node->start([] {}));
  return node;
}

bool SimCluster::start(int i) {
  Member& m = members_[static_cast<size_t>(i)];
  CHECK(!m.node && !m.machine->running(), "the node runs already", i);
  SimRuntime& runtime = m.machine->start_shard();
  ++m.life;
  world_.trace(0x73746172 ^ static_cast<uint64_t>(i));
  auto node = open(i, runtime);
  if (!node) {
    start_error_ = node.error().message();
    WEIR_WARN("sim: node {} does not start: {}", i + 1, start_error_);
    m.machine->kill();
    return false;
  }
  m.node = std::move(*node);
  return true;
}

void SimCluster::start_all() {
  for (int i = 0; i < size(); ++i) {
    if (!up(i)) start(i);
  }
}

void SimCluster::kill(int i) {
  if (machine(i).running()) machine(i).kill();
  members_[static_cast<size_t>(i)].node.reset();
}

void SimCluster::power_off(int i) {
  machine(i).power_off();
  members_[static_cast<size_t>(i)].node.reset();
}

void SimCluster::reap() {
  for (Member& m : members_) {
    if (m.node && !m.machine->running()) m.node.reset();
  }
}

}  // namespace weir::sim
