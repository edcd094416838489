#include <CLI/CLI.hpp>
#include <algorithm>

#include <fmt/format.h>

#include "base/wire/messages/describe_quorum.h"
#include "tools/cli/admin.h"
#include "tools/cli/commands.h"
#include "tools/cli/session.h"
#include "tools/cli/table.h"
#include "web/json_writer.h"

/// `weir quorum`: who leads the metadata log, and how far the others are.
namespace weir::cli {
namespace {

using Partition = wire::DescribeQuorumResponse::PartitionData;

Result<Partition> ask(client::Client& client) {
  return client.retry([&]() -> Result<Partition> {
    wire::DescribeQuorumRequest request;
    auto& topic = request.topics.emplace_back();
    topic.topic_name = "__cluster_metadata";
    topic.partitions.emplace_back();
    TRY_ASSIGN(auto response, (client.call_any<wire::DescribeQuorumRequest, wire::DescribeQuorumResponse>(request)));
    TRY(client::answered(response.error_code, "quorum", response.error_message));
    if (response.topics.size() != 1 || response.topics[0].partitions.size() != 1)
      return failed("the answer names no quorum", ErrorCode::malformed);
    const Partition& p = response.topics[0].partitions[0];
    TRY(client::answered(p.error_code, "quorum", p.error_message));
    return p;
  });
}

Status run(const ClusterOptions& options) {
  TRY_ASSIGN(client::Client client, connect(options));
  TRY_ASSIGN(Partition p, ask(client));
  int64_t now = wall_now_ms(), leader_end = p.high_watermark;
  for (const auto& v : p.current_voters) {
    if (v.replica_id == p.leader_id) leader_end = v.log_end_offset;
  }
  auto each = [&](auto&& use) {
    for (const auto& v : p.current_voters) use(v, v.replica_id == p.leader_id ? "leader" : "voter");
    for (const auto& o : p.observers) use(o, "observer");
  };
  if (options.json) {
    web::JsonWriter w;
    w.begin_object()
        .field("leader", p.leader_id)
        .field("epoch", p.leader_epoch)
        .field("high_watermark", p.high_watermark)
        .key("replicas")
        .begin_array();
    each([&](const auto& r, const char* role) {
      w.begin_object().field("node", r.replica_id).field("role", role).field("log_end_offset", r.log_end_offset);
      w.field("lag",
              r.log_end_offset < 0 ? std::optional<int64_t>() : std::max<int64_t>(0, leader_end - r.log_end_offset));
      w.field("last_caught_up_ms", r.last_caught_up_timestamp).end_object();
    });
    fmt::print("{}\n", w.end_array().end_object().text());
    return {};
  }
  fmt::print("Node {} leads epoch {}; {} records are committed.\n", p.leader_id, p.leader_epoch,
             grouped(p.high_watermark));
  Table table({">NODE", "ROLE", ">LOG END", ">LAG", ">CAUGHT UP"});
  each([&](const auto& r, const char* role) {
    std::string ago = r.last_caught_up_timestamp < 0
                          ? "-"
                          : fmt::format("{} ms ago", std::max<int64_t>(0, now - r.last_caught_up_timestamp));
    bool known = r.log_end_offset >= 0;
    table.add({std::to_string(r.replica_id), role, known ? std::to_string(r.log_end_offset) : "-",
               known ? std::to_string(std::max<int64_t>(0, leader_end - r.log_end_offset)) : "-", ago});
  });
  table.print();
  return {};
}

}  // namespace

void add_quorum(CLI::App& app, int& exit_code) {
  auto* cmd = app.add_subcommand("quorum", "The controllers: leader, epoch, lag");
  auto options = std::make_shared<ClusterOptions>();
  add_cluster_options(*cmd, *options);
  set_action(*cmd, exit_code, [options] { return run(*options); });
}

}  // namespace weir::cli
