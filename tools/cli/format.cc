#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "base/io/backends/make_runtime.h"
#include "broker/log_dir.h"
#include "broker/main/serve.h"
#include "tools/cli/commands.h"

namespace weir::cli {
namespace {

struct Args {
  std::string file, cluster_id, controllers;
  bool standalone = false, ignore_formatted = false, none = false;
};

Status format(const Args& args) {
  TRY_ASSIGN(auto config, main::load_config(args.file, {}));
  if (args.cluster_id.empty())
    return Error(ErrorCode::invalid_argument, "format", "-t CLUSTER_ID is missing; `weir uuid` makes one");
  if (!Uuid::parse(args.cluster_id)) {
    return Error(ErrorCode::invalid_argument, "format",
                 fmt::format("-t {}: not a cluster id (22 characters of URL-safe base64); `weir uuid` makes one",
                             args.cluster_id));
  }
  std::string why;
  TRY_ASSIGN(auto runtime, io::make_runtime(io::IoChoice::posix, why));
  auto draw = [&] { return Uuid::from_random(runtime->random().next(), runtime->random().next()); };
  broker::MetaProperties meta{args.cluster_id, config.node_id, draw()};
  std::vector<replication::Voter> voters;
  if (args.standalone) {
    TRY_ASSIGN(auto spec, broker::parse_listener(config.listeners.back()));
    for (const std::string& text : config.listeners) {
      TRY_ASSIGN(auto l, broker::parse_listener(text));
      if (std::find(config.controller_listener_names.begin(), config.controller_listener_names.end(), l.name) !=
          config.controller_listener_names.end())
        spec = l;
    }
    if (spec.endpoint.host.empty() || spec.endpoint.host == "0.0.0.0") spec.endpoint.host = "127.0.0.1";
    voters.push_back({config.node_id, meta.directory_id, spec.endpoint});
  }
  std::string_view rest = args.controllers;
  while (!rest.empty()) {
    size_t comma = rest.find(',');
    TRY_ASSIGN(auto voter, broker::parse_voter(rest.substr(0, comma)));
    if (voter.id == config.node_id && !voter.directory_id.is_zero()) meta.directory_id = voter.directory_id;
    voters.push_back(voter);
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
  }
  std::vector<std::string> dirs = config.log_dirs.empty() ? std::vector<std::string>{config.log_dir} : config.log_dirs;
  for (const std::string& dir : dirs) {
    Status s = broker::format_log_dir(runtime->disk(), dir, meta, voters);
    if (!s && s.code() == ErrorCode::already_exists && args.ignore_formatted) {
      fmt::print("{} is formatted already\n", dir);
      continue;
    }
    TRY(s);
    fmt::print("Formatting {} with cluster id {} and node id {}.\n", dir, args.cluster_id, config.node_id);
    if (&dir != &dirs.back()) meta.directory_id = draw();
  }
  return {};
}

}  // namespace

void add_format(CLI::App& app, int& exit_code) {
  auto* cmd = app.add_subcommand("format", "Format a node's log directory, once");
  auto args = std::make_shared<Args>();
  cmd->add_option("-c,--config", args->file, "The node's server.properties")->required();
  cmd->add_option("-t,--cluster-id", args->cluster_id, "Id of the cluster: 22 characters of base64 (`weir uuid`)");
  cmd->add_flag("-s,--standalone", args->standalone, "This node is the only controller");
  cmd->add_option("-I,--initial-controllers", args->controllers,
                  "The first controllers: ID@HOST:PORT:DIRECTORY-ID, several with commas");
  cmd->add_flag("-N,--no-initial-controllers", args->none, "The controllers are those of controller.quorum.voters");
  cmd->add_flag("-g,--ignore-formatted", args->ignore_formatted, "A formatted directory is no error");
  cmd->callback([args, &exit_code] {
    if (Status s = format(*args); !s) {
      std::fprintf(stderr, "weir: %s\n", s.error().message().c_str());
      exit_code = 1;
    }
  });
  auto* uuid = app.add_subcommand("uuid", "Print a new random id");
  uuid->callback([] {
    std::string why;
    auto runtime = io::make_runtime(io::IoChoice::posix, why);
    if (runtime)
      fmt::print("{}\n", Uuid::from_random((*runtime)->random().next(), (*runtime)->random().next()).to_string());
  });
}

}  // namespace weir::cli
