#pragma once
#include <functional>
#include <string>

#include "base/util/result.h"
#include "tools/client/client.h"

namespace CLI {
class App;
}

/// What the commands that talk to a cluster share: which cluster, how errors and exit codes look, when to ask first.
namespace weir::cli {

struct ClusterOptions {
  std::string bootstrap, dir;
  bool json = false;
  int timeout_s = 30;
};

/// -b/--bootstrap, --dir, --json and --timeout.
void add_cluster_options(CLI::App& command, ClusterOptions& options);
/// The servers: --bootstrap, else the nodes of --dir, else WEIR_BROKERS, else localhost:9092. Connects once, so that a
/// wrong address is told at once.
Result<client::Client> connect(const ClusterOptions& options);

/// Makes `run` the command's callback: an error is printed to stderr and sets the exit code.
void set_action(CLI::App& command, int& exit_code, std::function<Status()> run);
/// "NOT_ENOUGH_REPLICAS (19): phrase: detail; next step" for a person.
std::string explain(const Error& error);
/// 0 ok, 1 failed, 2 usage, 3 not reachable, 4 unsafe refused.
int exit_code_of(const Error& error);
/// An error whose message is `text` and nothing else.
Error failed(std::string text, ErrorCode code = ErrorCode::unknown_server_error);
Error usage(std::string text);

/// Asks on a terminal; elsewhere `yes` (--yes) has to be set. Error: cancelled, exit code 4.
Status confirm(const std::string& what, bool yes);

/// Whether stderr shows progress to a person.
bool shows_progress();
/// Replaces the line of progress; "" removes it.
void show_progress(const std::string& line);

/// "2026-01-31 12:00:00.000", UTC.
std::string format_time(int64_t wall_ms);
int64_t wall_now_ms();
/// "90", "90s", "5m", "2h", "7d" or "250ms", in milliseconds. Errors: invalid_argument.
Result<int64_t> parse_duration_ms(const std::string& text);
/// Milliseconds since 1970, or "2026-01-31", "2026-01-31T12:00:00Z", "2026-01-31 12:00:00.000" (UTC). Errors:
/// invalid_argument.
Result<int64_t> parse_time_ms(const std::string& text);
/// "12,345,678".
std::string grouped(int64_t n);
/// "1.5 MiB".
std::string size_text(int64_t bytes);

}  // namespace weir::cli
