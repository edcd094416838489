#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <thread>

#include <fmt/format.h>

#include "base/config/config.h"
#include "base/util/uuid.h"
#include "tools/cli/commands.h"

/// `weir cluster`: nodes as processes of their own on this machine. DIR holds per node N: node-N.properties, node-N.log
/// (stderr), node-N.out (ready line), node-N.pid (pid and start time, which together name one process), data-N/.
namespace weir::cli {
namespace {

namespace fs = std::filesystem;

constexpr int kNodes = 3, kKafkaPort = 19092, kHttpPort = 8081;

struct Args {
  int node = 0;
  std::optional<int> nodes, kafka_port, http_port, controller_port;  // as given
  std::string dir;
  std::vector<std::string> set;
  bool json = false, no_wait = false;
};

struct NodeFile {
  int id;
  fs::path properties, log, out, pid;
};

struct Failure {
  std::string text;
  int code = 1;
};

NodeFile files_of(const std::string& dir, int id) {
  fs::path base = fs::path(dir) / fmt::format("node-{}", id);
  auto with = [&](const char* suffix) { return fs::path(base.string() + suffix); };
  return {id, with(".properties"), with(".log"), with(".out"), with(".pid")};
}

std::vector<int> nodes_in(const std::string& dir) {
  std::vector<int> ids;
  for (int id = 1; fs::exists(files_of(dir, id).properties); ++id) ids.push_back(id);
  if (ids.empty())
    throw Failure{fmt::format("{} holds no cluster; start one with `weir cluster up -n 3 --dir {}`", dir, dir)};
  return ids;
}

std::string read_text(const fs::path& path) {
  std::ifstream in(path);
  std::stringstream s;
  s << in.rdbuf();
  return s.str();
}

config::Values properties_of(const NodeFile& node) {
  auto v = config::parse_properties(read_text(node.properties));
  return v ? *v : config::Values{};
}

/// Start time in clock ticks since boot, and state; with the pid it names a process for good.
bool stat_of(pid_t pid, unsigned long long& start, char& state) {
  std::string text = read_text(fmt::format("/proc/{}/stat", pid));
  size_t close = text.rfind(')');
  if (close == std::string::npos) return false;
  std::istringstream in(text.substr(close + 2));
  std::string field;
  for (int i = 3; i <= 22; ++i) {
    if (!(in >> field)) return false;
    if (i == 3) state = field[0];
    if (i == 22) start = std::stoull(field);
  }
  return true;
}

/// The node's process, or 0 when it does not run.
pid_t pid_of(const NodeFile& node, char* state = nullptr) {
  std::istringstream in(read_text(node.pid));
  pid_t pid = 0;
  unsigned long long recorded = 0, start = 0;
  char s = '?';
  if (!(in >> pid >> recorded) || !stat_of(pid, start, s) || start != recorded || s == 'Z' || s == 'X') return 0;
  if (state) *state = s;
  return pid;
}

/// First ports, of node 1. controller 0: what the files say of the listeners stays.
struct Ports {
  int kafka = kKafkaPort, http = kHttpPort, controller = 0;
};

bool is_free(int port) {
  int s = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
  ::setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(static_cast<uint16_t>(port));
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool bound = ::bind(s, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0;
  ::close(s);
  return bound;
}

/// Ten above the Kafka ports, or the next multiple of ten above them where all nodes find theirs free.
int controller_port_for(int kafka, int http, int nodes) {
  for (int port = kafka + 10; port <= kafka + 100 && port + nodes - 1 <= 65'535; port += 10) {
    bool good = port + nodes <= http || http + nodes <= port;
    for (int i = 0; good && i < nodes; ++i) good = is_free(port + i);
    if (good) return port;
  }
  throw Failure{
      fmt::format("between {} and {} there are no {} free ports in a row for the controllers' listeners; choose "
                  "one with --controller-port",
                  kafka + 10, kafka + 100, nodes)};
}

using Settings = std::vector<std::pair<std::string, std::string>>;

/// What the command line says of a node's file: everything for a new one, else only what is given.
Settings settings_of(const Args& args, const Ports& ports, int id, int nodes, bool fresh) {
  Settings out;
  const std::string rf = std::to_string(std::min(nodes, 3));
  auto at = [](int first, int node) { return fmt::format("127.0.0.1:{}", first + node - 1); };
  if (fresh) {
    out.emplace_back("process.roles", "broker,controller");
    out.emplace_back("node.id", std::to_string(id));
    out.emplace_back("log.dirs", fs::absolute(fs::path(args.dir) / fmt::format("data-{}", id)).string());
    out.emplace_back("default.replication.factor", rf);
    out.emplace_back("min.insync.replicas", nodes > 1 ? "2" : "1");
    out.emplace_back("offsets.topic.replication.factor", rf);
    out.emplace_back("group.initial.rebalance.delay.ms", "0");
  }
  if (ports.controller) {
    // What controllers say to each other is said on listeners of their own: on one that clients use too any of them
    // could start elections.
    std::string voters;
    for (int v = 1; v <= nodes; ++v) voters += fmt::format("{}{}@{}", v > 1 ? "," : "", v, at(ports.controller, v));
    out.emplace_back("controller.quorum.voters", voters);
    out.emplace_back("listeners",
                     fmt::format("PLAINTEXT://{},CONTROLLER://{}", at(ports.kafka, id), at(ports.controller, id)));
    out.emplace_back("advertised.listeners", "PLAINTEXT://" + at(ports.kafka, id));
    out.emplace_back("controller.listener.names", "CONTROLLER");
    out.emplace_back("listener.security.protocol.map", "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT");
  }
  if (fresh || args.http_port) out.emplace_back("weir.http.listeners", at(ports.http, id));
  for (const std::string& s : args.set) {
    size_t eq = s.find('=');
    if (eq == std::string::npos || eq == 0) throw Failure{fmt::format("--set {} is not key=value", s), 2};
    out.emplace_back(s.substr(0, eq), s.substr(eq + 1));
  }
  return out;
}

/// The file's text with the lines of these keys changed and those that are missing added; the rest stays, for it may
/// be somebody's work.
std::string with_settings(const std::string& text, const Settings& settings) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  for (const auto& [key, value] : settings) {
    std::string wanted = key;
    wanted.append("=").append(value);
    auto names_key = [&key = key](const std::string& line) {
      return line.size() > key.size() && line.starts_with(key) && line[key.size()] == '=';
    };
    auto at = std::find_if(lines.begin(), lines.end(), names_key);
    if (at == lines.end()) {
      lines.push_back(wanted);
      continue;
    }
    *at = wanted;
    lines.erase(std::remove_if(at + 1, lines.end(), names_key), lines.end());
  }
  std::string out;
  for (const std::string& line : lines) out.append(line).append("\n");
  return out;
}

/// A setting that no node would start with is to be said before a file keeps it.
void check_properties(const fs::path& path, const std::string& text) {
  std::vector<std::string> warnings;
  auto values = config::parse_properties(text);
  auto made = values ? config::make_broker_config(*values, warnings) : Result<config::BrokerConfig>(values.error());
  if (!made) throw Failure{fmt::format("{}; no node is started ({})", made.error().message(), path.string()), 2};
}

/// HOST:PORT of the node's listener for clients, which is the first one, as its file says.
std::string kafka_of(const NodeFile& node) {
  std::string kafka = properties_of(node)["listeners"];
  kafka.resize(std::min(kafka.size(), kafka.find(',')));
  size_t scheme = kafka.find("://");
  return scheme == std::string::npos ? kafka : kafka.substr(scheme + 3);
}

int port_of(const std::string& address) { return std::atoi(address.substr(address.rfind(':') + 1).c_str()); }

Ports ports_of(const Args& args, int nodes, bool fresh) {
  Ports p;
  if (!fresh) {
    const NodeFile first = files_of(args.dir, 1);
    if (int port = port_of(kafka_of(first))) p.kafka = port;
    if (int port = port_of(properties_of(first)["weir.http.listeners"])) p.http = port;
  }
  p.kafka = args.kafka_port.value_or(p.kafka);
  p.http = args.http_port.value_or(p.http);
  if (args.controller_port)
    p.controller = *args.controller_port;
  else if (fresh || args.kafka_port)
    p.controller = controller_port_for(p.kafka, p.http, nodes);
  auto apart = [&](const char* one, int a, const char* other, int b) {
    if (a < b + nodes && b < a + nodes)
      throw Failure{fmt::format("{} {} and {} {}: {} nodes need {} ports of each", one, a, other, b, nodes, nodes), 2};
  };
  apart("--kafka-port", p.kafka, "--http-port", p.http);
  if (p.controller) {
    apart("--controller-port", p.controller, "--kafka-port", p.kafka);
    apart("--controller-port", p.controller, "--http-port", p.http);
  }
  return p;
}

std::string cluster_id_of(const std::string& dir) {
  fs::path path = fs::path(dir) / "cluster.id";
  std::string id = read_text(path);
  if (id.empty()) {
    uint64_t r[2];
    std::ifstream("/dev/urandom").read(reinterpret_cast<char*>(r), sizeof r);
    id = Uuid::from_random(r[0], r[1]).to_string();
    std::ofstream(path) << id;
  }
  return id;
}

/// Returns where in its log the node's new life begins.
size_t launch(const std::string& dir, const NodeFile& node) {
  if (pid_of(node)) throw Failure{fmt::format("node {} of {} already runs", node.id, dir)};
  std::string cluster = cluster_id_of(dir);
  std::error_code none;
  const auto logged = fs::file_size(node.log, none);
  // By its path, for the kernel names a process by the file's name: `ps` and `pgrep weir` shall find it.
  const std::string self = fs::read_symlink("/proc/self/exe", none).string();
  ::unlink(node.out.c_str());  // what its last life said is not to be taken for this one's being ready
  pid_t pid = ::fork();
  if (pid < 0) throw Failure{fmt::format("fork: {}", std::strerror(errno))};
  if (pid == 0) {
    ::setsid();
    int null = ::open("/dev/null", O_RDONLY), out = ::open(node.out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644),
        log = ::open(node.log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    ::dup2(null, 0), ::dup2(out, 1), ::dup2(log, 2);
    // A node must not hold a caller's lock or pipe for as long as it lives.
    ::closefrom(3);
    for (const char* path : {self.c_str(), "/proc/self/exe"})  // the second when the file was replaced meanwhile
      ::execl(path, "weir", "server", node.properties.c_str(), "--auto-format", "-t", cluster.c_str(),
              static_cast<char*>(nullptr));
    ::_exit(127);
  }
  unsigned long long start = 0;
  char state = '?';
  stat_of(pid, start, state);
  std::ofstream(node.pid) << pid << " " << start << "\n";
  return logged == static_cast<uintmax_t>(-1) ? 0 : static_cast<size_t>(logged);
}

/// What a node that is not ready yet most likely waits for.
std::string why_not_ready(const std::string& dir, const NodeFile& node) {
  const std::vector<int> ids = nodes_in(dir);
  const auto running = std::count_if(ids.begin(), ids.end(), [&](int id) { return pid_of(files_of(dir, id)) != 0; });
  const size_t majority = ids.size() / 2 + 1;
  if (static_cast<size_t>(running) < majority)
    return fmt::format("it serves once {} of the {} nodes run, and {} does; start another with `weir cluster start`",
                       majority, ids.size(), running);
  return fmt::format("see {}", node.log.string());
}

void await_ready(const std::string& dir, const NodeFile& node, size_t log_from, int seconds = 60) {
  const auto started = std::chrono::steady_clock::now(), until = started + std::chrono::seconds(seconds);
  bool said = false;
  while (read_text(node.out).find("\"event\":\"ready\"") == std::string::npos) {
    ::waitpid(-1, nullptr, WNOHANG);  // so that a child that failed is seen as gone
    if (!pid_of(node)) {
      std::string log = read_text(node.log);
      log.erase(0, std::min(log.size(), log_from));
      throw Failure{fmt::format("node {} ended while starting:\n{}", node.id,
                                log.size() > 2000 ? log.substr(log.size() - 2000) : log)};
    }
    if (std::chrono::steady_clock::now() > until)
      throw Failure{fmt::format("node {} is not ready after {} s: {}", node.id, seconds, why_not_ready(dir, node)), 3};
    if (std::chrono::steady_clock::now() > started + std::chrono::seconds(2) && !std::exchange(said, true))
      fmt::print(stderr, "node {} is not ready yet: {}\n", node.id, why_not_ready(dir, node));
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

void await_end(const NodeFile& node, int seconds) {
  auto until = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  while (pid_of(node) && std::chrono::steady_clock::now() < until)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

void end_all(const std::string& dir, const std::vector<int>& ids) {
  for (int id : ids) {
    if (pid_t pid = pid_of(files_of(dir, id))) ::kill(pid, SIGCONT), ::kill(pid, SIGTERM);
  }
  for (int id : ids) {
    NodeFile node = files_of(dir, id);
    await_end(node, 10);
    if (pid_t pid = pid_of(node)) {
      fmt::print(stderr, "node {} did not end within 10 s and is killed\n", id);
      ::kill(pid, SIGKILL);
      await_end(node, 5);
    }
  }
}

NodeFile chosen(const Args& args) {
  for (int id : nodes_in(args.dir)) {
    if (id == args.node) return files_of(args.dir, id);
  }
  throw Failure{fmt::format("there is no node {} in {}", args.node, args.dir), 2};
}

void send(const NodeFile& node, int signal) {
  pid_t pid = pid_of(node);
  if (!pid) throw Failure{fmt::format("node {} does not run", node.id)};
  if (::kill(pid, signal) != 0) throw Failure{fmt::format("node {}: {}", node.id, std::strerror(errno))};
}

void up(const Args& args) {
  std::vector<int> ids;
  const bool fresh = !fs::exists(files_of(args.dir, 1).properties);
  if (fresh) {
    const int nodes = args.nodes.value_or(kNodes);
    if (nodes < 1 || nodes > 9) throw Failure{"-n must be between 1 and 9", 2};
    for (int id = 1; id <= nodes; ++id) ids.push_back(id);
  } else {
    ids = nodes_in(args.dir);
    if (args.nodes && static_cast<int>(ids.size()) != *args.nodes)
      throw Failure{fmt::format("{} holds a cluster of {} node{}; leave -n out, or choose another --dir", args.dir,
                                ids.size(), ids.size() == 1 ? "" : "s"),
                    2};
  }
  for (int id : ids) {
    if (pid_of(files_of(args.dir, id)))
      throw Failure{
          fmt::format("a cluster already runs in {}; stop it with `weir cluster down --dir {}`", args.dir, args.dir)};
  }
  const Ports ports = ports_of(args, static_cast<int>(ids.size()), fresh);
  std::vector<std::string> texts;
  for (int id : ids) {
    const fs::path path = files_of(args.dir, id).properties;
    const Settings settings = settings_of(args, ports, id, static_cast<int>(ids.size()), fresh);
    const std::string text = read_text(path);
    texts.push_back(settings.empty() ? text : with_settings(text, settings));
    check_properties(path, texts.back());
  }
  fs::create_directories(args.dir);
  std::vector<size_t> logs;
  for (size_t i = 0; i < ids.size(); ++i) std::ofstream(files_of(args.dir, ids[i]).properties) << texts[i];
  for (int id : ids) logs.push_back(launch(args.dir, files_of(args.dir, id)));
  if (args.no_wait) return;
  try {
    for (size_t i = 0; i < ids.size(); ++i) await_ready(args.dir, files_of(args.dir, ids[i]), logs[i]);
  } catch (const Failure&) {
    end_all(args.dir, ids);
    throw;
  }
  std::string bootstrap;
  for (int id : ids) bootstrap.append(bootstrap.empty() ? "" : ",").append(kafka_of(files_of(args.dir, id)));
  std::string http = properties_of(files_of(args.dir, 1))["weir.http.listeners"];
  fmt::print("{} ready.\n  Kafka      {}\n  Dashboard  {}\n",
             ids.size() == 1 ? "1 node is" : fmt::format("{} nodes are", ids.size()), bootstrap,
             http.empty() ? "off" : "http://" + http);
}

void ps(const Args& args) {
  std::string json;
  if (!args.json)
    fmt::print("{:<5} {:<8} {:<9} {:<22} {:<24} {:<18} {}\n", "NODE", "PID", "STATE", "KAFKA", "HTTP", "ROLE",
               "LOG DIR");
  for (int id : nodes_in(args.dir)) {
    NodeFile node = files_of(args.dir, id);
    config::Values v = properties_of(node);
    char state = '?';
    pid_t pid = pid_of(node, &state);
    bool ready = read_text(node.out).find("\"event\":\"ready\"") != std::string::npos;
    const char* word = !pid ? "stopped" : state == 'T' || state == 't' ? "paused" : ready ? "running" : "starting";
    std::string kafka = kafka_of(node), http = v["weir.http.listeners"];
    if (!http.empty()) http = "http://" + http;
    if (args.json) {
      json += fmt::format(
          "{}{{\"node\":{},\"pid\":{},\"state\":\"{}\",\"kafka\":\"{}\",\"http\":\"{}\",\"role\":\"{}\",\"log_dir\":\"{"
          "}\"}}",
          json.empty() ? "" : ",", id, pid ? std::to_string(pid) : "null", word, kafka, http, v["process.roles"],
          v["log.dirs"]);
    } else {
      fmt::print("{:<5} {:<8} {:<9} {:<22} {:<24} {:<18} {}\n", id, pid ? std::to_string(pid) : "-", word, kafka, http,
                 v["process.roles"], v["log.dirs"]);
    }
  }
  if (args.json) fmt::print("[{}]\n", json);
}

}  // namespace

void add_cluster(CLI::App& app, int& exit_code) {
  auto* cmd = app.add_subcommand("cluster", "Run a cluster of local processes");
  cmd->require_subcommand(1);
  auto args = std::make_shared<Args>();
  auto add = [&](const char* name, const char* help, bool wants_node, std::function<void()> run) {
    auto* sub = cmd->add_subcommand(name, help);
    if (wants_node) sub->add_option("NODE", args->node, "Node id")->required();
    sub->add_option("--dir", args->dir, "Directory of the cluster")->required();
    sub->callback([run = std::move(run), &exit_code] {
      try {
        run();
      } catch (const Failure& f) {
        std::fprintf(stderr, "weir: %s\n", f.text.c_str());
        exit_code = f.code;
      }
    });
    return sub;
  };
  auto* u = add("up", "Start all nodes and wait until they serve; nodes that are there keep what their files say",
                false, [args] { up(*args); });
  u->add_option("-n,--nodes", args->nodes, "How many nodes")->default_str(std::to_string(kNodes));
  u->add_option("--kafka-port", args->kafka_port, "Kafka port of node 1; the others count up")
      ->default_str(std::to_string(kKafkaPort))
      ->check(CLI::Range(1, 65'535));
  u->add_option("--http-port", args->http_port, "Dashboard port of node 1; the others count up")
      ->default_str(std::to_string(kHttpPort))
      ->check(CLI::Range(1, 65'535));
  u->add_option("--controller-port", args->controller_port,
                "Port of node 1 for what the nodes say to each other; the others count up")
      ->default_str("10 above --kafka-port, or the next free in steps of 10")
      ->check(CLI::Range(1, 65'535));
  u->add_option("--set", args->set,
                "key=value of server.properties for every node, kept for later starts; may be given several times");
  u->add_flag("--no-wait", args->no_wait, "Return at once");
  add("ps", "List the nodes", false, [args] { ps(*args); })->add_flag("--json", args->json, "As JSON");
  add("kill", "kill -9 a node", true, [args] {
    NodeFile node = chosen(*args);
    send(node, SIGKILL);
    await_end(node, 5);
  });
  add("pause", "Freeze a node (SIGSTOP)", true, [args] { send(chosen(*args), SIGSTOP); });
  add("resume", "Let a frozen node go on (SIGCONT)", true, [args] { send(chosen(*args), SIGCONT); });
  add("stop", "Stop a node in an orderly way", true, [args] {
    NodeFile node = chosen(*args);
    send(node, SIGTERM);
    send(node, SIGCONT);  // a paused node hears of it only when it goes on
    await_end(node, 15);
    if (pid_of(node)) throw Failure{fmt::format("node {} did not end within 15 s", node.id)};
  });
  add("start", "Start a node again on its data", true, [args] {
    NodeFile node = chosen(*args);
    size_t log = launch(args->dir, node);
    if (!args->no_wait) await_ready(args->dir, node, log);
  })->add_flag("--no-wait", args->no_wait, "Return at once");
  add("down", "Stop all nodes", false, [args] { end_all(args->dir, nodes_in(args->dir)); });
}

}  // namespace weir::cli
