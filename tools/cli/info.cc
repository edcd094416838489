#include <CLI/CLI.hpp>
#include <algorithm>

#include <fmt/format.h>

#include "tools/cli/commands.h"
#include "tools/cli/session.h"
#include "tools/cli/table.h"
#include "web/json_writer.h"

/// `weir info`: the cluster at a glance.
namespace weir::cli {
namespace {

Status run(const ClusterOptions& options) {
  TRY_ASSIGN(client::Client client, connect(options));
  TRY_ASSIGN(auto metadata, client.metadata(std::nullopt));
  std::map<BrokerId, std::pair<int64_t, int64_t>> load;  // leaders, replicas
  int64_t partitions = 0, under = 0, leaderless = 0, internal = 0;
  for (const auto& t : metadata.topics) {
    internal += t.name && t.name->starts_with("__");
    for (const auto& p : t.partitions) {
      ++partitions;
      under += p.isr_nodes.size() < p.replica_nodes.size();
      leaderless += p.leader_id < 0;
      if (p.leader_id >= 0) ++load[p.leader_id].first;
      for (int32_t id : p.replica_nodes) ++load[id].second;
    }
  }
  std::sort(metadata.brokers.begin(), metadata.brokers.end(),
            [](const auto& a, const auto& b) { return a.node_id < b.node_id; });
  auto topics = static_cast<int64_t>(metadata.topics.size());
  if (options.json) {
    web::JsonWriter w;
    w.begin_object()
        .field("cluster_id", metadata.cluster_id)
        .field("topics", topics)
        .field("internal_topics", internal)
        .field("partitions", partitions);
    w.field("under_replicated", under).field("leaderless", leaderless).key("brokers").begin_array();
    for (const auto& b : metadata.brokers) {
      w.begin_object().field("node", b.node_id).field("host", b.host).field("port", b.port).field("rack", b.rack);
      w.field("leaders", load[b.node_id].first).field("replicas", load[b.node_id].second).end_object();
    }
    fmt::print("{}\n", w.end_array().end_object().text());
    return {};
  }
  fmt::print("Cluster {}: {} node{} up, {} topics ({} internal), {} partitions\n",
             metadata.cluster_id.value_or("without id"), metadata.brokers.size(),
             metadata.brokers.size() == 1 ? "" : "s", topics, internal, partitions);
  if (under > 0) fmt::print("{} partitions are under-replicated\n", under);
  if (leaderless > 0) fmt::print("{} partitions have no leader\n", leaderless);
  Table table({">NODE", "ADDRESS", "RACK", ">LEADERS", ">REPLICAS"});
  for (const auto& b : metadata.brokers) {
    table.add({std::to_string(b.node_id), fmt::format("{}:{}", b.host, b.port), b.rack.value_or("-"),
               std::to_string(load[b.node_id].first), std::to_string(load[b.node_id].second)});
  }
  table.print();
  return {};
}

}  // namespace

void add_info(CLI::App& app, int& exit_code) {
  auto* cmd = app.add_subcommand("info", "Nodes, topics and what is wrong with them, at a glance");
  auto options = std::make_shared<ClusterOptions>();
  add_cluster_options(*cmd, *options);
  set_action(*cmd, exit_code, [options] { return run(*options); });
}

}  // namespace weir::cli
