#include <CLI/CLI.hpp>
#include <algorithm>

#include <fmt/format.h>

#include "base/wire/messages/describe_configs.h"
#include "base/wire/messages/incremental_alter_configs.h"
#include "tools/cli/admin.h"
#include "tools/cli/commands.h"
#include "tools/cli/session.h"
#include "tools/cli/table.h"
#include "web/json_writer.h"

/// `weir config`: settings of topics, brokers and groups.
namespace weir::cli {
namespace {

// Kafka: ConfigEntry.ConfigSource.
std::string_view source_name(int8_t source) {
  switch (source) {
    case 1:
      return "topic";
    case 2:
      return "broker";
    case 3:
      return "all brokers";
    case 4:
      return "server.properties";
    case 5:
      return "default";
    case 8:
      return "group";
    default:
      return "unknown";
  }
}

struct Args {
  ClusterOptions cluster;
  std::string type, name;
  std::vector<std::string> pairs;
  bool all = false, docs = false;
};

/// `default` stands for the defaults of all brokers, which Kafka names "".
std::string resource_name(const Args& args, Resource type) {
  return type == Resource::broker && args.name == "default" ? "" : args.name;
}

Status describe(const Args& args) {
  TRY_ASSIGN(Resource type, parse_resource(args.type));
  TRY_ASSIGN(client::Client client, connect(args.cluster));
  TRY_ASSIGN(auto settings, describe_settings(client, type, resource_name(args, type)));
  if (!args.all && !args.cluster.json) std::erase_if(settings, [](const Setting& s) { return s.is_default; });
  if (args.cluster.json) {
    web::JsonWriter w;
    w.begin_array();
    for (const Setting& s : settings) {
      w.begin_object()
          .field("name", s.name)
          .field("value", s.value)
          .field("source", s.source)
          .field("default", s.is_default)
          .field("read_only", s.read_only);
      w.field("documentation", s.documentation).end_object();
    }
    fmt::print("{}\n", w.end_array().text());
    return {};
  }
  if (settings.empty()) {
    fmt::print("{} {} has no settings of its own; --all shows the defaults.\n", args.type, args.name);
    return {};
  }
  Table table(args.docs ? std::vector<std::string>{"NAME", "VALUE", "FROM", "MEANING"}
                        : std::vector<std::string>{"NAME", "VALUE", "FROM"});
  for (const Setting& s : settings) table.add({s.name, s.value.value_or("(hidden)"), s.source, s.documentation});
  table.print();
  return {};
}

Status alter(const Args& args, bool set) {
  TRY_ASSIGN(Resource type, parse_resource(args.type));
  const std::vector<std::string> none;
  if (set) {
    for (const std::string& pair : args.pairs) TRY(parse_pair(pair));
  }
  TRY_ASSIGN(client::Client client, connect(args.cluster));
  TRY(alter_settings(client, type, resource_name(args, type), set ? args.pairs : none, set ? none : args.pairs));
  if (args.cluster.json)
    fmt::print("{{\"changed\":{}}}\n", args.pairs.size());
  else
    fmt::print("{} setting{} of {} {} changed.\n", args.pairs.size(), args.pairs.size() == 1 ? "" : "s", args.type,
               args.name);
  return {};
}

}  // namespace

Result<Resource> parse_resource(const std::string& text) {
  if (text == "topic" || text == "topics") return Resource::topic;
  if (text == "broker" || text == "brokers") return Resource::broker;
  if (text == "group" || text == "groups") return Resource::group;
  return usage(fmt::format("`{}` has no settings; expected topic, broker or group", text));
}

Result<std::pair<std::string, std::string>> parse_pair(const std::string& text) {
  size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) return usage(fmt::format("`{}` is not KEY=VALUE", text));
  return std::pair(text.substr(0, equals), text.substr(equals + 1));
}

Result<std::vector<Setting>> describe_settings(client::Client& client, Resource type, const std::string& name) {
  wire::DescribeConfigsRequest request;
  request.include_documentation = true;
  auto& resource = request.resources.emplace_back();
  resource.resource_type = static_cast<int8_t>(type);
  resource.resource_name = name;
  resource.configuration_keys.reset();
  // A broker's own settings are known to that broker only.
  bool own = type == Resource::broker && !name.empty();
  Result<wire::DescribeConfigsResponse> response{ErrorCode::unknown_server_error};
  if (own) {
    if (name.find_first_not_of("0123456789") != std::string::npos || name.size() > 9)
      return usage(fmt::format("`{}` is no broker id; expected a number or `default`", name));
    response = client.call_node<wire::DescribeConfigsRequest, wire::DescribeConfigsResponse>(std::stoi(name), request);
  } else {
    response = client.call_any<wire::DescribeConfigsRequest, wire::DescribeConfigsResponse>(request);
  }
  if (!response) return response.error();
  if (response->results.size() != 1) return failed("the answer names no resource", ErrorCode::malformed);
  const auto& result = response->results[0];
  TRY(client::answered(result.error_code, name, result.error_message));
  std::vector<Setting> out;
  for (const auto& c : result.configs) {
    Setting s;
    s.name = c.name;
    if (!c.is_sensitive) s.value = c.value;
    s.is_default = c.config_source == 5 || (type == Resource::topic && c.config_source != 1);
    s.read_only = c.read_only;
    s.source = source_name(c.config_source);
    s.documentation = c.documentation.value_or("");
    out.push_back(std::move(s));
  }
  std::sort(out.begin(), out.end(), [](const Setting& a, const Setting& b) { return a.name < b.name; });
  return out;
}

Status alter_settings(client::Client& client, Resource type, const std::string& name,
                      const std::vector<std::string>& set, const std::vector<std::string>& unset) {
  wire::IncrementalAlterConfigsRequest request;
  auto& resource = request.resources.emplace_back();
  resource.resource_type = static_cast<int8_t>(type);
  resource.resource_name = name;
  for (const std::string& text : set) {
    TRY_ASSIGN(auto pair, parse_pair(text));
    auto& c = resource.configs.emplace_back();
    c.name = pair.first;
    c.value = pair.second;
  }
  for (const std::string& key : unset) {
    auto& c = resource.configs.emplace_back();
    c.name = key;
    c.config_operation = 1;  // DELETE
    c.value.reset();
  }
  if (resource.configs.empty()) return usage("nothing to change is given");
  return admin(client, [&]() -> Status {
    TRY_ASSIGN(auto response,
               (client.call_any<wire::IncrementalAlterConfigsRequest, wire::IncrementalAlterConfigsResponse>(request)));
    for (const auto& r : response.responses) TRY(client::answered(r.error_code, name, r.error_message));
    return {};
  });
}

void add_config(CLI::App& app, int& exit_code) {
  auto* cmd = app.add_subcommand("config", "Settings of topics, brokers and groups");
  cmd->require_subcommand(1);
  auto args = std::make_shared<Args>();
  auto add = [&](const char* name, const char* help, const char* pairs, std::function<Status()> run) {
    auto* sub = cmd->add_subcommand(name, help);
    sub->add_option("TYPE", args->type, "topic, broker or group")->required();
    sub->add_option("NAME", args->name, "Name of the topic or group, id of the broker, or `default` for all brokers")
        ->required();
    if (pairs) sub->add_option(pairs, args->pairs, "One or more")->required();
    add_cluster_options(*sub, args->cluster);
    set_action(*sub, exit_code, std::move(run));
    return sub;
  };
  auto* d = add("describe", "Show settings and where they come from", nullptr, [args] { return describe(*args); });
  d->alias("get");
  d->add_flag("-a,--all", args->all, "Defaults too");
  d->add_flag("--docs", args->docs, "What each means");
  add("set", "Change settings", "KEY=VALUE", [args] { return alter(*args, true); });
  add("unset", "Take settings back to their defaults", "KEY", [args] { return alter(*args, false); });
}

}  // namespace weir::cli
