#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>

#include "base/util/version.h"
#include "tools/cli/commands.h"

/// `weir`: server and client in one binary. Commands are in tools/cli, what runs a node in broker/main.
int main(int argc, char** argv) {
  CLI::App app{"Weir: a Kafka-compatible log with stream processing and a live dashboard, in one binary.", "weir"};
  app.require_subcommand(1);
  app.set_help_all_flag("--help-all", "Help for all commands");
  app.set_version_flag("--version", "weir " + std::string(weir::kVersion));
  app.failure_message([](const CLI::App* failed, const CLI::Error& e) {
    std::string command = "weir";
    for (auto parsed = failed->get_subcommands(); !parsed.empty(); parsed = parsed.front()->get_subcommands()) {
      command.append(" ").append(parsed.front()->get_name());
    }
    return std::string(e.what()).append("\n`").append(command).append(" --help` tells more\n").insert(0, "weir: ");
  });
  int exit_code = 0;
  weir::cli::add_server(app, exit_code);
  weir::cli::add_format(app, exit_code);
  weir::cli::add_dev(app, exit_code);
  weir::cli::add_cluster(app, exit_code);
  weir::cli::add_sql(app, exit_code);
  weir::cli::add_job(app, exit_code);
  weir::cli::add_topic(app, exit_code);
  weir::cli::add_group(app, exit_code);
  weir::cli::add_produce(app, exit_code);
  weir::cli::add_consume(app, exit_code);
  weir::cli::add_config(app, exit_code);
  weir::cli::add_quorum(app, exit_code);
  weir::cli::add_elect(app, exit_code);
  weir::cli::add_info(app, exit_code);
  weir::cli::add_dump(app, exit_code);
  weir::cli::add_bench(app, exit_code);
  weir::cli::add_sim(app, exit_code);
  // A mistyped command or subcommand, which the parser would only say is missing.
  std::string said = "weir";
  const CLI::App* in = &app;
  for (int i = 1; i < argc && argv[i][0] != '-'; ++i) {
    auto commands = in->get_subcommands([](const CLI::App*) { return true; });
    if (commands.empty()) break;
    auto named = std::find_if(commands.begin(), commands.end(), [&](auto* c) { return c->check_name(argv[i]); });
    if (named == commands.end()) {
      std::fprintf(stderr, "weir: there is no command '%s'; `%s --help` lists them\n", argv[i], said.c_str());
      return 2;
    }
    in = *named;
    said.append(" ").append(in->get_name());
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    int code = app.exit(e);
    return code == 0 ? 0 : 2;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "weir: %s\n", e.what());
    return 1;
  }
  return exit_code;
}
