#pragma once
#include <optional>
#include <string>

#include "base/config/config.h"
#include "base/util/result.h"

namespace weir::main {

struct ServeOptions {
  config::BrokerConfig config;
  bool auto_format = false;
  bool memory_only = false;      // no log directory at all
  std::string cluster_id;        // for auto_format and memory_only; empty: drawn
  bool end_with_parent = false;  // weir dev --ephemeral
  bool human_banner = false;     // a person at a terminal reads along
};

/// Runs one node in this process until SIGTERM or SIGINT. Prints the ready line on stdout once it serves. Returns the
/// exit code.
int serve(ServeOptions options);

/// The config of a properties file with overrides "key=value" on top; warnings go to the log. Errors name the file and
/// the key.
Result<config::BrokerConfig> load_config(const std::string& path, const std::vector<std::string>& overrides);

/// The directory a node with this config keeps its logs in; empty: in memory.
std::string log_dir_of(const config::BrokerConfig& config);

}  // namespace weir::main
