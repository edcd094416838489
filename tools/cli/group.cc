#include <CLI/CLI.hpp>
#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/wire/messages/consumer_protocol_assignment.h"
#include "base/wire/messages/delete_groups.h"
#include "base/wire/messages/describe_groups.h"
#include "base/wire/messages/list_groups.h"
#include "base/wire/messages/offset_commit.h"
#include "base/wire/messages/offset_fetch.h"
#include "tools/cli/admin.h"
#include "tools/cli/commands.h"
#include "tools/cli/session.h"
#include "tools/cli/table.h"
#include "web/json_writer.h"

/// `weir group`: consumer groups and their offsets.
namespace weir::cli {
namespace {

using Offsets = std::map<TopicPartition, Offset>;
using Group = wire::DescribeGroupsResponse::DescribedGroup;

struct Args {
  ClusterOptions cluster;
  std::string name, topic, to_time;
  std::vector<std::string> names;
  int64_t to_offset = -1, shift_by = 0;
  bool to_earliest = false, to_latest = false, dry_run = false, yes = false, shift_given = false;
};

Result<Group> describe_group(client::Client& client, const std::string& name) {
  return admin(client, [&]() -> Result<Group> {
    wire::DescribeGroupsRequest request;
    request.groups = {name};
    TRY_ASSIGN(auto response,
               (client.call_coordinator<wire::DescribeGroupsRequest, wire::DescribeGroupsResponse>(name, request)));
    if (response.groups.size() != 1) return failed("the answer names no group", ErrorCode::malformed);
    TRY(client::answered(response.groups[0].error_code, "group " + name, response.groups[0].error_message));
    return response.groups[0];
  });
}

Result<Offsets> committed(client::Client& client, const std::string& name) {
  return admin(client, [&]() -> Result<Offsets> {
    wire::OffsetFetchRequest request;
    request.group_id = name;
    request.topics.reset();
    // Version 7: one group, topics by name; no list means all.
    TRY_ASSIGN(auto response,
               (client.call_coordinator<wire::OffsetFetchRequest, wire::OffsetFetchResponse>(name, request, 7)));
    TRY(client::answered(response.error_code, "group " + name));
    Offsets out;
    for (const auto& t : response.topics) {
      for (const auto& p : t.partitions) {
        TRY(client::answered(p.error_code, TopicPartition{t.name, p.partition_index}.to_string()));
        if (p.committed_offset >= 0) out[{t.name, p.partition_index}] = p.committed_offset;
      }
    }
    return out;
  });
}

/// Who reads what, by the assignments that the group's leader gave out.
std::map<TopicPartition, std::string> assignments(const Group& group) {
  std::map<TopicPartition, std::string> out;
  if (group.protocol_type != "consumer") return out;
  for (const auto& m : group.members) {
    auto assignment = wire::decode_versioned<wire::ConsumerProtocolAssignment>(m.member_assignment);
    if (!assignment) continue;
    for (const auto& t : assignment->assigned_partitions) {
      for (int32_t p : t.partitions) out[{t.topic, p}] = m.client_id;
    }
  }
  return out;
}

Status list(const Args& args) {
  TRY_ASSIGN(client::Client client, connect(args.cluster));
  TRY(client.metadata(std::vector<std::string>{}));
  struct Row {
    std::string name, state, protocol, type;
    BrokerId coordinator;
  };
  std::vector<Row> rows;
  auto brokers = client.brokers();
  for (const auto& [id, endpoint] : brokers) {
    auto response = client.call_node<wire::ListGroupsRequest, wire::ListGroupsResponse>(id, {});
    if (!response) {
      // The other nodes' groups are worth showing.
      fmt::print(stderr, "weir: node {} is left out: {}\n", id, explain(response.error()));
      continue;
    }
    TRY(client::answered(response->error_code, fmt::format("groups of node {}", id)));
    for (const auto& g : response->groups)
      rows.push_back({g.group_id, g.group_state, g.protocol_type, g.group_type, id});
  }
  std::sort(rows.begin(), rows.end(), [](const Row& a, const Row& b) { return a.name < b.name; });
  if (args.cluster.json) {
    web::JsonWriter w;
    w.begin_array();
    for (const Row& r : rows)
      w.begin_object()
          .field("group", r.name)
          .field("state", r.state)
          .field("protocol", r.protocol)
          .field("type", r.type)
          .field("coordinator", r.coordinator)
          .end_object();
    fmt::print("{}\n", w.end_array().text());
    return {};
  }
  if (rows.empty()) {
    fmt::print("There are no groups.\n");
    return {};
  }
  Table table({"GROUP", "STATE", "PROTOCOL", "TYPE", ">COORDINATOR"});
  for (const Row& r : rows)
    table.add({r.name, r.state.empty() ? "-" : r.state, r.protocol.empty() ? "-" : r.protocol,
               r.type.empty() ? "-" : r.type, std::to_string(r.coordinator)});
  table.print();
  return {};
}

Status describe(const Args& args) {
  TRY_ASSIGN(client::Client client, connect(args.cluster));
  TRY_ASSIGN(Group group, describe_group(client, args.name));
  TRY_ASSIGN(Offsets offsets, committed(client, args.name));
  if (group.group_state == "Dead" && offsets.empty()) return Error(ErrorCode::group_id_not_found, "client", args.name);
  auto owners = assignments(group);
  std::set<TopicPartition> all;
  for (const auto& [tp, offset] : offsets) all.insert(tp);
  for (const auto& [tp, owner] : owners) all.insert(tp);
  Offsets ends;
  // Of a topic that is gone there is no end, and the rest still counts.
  for (const TopicPartition& tp : all) {
    if (ends.contains(tp)) continue;
    if (auto end = client.list_offsets({tp}, -1)) ends.merge(*end);
  }
  auto find = [](const Offsets& m, const TopicPartition& tp) {
    auto it = m.find(tp);
    return it == m.end() ? std::optional<int64_t>() : it->second;
  };
  auto lag_of = [&](const TopicPartition& tp) {
    auto at = find(offsets, tp), end = find(ends, tp);
    return at && end ? std::optional<int64_t>(std::max<int64_t>(0, *end - *at)) : std::nullopt;
  };
  if (args.cluster.json) {
    web::JsonWriter w;
    w.begin_object()
        .field("group", args.name)
        .field("state", group.group_state)
        .field("protocol_type", group.protocol_type)
        .field("protocol", group.protocol_data);
    w.key("members").begin_array();
    for (const auto& m : group.members)
      w.begin_object()
          .field("member_id", m.member_id)
          .field("client_id", m.client_id)
          .field("host", m.client_host)
          .field("instance_id", m.group_instance_id)
          .end_object();
    w.end_array().key("offsets").begin_array();
    for (const TopicPartition& tp : all) {
      w.begin_object()
          .field("topic", tp.topic)
          .field("partition", tp.partition)
          .field("committed", find(offsets, tp))
          .field("end", find(ends, tp))
          .field("lag", lag_of(tp));
      auto owner = owners.find(tp);
      w.field("client_id", owner == owners.end() ? std::optional<std::string>() : owner->second).end_object();
    }
    fmt::print("{}\n", w.end_array().end_object().text());
    return {};
  }
  fmt::print("{}  {}, {} member{}{}\n", args.name, group.group_state, group.members.size(),
             group.members.size() == 1 ? "" : "s",
             group.protocol_data.empty() ? "" : ", assigned by " + group.protocol_data);
  if (!group.members.empty()) {
    Table members({"MEMBER", "CLIENT", "HOST"});
    for (const auto& m : group.members) members.add({m.member_id, m.client_id, m.client_host});
    members.print();
    fmt::print("\n");
  }
  Table table({"TOPIC", ">PARTITION", ">COMMITTED", ">END", ">LAG", "CLIENT"});
  auto shown = [](const std::optional<int64_t>& n) { return n ? std::to_string(*n) : "-"; };
  for (const TopicPartition& tp : all) {
    auto owner = owners.find(tp);
    table.add({tp.topic, std::to_string(tp.partition), shown(find(offsets, tp)), shown(find(ends, tp)),
               shown(lag_of(tp)), owner == owners.end() ? "-" : owner->second});
  }
  if (!table.empty())
    table.print();
  else
    fmt::print("The group has committed no offsets.\n");
  return {};
}

Status remove(const Args& args) {
  TRY_ASSIGN(client::Client client, connect(args.cluster));
  TRY(confirm(fmt::format("delete group{} {} with committed offsets", args.names.size() == 1 ? "" : "s",
                          fmt::join(args.names, ", ")),
              args.yes));
  for (const std::string& name : args.names) {
    TRY(admin(client, [&]() -> Status {
      wire::DeleteGroupsRequest request;
      request.groups_names = {name};
      TRY_ASSIGN(auto response,
                 (client.call_coordinator<wire::DeleteGroupsRequest, wire::DeleteGroupsResponse>(name, request)));
      for (const auto& r : response.results) TRY(client::answered(r.error_code, "group " + r.group_id));
      return {};
    }));
    if (args.cluster.json)
      fmt::print("{{\"deleted\":1}}\n");
    else
      fmt::print("Group {} is deleted.\n", name);
  }
  return {};
}

/// The partitions to move: those of --topic, else those that the group has committed.
Result<std::vector<TopicPartition>> to_move(const Args& args, client::Client& client, const Offsets& offsets) {
  if (!args.topic.empty()) return client.partitions_of(args.topic);
  std::vector<TopicPartition> out;
  for (const auto& [tp, offset] : offsets) out.push_back(tp);
  if (out.empty())
    return usage(fmt::format("group {} has committed no offsets; --topic TOPIC says what to move", args.name));
  return out;
}

Result<Offsets> targets(const Args& args, client::Client& client, const std::vector<TopicPartition>& partitions,
                        const Offsets& offsets) {
  TRY_ASSIGN(Offsets start, client.list_offsets(partitions, -2));
  TRY_ASSIGN(Offsets end, client.list_offsets(partitions, -1));
  if (args.to_earliest) return start;
  if (args.to_latest) return end;
  Offsets out;
  if (!args.to_time.empty()) {
    TRY_ASSIGN(int64_t ms, parse_time_ms(args.to_time));
    TRY_ASSIGN(out, client.list_offsets(partitions, ms));
    for (auto& [tp, offset] : out) {
      if (offset < 0) offset = end[tp];
    }
    return out;
  }
  for (const TopicPartition& tp : partitions) {
    int64_t wanted = args.to_offset;
    if (args.shift_given) {
      auto it = offsets.find(tp);
      if (it == offsets.end()) continue;
      wanted = it->second + args.shift_by;
    }
    // As Kafka's tool does: an offset outside of the log becomes the nearest one inside.
    out[tp] = std::clamp(wanted, start[tp], end[tp]);
  }
  return out;
}

Status seek(const Args& args) {
  int ways = args.to_earliest + args.to_latest + (args.to_offset >= 0) + args.shift_given + !args.to_time.empty();
  if (ways != 1) return usage("give one of --to-earliest, --to-latest, --to-offset N, --shift-by N, --to-time T");
  TRY_ASSIGN(client::Client client, connect(args.cluster));
  auto described = describe_group(client, args.name);
  // A group that is not there yet may be given offsets to start from.
  bool fresh = !described && described.code() == ErrorCode::group_id_not_found;
  if (!described && !fresh) return described.error();
  Group group = fresh ? Group() : *described;
  if (!group.members.empty()) {
    return failed(fmt::format("group {} is {} with {} member{}: its offsets belong to them; stop the consumers first",
                              args.name, group.group_state, group.members.size(), group.members.size() == 1 ? "" : "s"),
                  ErrorCode::cancelled);
  }
  Offsets now;
  if (!fresh) {
    TRY_ASSIGN(now, committed(client, args.name));
  }
  TRY_ASSIGN(auto partitions, to_move(args, client, now));
  TRY_ASSIGN(Offsets wanted, targets(args, client, partitions, now));
  if (args.cluster.json) {
    web::JsonWriter w;
    w.begin_array();
    for (const auto& [tp, offset] : wanted) {
      w.begin_object().field("topic", tp.topic).field("partition", tp.partition);
      w.field("from", now.contains(tp) ? std::optional<int64_t>(now[tp]) : std::nullopt)
          .field("to", offset)
          .field("dry_run", args.dry_run)
          .end_object();
    }
    fmt::print("{}\n", w.end_array().text());
  } else {
    Table table({"TOPIC", ">PARTITION", ">FROM", ">TO"});
    for (const auto& [tp, offset] : wanted)
      table.add({tp.topic, std::to_string(tp.partition), now.contains(tp) ? std::to_string(now[tp]) : "-",
                 std::to_string(offset)});
    table.print();
  }
  if (args.dry_run || wanted.empty()) return {};
  TRY(confirm(fmt::format("move group {} on {} partition{}", args.name, wanted.size(), wanted.size() == 1 ? "" : "s"),
              args.yes));
  wire::OffsetCommitRequest request;
  request.group_id = args.name;
  for (const auto& [tp, offset] : wanted) {
    if (request.topics.empty() || request.topics.back().name != tp.topic) request.topics.emplace_back().name = tp.topic;
    auto& p = request.topics.back().partitions.emplace_back();
    p.partition_index = tp.partition;
    p.committed_offset = offset;
    p.committed_metadata = "";
  }
  return admin(client, [&]() -> Status {
    TRY_ASSIGN(auto response,
               (client.call_coordinator<wire::OffsetCommitRequest, wire::OffsetCommitResponse>(args.name, request, 8)));
    for (const auto& t : response.topics) {
      for (const auto& p : t.partitions)
        TRY(client::answered(p.error_code, TopicPartition{t.name, p.partition_index}.to_string()));
    }
    return {};
  });
}

}  // namespace

void add_group(CLI::App& app, int& exit_code) {
  auto* cmd = app.add_subcommand("group", "Consumer groups: list, describe, delete, seek");
  cmd->require_subcommand(1);
  auto args = std::make_shared<Args>();
  auto add = [&](const char* name, const char* help, std::function<Status()> run) {
    auto* sub = cmd->add_subcommand(name, help);
    add_cluster_options(*sub, args->cluster);
    set_action(*sub, exit_code, std::move(run));
    return sub;
  };
  add("ls", "List the groups", [args] { return list(*args); })->alias("list");
  auto* d = add("describe", "Members, committed offsets, lag", [args] { return describe(*args); });
  d->add_option("GROUP", args->name, "The group")->required();
  auto* r = add("delete", "Delete groups that have no members", [args] { return remove(*args); });
  r->add_option("GROUP", args->names, "One or more groups")->required();
  r->add_flag("-y,--yes", args->yes, "Do not ask");
  auto* s = cmd->add_subcommand("seek", "Move the committed offsets of a group without members");
  add_cluster_options(*s, args->cluster);
  s->add_option("GROUP", args->name, "The group")->required();
  s->add_option("--topic", args->topic, "All partitions of this topic (default: those that are committed)");
  s->add_flag("--to-earliest", args->to_earliest, "To the first record that is left");
  s->add_flag("--to-latest", args->to_latest, "To the end");
  s->add_option("--to-offset", args->to_offset, "To this offset")->check(CLI::Range(int64_t{0}, INT64_MAX));
  auto* shift = s->add_option("--shift-by", args->shift_by, "By so many records, back when negative");
  s->add_option("--to-time", args->to_time, "To the first record at or after a time (ms or 2026-01-31T12:00:00Z)");
  s->add_flag("--dry-run", args->dry_run, "Only show what would be done");
  s->add_flag("-y,--yes", args->yes, "Do not ask");
  set_action(*s, exit_code, [args, shift] {
    args->shift_given = shift->count() > 0;
    return seek(*args);
  });
}

}  // namespace weir::cli
