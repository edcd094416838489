#include "tools/cli/session.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "base/config/config.h"

namespace weir::cli {
namespace {

/// What to try next, by what went wrong.
std::string_view next_step(ErrorCode code) {
  switch (code) {
    case ErrorCode::connection_failed:
      return "is it up, and is this its address? `-b HOST:PORT` gives another, `weir cluster ps --dir DIR` lists the "
             "nodes of a local cluster";
    case ErrorCode::request_timed_out:
      return "the cluster is up but slow or without a leader; `weir quorum` and `weir info` show its state";
    case ErrorCode::unknown_topic_or_partition:
      return "`weir topic ls` lists the topics, `weir topic create NAME` makes one";
    case ErrorCode::topic_already_exists:
      return "`weir topic describe NAME` shows it";
    case ErrorCode::not_enough_replicas:
    case ErrorCode::not_enough_replicas_after_append:
      return "start more nodes (`weir cluster ps --dir DIR`) or lower min.insync.replicas (`weir topic alter`)";
    case ErrorCode::leader_not_available:
      return "`weir topic describe NAME` shows the replicas; start a node that holds one";
    case ErrorCode::invalid_replication_factor:
      return "`weir info` lists the nodes that are up";
    case ErrorCode::invalid_partitions:
      return "a topic's partitions can only grow; `weir topic describe NAME` shows them";
    case ErrorCode::invalid_config:
      return "`weir config describe TYPE NAME --all` lists the settings";
    case ErrorCode::group_id_not_found:
      return "`weir group ls` lists the groups";
    case ErrorCode::non_empty_group:
      return "stop the group's consumers first";
    case ErrorCode::unknown_member_id:
      return "the group has members; stop its consumers first";
    case ErrorCode::coordinator_not_available:
    case ErrorCode::coordinator_load_in_progress:
    case ErrorCode::not_coordinator:
      return "try again in a moment";
    case ErrorCode::offset_out_of_range:
      return "-o start reads from the first record that is left";
    case ErrorCode::message_too_large:
    case ErrorCode::record_list_too_large:
      return "raise max.message.bytes of the topic (`weir topic alter`) or send smaller records";
    case ErrorCode::not_controller:
      return "the controller is moving; try again in a moment";
    case ErrorCode::sasl_authentication_failed:
    case ErrorCode::topic_authorization_failed:
    case ErrorCode::cluster_authorization_failed:
    case ErrorCode::group_authorization_failed:
      return "this command line speaks plain text without authentication only";
    default:
      return "";
  }
}

std::string bootstrap_of_dir(const std::string& dir) {
  std::string out;
  for (int id = 1;; ++id) {
    std::ifstream in(std::filesystem::path(dir) / fmt::format("node-{}.properties", id));
    if (!in) return out;
    std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    auto values = config::parse_properties(text);
    if (!values) continue;
    std::string listener = (*values)["listeners"];
    size_t scheme = listener.find("://");
    if (scheme != std::string::npos) listener.erase(0, scheme + 3);
    if (size_t comma = listener.find(','); comma != std::string::npos) listener.erase(comma);
    if (!listener.empty()) out += (out.empty() ? "" : ",") + listener;
  }
}

}  // namespace

void add_cluster_options(CLI::App& command, ClusterOptions& options) {
  command.add_option("-b,--bootstrap,--bootstrap-server", options.bootstrap,
                     "HOST:PORT,… of any of the nodes (default: $WEIR_BROKERS, else localhost:9092)");
  command.add_option("--dir", options.dir, "Directory of a local cluster (`weir cluster`), instead of --bootstrap");
  command.add_option("--timeout", options.timeout_s, "Seconds to try for")
      ->capture_default_str()
      ->check(CLI::Range(1, 86'400));
  command.add_flag("--json", options.json, "Print JSON");
}

Result<client::Client> connect(const ClusterOptions& options) {
  std::string text = options.bootstrap;
  if (text.empty() && !options.dir.empty()) {
    text = bootstrap_of_dir(options.dir);
    if (text.empty())
      return usage(fmt::format("{} holds no cluster; `weir cluster up --dir {}` starts one", options.dir, options.dir));
  }
  const char* env = std::getenv("WEIR_BROKERS");
  if (text.empty() && env) text = env;
  if (text.empty()) text = "localhost:9092";
  client::ClientOptions client_options;
  TRY_ASSIGN(client_options.bootstrap, client::parse_bootstrap(text));
  client_options.retry_ms = options.timeout_s * 1000;
  // One request gets a part of the time only: when a node freezes there has to be time left to ask another one.
  client_options.connection.request_timeout_ms = std::min(8'000, options.timeout_s * 1000);
  client_options.connection.connect_timeout_ms = std::min(5000, options.timeout_s * 1000);
  client_options.connection.client_id = "weir-cli";
  client::Client client(std::move(client_options));
  TRY(client.any());
  return client;
}

Error failed(std::string text, ErrorCode code) { return Error(code, "cli", std::move(text)); }
Error usage(std::string text) { return Error(ErrorCode::invalid_argument, "cli", std::move(text)); }

std::string explain(const Error& error) {
  std::string out;
  auto number = static_cast<int16_t>(error.code);
  if (std::string_view(error.where) == "cli")
    out = error.detail;
  else if (number > 0 && std::string_view(error.where) == client::kSaysAll)
    out = fmt::format("{} ({}): {}", error_wire_name(error.code), number, error.detail);
  else if (number > 0)
    out = fmt::format("{} ({}): {}{}{}", error_wire_name(error.code), number, error_phrase(error.code),
                      error.detail.empty() ? "" : ": ", error.detail);
  else if (error.code == ErrorCode::connection_failed && !error.detail.empty())
    out = error.detail;
  else if (error.code == ErrorCode::invalid_argument && !error.detail.empty())
    out = error.detail;
  else
    out = error.message();
  std::string_view step = next_step(error.code);
  if (!step.empty() && out.ends_with('.')) out.pop_back();
  return step.empty() || std::string_view(error.where) == "cli" ? out : fmt::format("{}; {}", out, step);
}

int exit_code_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::connection_failed:
      return 3;
    case ErrorCode::invalid_argument:
      return 2;
    case ErrorCode::cancelled:
      return 4;
    default:
      return 1;
  }
}

void set_action(CLI::App& command, int& exit_code, std::function<Status()> run) {
  command.callback([run = std::move(run), &exit_code] {
    Status status = run();
    show_progress("");
    std::fflush(stdout);
    if (status) return;
    exit_code = exit_code_of(status.error());
    fmt::print(stderr, "weir: {}\n", explain(status.error()));
  });
}

Status confirm(const std::string& what, bool yes) {
  if (yes) return {};
  if (!::isatty(STDIN_FILENO) || !::isatty(STDERR_FILENO))
    return failed(fmt::format("this would {}; --yes allows it", what), ErrorCode::cancelled);
  fmt::print(stderr, "This will {}. Go on? [y/N] ", what);
  std::fflush(stderr);
  char answer[16] = {};
  if (std::fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y')) return {};
  return failed("nothing was changed", ErrorCode::cancelled);
}

bool shows_progress() {
  static const bool terminal = ::isatty(STDERR_FILENO);
  return terminal;
}

void show_progress(const std::string& line) {
  static bool shown = false;
  if (!shows_progress() || (line.empty() && !shown)) return;
  fmt::print(stderr, "\r\x1b[K{}", line);
  std::fflush(stderr);
  shown = !line.empty();
}

int64_t wall_now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

std::string format_time(int64_t wall_ms) {
  int64_t seconds = wall_ms / 1000, ms = wall_ms % 1000;
  if (ms < 0) ms += 1000, --seconds;
  auto t = static_cast<time_t>(seconds);
  tm parts{};
  if (!::gmtime_r(&t, &parts)) return std::to_string(wall_ms);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:03}", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                     parts.tm_hour, parts.tm_min, parts.tm_sec, ms);
}

Result<int64_t> parse_duration_ms(const std::string& text) {
  int64_t n = 0;
  const char* end = text.data() + text.size();
  auto [rest, code] = std::from_chars(text.data(), end, n);
  std::string_view unit(rest, static_cast<size_t>(end - rest));
  int64_t factor = unit.empty() || unit == "s" ? 1000
                   : unit == "ms"              ? 1
                   : unit == "m"               ? 60'000
                   : unit == "h"               ? 3'600'000
                   : unit == "d"               ? 86'400'000
                                               : 0;
  if (code != std::errc() || factor == 0 || n < 0 || n > INT64_MAX / factor)
    return usage(fmt::format("`{}` is no duration; expected 250ms, 90s, 5m, 2h or 7d", text));
  return n * factor;
}

Result<int64_t> parse_time_ms(const std::string& text) {
  int64_t ms = 0;
  auto [rest, code] = std::from_chars(text.data(), text.data() + text.size(), ms);
  if (code == std::errc() && rest == text.data() + text.size()) return ms;
  tm parts{};
  const char* p = ::strptime(text.c_str(), "%Y-%m-%d", &parts);
  if (p && (*p == 'T' || *p == ' ')) {
    const char* at = p + 1;
    p = ::strptime(at, "%H:%M:%S", &parts);
    if (!p) p = ::strptime(at, "%H:%M", &parts);
  }
  int64_t fraction = 0;
  if (p && *p == '.') {
    int digits = 0;
    for (++p; *p >= '0' && *p <= '9'; ++p) {
      if (digits++ < 3) fraction = fraction * 10 + (*p - '0');
    }
    for (; digits < 3; ++digits) fraction *= 10;
  }
  if (p && *p == 'Z') ++p;
  if (!p || *p != '\0')
    return usage(fmt::format("`{}` is no time; expected milliseconds since 1970 or 2026-01-31T12:00:00Z", text));
  return static_cast<int64_t>(::timegm(&parts)) * 1000 + fraction;
}

std::string grouped(int64_t n) {
  std::string digits = std::to_string(n < 0 ? -n : n), out;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) out += ',';
    out += digits[i];
  }
  return n < 0 ? "-" + out : out;
}

std::string size_text(int64_t bytes) {
  double v = static_cast<double>(bytes);
  const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  size_t u = 0;
  while (v >= 1024 && u + 1 < std::size(units)) v /= 1024, ++u;
  return u == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", v, units[u]);
}

}  // namespace weir::cli
