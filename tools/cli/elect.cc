#include <CLI/CLI.hpp>
#include <algorithm>

#include <fmt/format.h>

#include "base/wire/messages/elect_leaders.h"
#include "tools/cli/admin.h"
#include "tools/cli/commands.h"
#include "tools/cli/session.h"
#include "tools/cli/table.h"
#include "web/json_writer.h"

/// `weir elect`: partitions back to their preferred leaders, or a leader where no replica is known to hold all records.
namespace weir::cli {
namespace {

constexpr int8_t kPreferred = 0, kUnclean = 1;

struct Args {
  ClusterOptions cluster;
  std::vector<std::string> topics;
  std::vector<int32_t> partitions;
  bool unclean = false, yes = false;
};

/// What to elect: the named partitions, or all that need it.
Result<wire::ElectLeadersRequest> request_of(client::Client& client, const Args& args) {
  wire::ElectLeadersRequest request;
  request.election_type = args.unclean ? kUnclean : kPreferred;
  request.timeout_ms = client.options().connection.request_timeout_ms;
  request.topic_partitions.reset();
  if (args.topics.empty()) return request;
  request.topic_partitions.emplace();
  for (const std::string& name : args.topics) {
    TRY_ASSIGN(const client::TopicMetadata* topic, client.topic(name));
    auto& t = request.topic_partitions->emplace_back();
    t.topic = name;
    t.partitions = args.partitions;
    if (!t.partitions.empty()) continue;
    for (const auto& p : topic->partitions) t.partitions.push_back(p.partition_index);
  }
  return request;
}

Status run(const Args& args) {
  if (args.topics.empty() && !args.partitions.empty()) return usage("--partition needs a TOPIC");
  if (args.topics.empty() && args.unclean)
    return usage("--unclean needs the TOPIC: what another replica lacks is lost");
  TRY_ASSIGN(client::Client client, connect(args.cluster));
  TRY_ASSIGN(wire::ElectLeadersRequest request, request_of(client, args));
  if (args.unclean) {
    TRY(confirm("let a replica lead that may lack acknowledged records; what it lacks is lost for good", args.yes));
  }
  wire::ElectLeadersResponse response;
  TRY(admin(client, [&]() -> Status {
    TRY_ASSIGN(response, (client.call_any<wire::ElectLeadersRequest, wire::ElectLeadersResponse>(request)));
    return client::answered(response.error_code, "elect", {});
  }));
  web::JsonWriter w;
  w.begin_array();
  int elected = 0, there = 0;
  Status first;
  for (const auto& topic : response.replica_election_results) {
    for (const auto& p : topic.partition_result) {
      const bool needed = static_cast<ErrorCode>(p.error_code) != ErrorCode::election_not_needed;
      std::string name = fmt::format("{}-{}", topic.topic, p.partition_id);
      Status s = needed ? client::answered(p.error_code, name, p.error_message) : Status();
      w.begin_object().field("topic", topic.topic).field("partition", p.partition_id);
      w.field("elected", needed && s.ok()).field("error", int32_t{needed ? p.error_code : int16_t{0}}).end_object();
      elected += needed && s.ok();
      there += !needed;
      if (!s && first) first = s;
      if (!s) fmt::print(stderr, "weir: {}\n", explain(s.error()));
    }
  }
  if (args.cluster.json)
    fmt::print("{}\n", w.end_array().text());
  else
    fmt::print("{} partition{} got a leader, {} needed none.\n", elected, elected == 1 ? "" : "s", there);
  return first ? Status() : failed("some partitions got no leader");
}

}  // namespace

void add_elect(CLI::App& app, int& exit_code) {
  auto* cmd = app.add_subcommand("elect", "Give partitions their preferred leaders, or one where none is safe");
  auto args = std::make_shared<Args>();
  cmd->add_option("TOPIC", args->topics, "One or more topics (default: all partitions)");
  cmd->add_option("-p,--partition", args->partitions, "Only this one; may be given several times")
      ->allow_extra_args(false)
      ->check(CLI::Range(0, INT32_MAX));
  cmd->add_flag("--unclean", args->unclean, "Where no replica in sync is left: take one that may lack records");
  cmd->add_flag("-y,--yes", args->yes, "Do not ask");
  add_cluster_options(*cmd, args->cluster);
  set_action(*cmd, exit_code, [args] { return run(*args); });
}

}  // namespace weir::cli
