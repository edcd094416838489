#include <CLI/CLI.hpp>
#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/wire/messages/create_partitions.h"
#include "base/wire/messages/create_topics.h"
#include "base/wire/messages/delete_topics.h"
#include "tools/cli/admin.h"
#include "tools/cli/commands.h"
#include "tools/cli/session.h"
#include "tools/cli/table.h"
#include "web/json_writer.h"

/// `weir topic`.
namespace weir::cli {
namespace {

struct Args {
  ClusterOptions cluster;
  std::vector<std::string> names, configs, unset;
  int partitions = -1, replication = -1, to = 0, add = 0;
  bool all = false, if_not_exists = false, if_exists = false, yes = false;
};

size_t under_replicated(const client::TopicMetadata& t) {
  return static_cast<size_t>(std::count_if(t.partitions.begin(), t.partitions.end(),
                                           [](const auto& p) { return p.isr_nodes.size() < p.replica_nodes.size(); }));
}

size_t leaderless(const client::TopicMetadata& t) {
  return static_cast<size_t>(
      std::count_if(t.partitions.begin(), t.partitions.end(), [](const auto& p) { return p.leader_id < 0; }));
}

Status list(const Args& args) {
  TRY_ASSIGN(client::Client client, connect(args.cluster));
  TRY_ASSIGN(auto metadata, client.metadata(std::nullopt));
  auto topics = std::move(metadata.topics);
  std::erase_if(topics, [&](const auto& t) { return !t.name || (!args.all && t.name->starts_with("__")); });
  std::sort(topics.begin(), topics.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  if (args.cluster.json) {
    web::JsonWriter w;
    w.begin_array();
    for (const auto& t : topics) {
      w.begin_object().field("name", *t.name).field("id", t.topic_id.to_string()).field("internal", t.is_internal);
      w.field("partitions", uint64_t{t.partitions.size()})
          .field("replication_factor", uint64_t{t.partitions.empty() ? 0 : t.partitions[0].replica_nodes.size()});
      w.field("under_replicated", uint64_t{under_replicated(t)})
          .field("leaderless", uint64_t{leaderless(t)})
          .end_object();
    }
    fmt::print("{}\n", w.end_array().text());
    return {};
  }
  if (topics.empty()) {
    fmt::print("There are no topics; `weir topic create NAME` makes one{}.\n",
               args.all ? "" : ", --all shows internal ones");
    return {};
  }
  Table table({"NAME", ">PARTITIONS", ">REPLICAS", "STATE"});
  for (const auto& t : topics) {
    std::string state = leaderless(t) > 0         ? fmt::format("{} without a leader", leaderless(t))
                        : under_replicated(t) > 0 ? fmt::format("{} under-replicated", under_replicated(t))
                                                  : "ok";
    table.add({*t.name, std::to_string(t.partitions.size()),
               std::to_string(t.partitions.empty() ? 0 : t.partitions[0].replica_nodes.size()), state});
  }
  table.print();
  return {};
}

Status create(const Args& args) {
  TRY_ASSIGN(client::Client client, connect(args.cluster));
  wire::CreateTopicsRequest request;
  request.timeout_ms = client.options().connection.request_timeout_ms;
  for (const std::string& name : args.names) {
    auto& t = request.topics.emplace_back();
    t.name = name;
    t.num_partitions = args.partitions;
    t.replication_factor = static_cast<int16_t>(args.replication);
    for (const std::string& text : args.configs) {
      TRY_ASSIGN(auto pair, parse_pair(text));
      t.configs.push_back({pair.first, pair.second});
    }
  }
  web::JsonWriter w;
  w.begin_array();
  Status first;
  Status done = admin(client, [&]() -> Status {
    TRY_ASSIGN(auto response, (client.call_any<wire::CreateTopicsRequest, wire::CreateTopicsResponse>(request)));
    // A moving controller refuses all of them; otherwise each topic has its own answer.
    for (const auto& t : response.topics) {
      if (static_cast<ErrorCode>(t.error_code) == ErrorCode::not_controller) return ErrorCode::not_controller;
    }
    for (const auto& t : response.topics) {
      bool there = static_cast<ErrorCode>(t.error_code) == ErrorCode::topic_already_exists && args.if_not_exists;
      Status s = there ? Status() : client::answered(t.error_code, t.name, t.error_message);
      if (!s) {
        if (first)
          first = s;
        else
          fmt::print(stderr, "weir: {}\n", explain(s.error()));
        continue;
      }
      if (args.cluster.json) {
        w.begin_object()
            .field("name", t.name)
            .field("created", !there)
            .field("partitions", t.num_partitions)
            .field("replication_factor", int32_t{t.replication_factor})
            .end_object();
      } else if (there) {
        fmt::print("Topic {} exists already.\n", t.name);
      } else {
        fmt::print("Topic {} is created{}.\n", t.name,
                   t.num_partitions > 0 ? fmt::format(": {} partition{}, {} replica{} each", t.num_partitions,
                                                      t.num_partitions == 1 ? "" : "s", t.replication_factor,
                                                      t.replication_factor == 1 ? "" : "s")
                                        : "");
      }
    }
    return {};
  });
  TRY(done);
  if (args.cluster.json) fmt::print("{}\n", w.end_array().text());
  return first;
}

Status describe(const Args& args) {
  TRY_ASSIGN(client::Client client, connect(args.cluster));
  web::JsonWriter w;
  w.begin_array();
  for (const std::string& name : args.names) {
    TRY_ASSIGN(const client::TopicMetadata* found, client.topic(name));
    client::TopicMetadata t = *found;
    std::sort(t.partitions.begin(), t.partitions.end(),
              [](const auto& a, const auto& b) { return a.partition_index < b.partition_index; });
    std::vector<TopicPartition> led;
    for (const auto& p : t.partitions) {
      if (p.leader_id >= 0) led.push_back({name, p.partition_index});
    }
    // Offsets are a help: without them the rest still tells what is wrong.
    std::map<TopicPartition, Offset> starts, ends;
    if (auto got = client.list_offsets(led, -2)) starts = *got;
    if (auto got = client.list_offsets(led, -1)) ends = *got;
    TRY_ASSIGN(auto settings, describe_settings(client, Resource::topic, name));
    std::erase_if(settings, [](const Setting& s) { return s.is_default; });
    auto offset = [&](const std::map<TopicPartition, Offset>& m, int32_t p) {
      auto it = m.find({name, p});
      return it == m.end() ? std::optional<int64_t>() : it->second;
    };
    if (args.cluster.json) {
      w.begin_object().field("name", name).field("id", t.topic_id.to_string()).key("configs").begin_object();
      for (const Setting& s : settings) w.field(s.name, s.value);
      w.end_object().key("partitions").begin_array();
      for (const auto& p : t.partitions) {
        w.begin_object()
            .field("partition", p.partition_index)
            .field("leader", p.leader_id)
            .field("leader_epoch", p.leader_epoch)
            .field("replicas", p.replica_nodes);
        w.field("isr", p.isr_nodes)
            .field("start", offset(starts, p.partition_index))
            .field("end", offset(ends, p.partition_index))
            .end_object();
      }
      w.end_array().end_object();
      continue;
    }
    fmt::print("{}{}  id {}, {} partition{}\n", &name == &args.names.front() ? "" : "\n", name, t.topic_id.to_string(),
               t.partitions.size(), t.partitions.size() == 1 ? "" : "s");
    for (const Setting& s : settings) fmt::print("  {} = {}\n", s.name, s.value.value_or("(hidden)"));
    Table table({">PARTITION", ">LEADER", ">EPOCH", "REPLICAS", "IN SYNC", ">START", ">END", "STATE"});
    auto shown = [](const std::optional<int64_t>& n) { return n ? std::to_string(*n) : "-"; };
    for (const auto& p : t.partitions) {
      std::string state = p.leader_id < 0                               ? "no leader"
                          : p.isr_nodes.size() < p.replica_nodes.size() ? "under-replicated"
                                                                        : "ok";
      table.add({std::to_string(p.partition_index), p.leader_id < 0 ? "-" : std::to_string(p.leader_id),
                 std::to_string(p.leader_epoch), fmt::format("{}", fmt::join(p.replica_nodes, ",")),
                 fmt::format("{}", fmt::join(p.isr_nodes, ",")), shown(offset(starts, p.partition_index)),
                 shown(offset(ends, p.partition_index)), state});
    }
    table.print();
  }
  if (args.cluster.json) fmt::print("{}\n", w.end_array().text());
  return {};
}

Status remove(const Args& args) {
  TRY_ASSIGN(client::Client client, connect(args.cluster));
  if (!args.if_exists) {
    for (const std::string& name : args.names) TRY(client.topic(name));
  }
  TRY(confirm(
      fmt::format("delete topic{} {} with all records", args.names.size() == 1 ? "" : "s", fmt::join(args.names, ", ")),
      args.yes));
  wire::DeleteTopicsRequest request;
  request.topic_names = args.names;
  request.timeout_ms = client.options().connection.request_timeout_ms;
  return admin(client, [&]() -> Status {
    // Version 5: by name.
    TRY_ASSIGN(auto response, (client.call_any<wire::DeleteTopicsRequest, wire::DeleteTopicsResponse>(request, 5)));
    for (const auto& t : response.responses) {
      if (static_cast<ErrorCode>(t.error_code) == ErrorCode::unknown_topic_or_partition && args.if_exists) continue;
      TRY(client::answered(t.error_code, t.name.value_or(""), t.error_message));
      if (!args.cluster.json) fmt::print("Topic {} is deleted.\n", t.name.value_or(""));
    }
    if (args.cluster.json) fmt::print("{{\"deleted\":{}}}\n", response.responses.size());
    return {};
  });
}

Status add_partitions(const Args& args) {
  if ((args.to > 0) == (args.add > 0)) return usage("give either --to TOTAL or --add MORE");
  TRY_ASSIGN(client::Client client, connect(args.cluster));
  wire::CreatePartitionsRequest request;
  request.timeout_ms = client.options().connection.request_timeout_ms;
  for (const std::string& name : args.names) {
    TRY_ASSIGN(const client::TopicMetadata* t, client.topic(name));
    auto& r = request.topics.emplace_back();
    r.name = name;
    r.count = args.to > 0 ? args.to : static_cast<int32_t>(t->partitions.size()) + args.add;
    r.assignments.reset();
  }
  return admin(client, [&]() -> Status {
    TRY_ASSIGN(auto response,
               (client.call_any<wire::CreatePartitionsRequest, wire::CreatePartitionsResponse>(request)));
    for (const auto& t : response.results) TRY(client::answered(t.error_code, t.name, t.error_message));
    for (const auto& t : request.topics) {
      if (args.cluster.json)
        fmt::print("{{\"name\":\"{}\",\"partitions\":{}}}\n", t.name, t.count);
      else
        fmt::print("Topic {} has {} partitions now. Keys of new records may go to other partitions than before.\n",
                   t.name, t.count);
    }
    return {};
  });
}

Status alter(const Args& args) {
  TRY_ASSIGN(client::Client client, connect(args.cluster));
  for (const std::string& name : args.names) {
    TRY(alter_settings(client, Resource::topic, name, args.configs, args.unset));
    if (args.cluster.json)
      fmt::print("{{\"name\":\"{}\",\"changed\":{}}}\n", name, args.configs.size() + args.unset.size());
    else
      fmt::print("Topic {} is changed.\n", name);
  }
  return {};
}

}  // namespace

void add_topic(CLI::App& app, int& exit_code) {
  auto* cmd = app.add_subcommand("topic", "Topics: list, create, describe, delete, add-partitions, alter");
  cmd->require_subcommand(1);
  auto args = std::make_shared<Args>();
  auto add = [&](const char* name, const char* help, bool wants_names, std::function<Status()> run) {
    auto* sub = cmd->add_subcommand(name, help);
    if (wants_names) sub->add_option("NAME", args->names, "One or more topics")->required();
    add_cluster_options(*sub, args->cluster);
    set_action(*sub, exit_code, std::move(run));
    return sub;
  };
  auto* ls = add("ls", "List topics", false, [args] { return list(*args); });
  ls->alias("list")->add_flag("-a,--all", args->all, "Internal ones too");
  auto* c = add("create", "Create topics", true, [args] { return create(*args); });
  c->add_option("-p,--partitions", args->partitions, "How many (default: the cluster's num.partitions)")
      ->check(CLI::Range(1, 100'000));
  c->add_option("-r,--replication-factor", args->replication, "Replicas of each (default: the cluster's)")
      ->check(CLI::Range(1, 32'000));
  c->add_option("-c,--config", args->configs, "KEY=VALUE; may be given several times")->allow_extra_args(false);
  c->add_flag("--if-not-exists", args->if_not_exists, "A topic that exists is no error");
  add("describe", "Partitions, leaders, replicas, offsets, settings", true, [args] { return describe(*args); });
  auto* d = add("delete", "Delete topics with their records", true, [args] { return remove(*args); });
  d->add_flag("-y,--yes", args->yes, "Do not ask");
  d->add_flag("--if-exists", args->if_exists, "A topic that is not there is no error");
  auto* p = add("add-partitions", "Raise the number of partitions", true, [args] { return add_partitions(*args); });
  p->add_option("--to", args->to, "How many there shall be")->check(CLI::Range(1, 100'000));
  p->add_option("--add", args->add, "How many more")->check(CLI::Range(1, 100'000));
  auto* a = add("alter", "Change settings of topics", true, [args] { return alter(*args); });
  a->add_option("-c,--set,--config", args->configs, "KEY=VALUE; may be given several times")->allow_extra_args(false);
  a->add_option("--unset", args->unset, "KEY back to its default; may be given several times")->allow_extra_args(false);
}

}  // namespace weir::cli
