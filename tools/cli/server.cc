#include <CLI/CLI.hpp>

#include "broker/main/serve.h"
#include "tools/cli/commands.h"

namespace weir::cli {

void add_server(CLI::App& app, int& exit_code) {
  auto* cmd = app.add_subcommand("server", "Run a node from a server.properties file");
  struct Args {
    std::string file, cluster_id;
    std::vector<std::string> overrides;
    bool auto_format = false;
  };
  auto args = std::make_shared<Args>();
  cmd->add_option("FILE", args->file, "An Apache Kafka 4.x server.properties")->required();
  cmd->add_option("--override,--set", args->overrides, "key=value that wins over the file; may be given several times");
  cmd->add_flag("--auto-format", args->auto_format, "Format the log directory if it is not");
  cmd->add_option("-t,--cluster-id", args->cluster_id, "Cluster id for --auto-format");
  cmd->callback([args, &exit_code] {
    auto config = main::load_config(args->file, args->overrides);
    if (!config) {
      std::fprintf(stderr, "weir: %s\n", config.error().message().c_str());
      exit_code = 1;
      return;
    }
    main::ServeOptions options;
    options.config = std::move(*config);
    options.auto_format = args->auto_format;
    options.cluster_id = args->cluster_id;
    exit_code = main::serve(std::move(options));
  });
}

}  // namespace weir::cli
