#include <unistd.h>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "broker/main/serve.h"
#include "tools/cli/commands.h"

namespace weir::cli {

/// One node for a laptop: single partition defaults, no waiting for company.
void add_dev(CLI::App& app, int& exit_code) {
  auto* cmd = app.add_subcommand("dev", "Run one node for development");
  struct Args {
    int kafka_port = 9092, http_port = 8080;
    std::string dir, host = "127.0.0.1";
    std::vector<std::string> set;
    bool ephemeral = false;
  };
  auto args = std::make_shared<Args>();
  auto* kafka = cmd->add_option("--kafka-port", args->kafka_port, "Kafka port (0: any free one)")
                    ->capture_default_str();
  auto* http = cmd->add_option("--http-port", args->http_port, "Port of the dashboard (0: any free one)")
                   ->capture_default_str();
  cmd->add_option("--host", args->host, "Address to listen on")->capture_default_str();
  cmd->add_option("--dir", args->dir, "Where to keep the data (default: ~/.weir/dev)");
  cmd->add_option("--set", args->set, "key=value of server.properties; may be given several times");
  cmd->add_flag("--ephemeral", args->ephemeral, "Memory only, free ports, ends with its parent");
  cmd->callback([args, kafka, http, &exit_code] {
    if (args->ephemeral) {
      if (kafka->count() == 0) args->kafka_port = 0;
      if (http->count() == 0) args->http_port = 0;
    }
    if (args->dir.empty()) {
      const char* home = std::getenv("HOME");
      args->dir = fmt::format("{}/.weir/dev", home ? home : "/tmp");
    }
    config::Values values{{"node.id", "1"},
                          {"listeners", fmt::format("PLAINTEXT://{}:{}", args->host, args->kafka_port)},
                          {"weir.http.listeners", fmt::format("{}:{}", args->host, args->http_port)},
                          {"log.dirs", args->dir},
                          {"offsets.topic.num.partitions", "1"},
                          {"offsets.topic.replication.factor", "1"},
                          {"group.initial.rebalance.delay.ms", "0"},
                          {"weir.log.level", "warn"}};
    int exit = 0;
    for (const std::string& s : args->set) {
      size_t eq = s.find('=');
      if (eq == std::string::npos) {
        std::fprintf(stderr, "weir: --set %s is not key=value\n", s.c_str());
        exit_code = 2;
        return;
      }
      values[s.substr(0, eq)] = s.substr(eq + 1);
    }
    std::vector<std::string> warnings;
    auto config = config::make_broker_config(values, warnings);
    for (const std::string& w : warnings) std::fprintf(stderr, "weir: %s\n", w.c_str());
    if (!config) {
      std::fprintf(stderr, "weir: %s\n", config.error().message().c_str());
      exit_code = 1;
      return;
    }
    main::ServeOptions options;
    options.config = std::move(*config);
    options.auto_format = true;
    options.memory_only = args->ephemeral;
    options.end_with_parent = args->ephemeral;
    options.human_banner = ::isatty(STDERR_FILENO) && !args->ephemeral;
    exit = main::serve(std::move(options));
    exit_code = exit;
  });
}

}  // namespace weir::cli
