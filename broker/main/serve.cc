#include "broker/main/serve.h"

#include <malloc.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <thread>

#include <fmt/format.h>

#include "base/io/backends/make_runtime.h"
#include "base/util/diag.h"
#include "base/util/json_text.h"
#include "broker/log_dir.h"
#include "broker/main/job_host.h"
#include "broker/main/web_backend.h"
#include "broker/node.h"
#include "web/server.h"

namespace weir::main {
namespace {

int64_t now_ms() {
  timespec t;
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000 + t.tv_nsec / 1'000'000;
}

/// Requests and the tail cache take and give back as much memory a second as passes through: returned to the system
/// each time, every 4 KiB of it cost a page fault and its clearing when it is wanted again.
void keep_freed_memory() {
#ifdef __GLIBC__
  ::mallopt(M_MMAP_THRESHOLD, 32 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 64 << 20);
#endif
}

void give_back_memory() {
#ifdef __GLIBC__
  ::malloc_trim(0);
#endif
}

int fail(const Error& error) {
  std::fprintf(stderr, "weir: %s\n", error.message().c_str());
  return 1;
}

/// SIGINT and SIGTERM as a call on the runtime's thread; the signals are blocked in every other thread.
class SignalThread {
 public:
  static void block() {
    sigset_t set = signals();
    ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
  }
  SignalThread(io::Runtime& runtime, std::function<void()> stop)
      : thread_([this, &runtime, stop = std::move(stop)] {
          sigset_t set = signals();
          int signal = 0;
          while (::sigwait(&set, &signal) == 0) {
            if (done_) return;
            runtime.post(stop);
          }
        }) {}
  ~SignalThread() {
    done_ = true;
    ::pthread_kill(thread_.native_handle(), SIGTERM);
    thread_.join();
  }

 private:
  static sigset_t signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    return set;
  }
  std::atomic<bool> done_{false};
  std::thread thread_;
};

/// What this process may use: the machine's memory, or less in a container (cgroup 2). 0: unknown.
uint64_t machine_memory() {
  const long pages = ::sysconf(_SC_PHYS_PAGES), page = ::sysconf(_SC_PAGESIZE);
  uint64_t bytes = pages > 0 && page > 0 ? static_cast<uint64_t>(pages) * static_cast<uint64_t>(page) : 0;
  uint64_t limit = 0;
  if (std::ifstream("/sys/fs/cgroup/memory.max") >> limit) bytes = bytes == 0 ? limit : std::min(bytes, limit);
  return bytes;
}

/// This machine's name, in full where the resolver knows it.
std::string host_name() {
  char name[256] = {};
  if (::gethostname(name, sizeof name - 1) != 0) return {};
  addrinfo hints{}, *found = nullptr;
  hints.ai_flags = AI_CANONNAME;
  if (::getaddrinfo(name, nullptr, &hints, &found) != 0) return name;
  std::string full = found->ai_canonname ? found->ai_canonname : name;
  ::freeaddrinfo(found);
  return full;
}

Result<Uuid> random_uuid(io::Runtime& runtime) {
  return Uuid::from_random(runtime.random().next(), runtime.random().next());
}

/// Cluster, directory id and voters: from the formatted directory, or made now.
Status identify(io::Runtime& runtime, const ServeOptions& options, broker::NodeOptions& node) {
  const config::BrokerConfig& c = options.config;
  for (const std::string& text : c.controller_quorum_voters) {
    TRY_ASSIGN(auto voter, broker::parse_voter(text));
    node.voters.push_back(voter);
  }
  TRY_ASSIGN(node.directory_id, random_uuid(runtime));
  TRY_ASSIGN(Uuid fresh, random_uuid(runtime));
  node.cluster_id = options.cluster_id.empty() ? fresh.to_string() : options.cluster_id;
  if (options.memory_only) {
    node.config.log_dirs.clear();
    node.config.log_dir.clear();
    return {};
  }
  node.log_dir = log_dir_of(c);
  auto meta = broker::read_meta_properties(runtime.disk(), node.log_dir);
  if (!meta && meta.code() == ErrorCode::not_found) {
    if (!options.auto_format) {
      return Error(
          ErrorCode::not_found, "log directory",
          fmt::format("{} is not formatted; run `weir format -c FILE -t CLUSTER_ID`, or start with --auto-format",
                      node.log_dir));
    }
    TRY(broker::format_log_dir(runtime.disk(), node.log_dir, {node.cluster_id, c.node_id, node.directory_id}, {}));
    return {};
  }
  if (!meta) return meta.error();
  if (meta->node_id != c.node_id) {
    return Error(ErrorCode::inconsistent_cluster_id, "log directory",
                 fmt::format("{} belongs to node {}, this is node {} (node.id); give this node a directory of its own",
                             node.log_dir, meta->node_id, c.node_id));
  }
  node.cluster_id = meta->cluster_id;
  node.directory_id = meta->directory_id;
  if (node.voters.empty()) {
    TRY_ASSIGN(node.voters, broker::read_voters(runtime.disk(), node.log_dir));
  }
  return {};
}

}  // namespace

std::string log_dir_of(const config::BrokerConfig& config) {
  return config.log_dirs.empty() ? config.log_dir : config.log_dirs[0];
}

Result<config::BrokerConfig> load_config(const std::string& path, const std::vector<std::string>& overrides) {
  std::ifstream in(path);
  if (!in) return Error(ErrorCode::not_found, "config", fmt::format("{} cannot be read", path));
  std::stringstream text;
  text << in.rdbuf();
  TRY_ASSIGN(config::Values values, config::parse_properties(text.str()));
  for (const std::string& o : overrides) {
    size_t eq = o.find('=');
    if (eq == std::string::npos)
      return Error(ErrorCode::invalid_argument, "config", fmt::format("'{}' is not key=value", o));
    values[o.substr(0, eq)] = o.substr(eq + 1);
  }
  std::vector<std::string> warnings;
  auto config = config::make_broker_config(values, warnings);
  if (!config) return Error(config.code(), "config", fmt::format("{}: {}", path, config.error().detail));
  for (const std::string& w : warnings) WEIR_WARN("{}", w);
  if (config->node_id < 0)
    return Error(ErrorCode::invalid_config, "config", fmt::format("{}: node.id is missing", path));
  return config;
}

int serve(ServeOptions options) {
  int64_t started = now_ms();
  keep_freed_memory();
  SignalThread::block();
  if (options.end_with_parent) {
    pid_t parent = ::getppid();
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) return 0;
  }
  diag::set_node(options.config.node_id);
  const std::string& level = options.config.weir_log_level;
  diag::set_level(level == "debug"   ? diag::Level::debug
                  : level == "warn"  ? diag::Level::warn
                  : level == "error" ? diag::Level::error
                  : level == "off"   ? diag::Level::off
                                     : diag::Level::info);
  std::string why;
  io::IoChoice choice = options.config.weir_io == "io_uring" ? io::IoChoice::io_uring
                        : options.config.weir_io == "posix"  ? io::IoChoice::posix
                                                             : io::IoChoice::auto_;
  auto runtime = io::make_runtime(choice, why);
  if (!runtime) return fail(runtime.error());
  io::Runtime& rt = **runtime;
  WEIR_INFO("io: {}", why);

  broker::NodeOptions node_options;
  node_options.config = options.config;
  node_options.host_name = host_name;
  node_options.on_storage_failed = [dir = log_dir_of(options.config)](const Error&) {
    // With its only directory gone a node can do nothing but keep others waiting: its end they see at once, and lead
    // its partitions. Nothing is left to be closed in order.
    WEIR_ERROR("this node ends, because its log directory {} failed", dir);
    std::fflush(nullptr);
    ::_exit(1);
  };
  node_options.machine_memory_bytes = machine_memory();
  node_options.give_back_memory = give_back_memory;
  if (Status s = identify(rt, options, node_options); !s) return fail(s.error());
  if (node_options.voters.empty() && options.config.controller_quorum_bootstrap_servers.size() > 1) {
    // Each node for itself would make as many clusters.
    return fail({ErrorCode::invalid_config, "quorum",
                 "controller.quorum.bootstrap.servers names several controllers and nothing says which ids they have; "
                 "set controller.quorum.voters=ID@HOST:PORT,…, "
                 "or format every node with --initial-controllers"});
  }
  std::string cluster_id = node_options.cluster_id;
  auto opened = broker::Node::open(rt, std::move(node_options));
  if (!opened) return fail(opened.error());
  broker::Node& node = **opened;
  const auto& r = node.recovery();
  if (!options.memory_only) {
    WEIR_INFO("logs: {} partitions, {} start, {} journal groups ({} bytes) replayed, {} journal", r.partitions,
              r.clean_shutdown ? "clean" : "unclean", r.journal_groups_replayed, r.journal_bytes_replayed,
              r.direct_io ? "direct" : "buffered (O_DIRECT refused)");
  }

  JobHost jobs(rt, node);
  WebBackend backend(rt, node, jobs);
  web::WebServer server;
  std::string http_url;
  if (!options.config.weir_http_listeners.empty()) {
    std::vector<web::Endpoint> at;
    for (const std::string& text : options.config.weir_http_listeners) {
      auto e = web::parse_endpoint(text);
      if (!e) return fail(e.error());
      at.push_back(*e);
    }
    web::WebOptions web_options;
    web_options.allowed_hosts = options.config.weir_http_allowed_hosts;
    if (!options.config.weir_http_token.empty()) web_options.token = options.config.weir_http_token;
    if (Status s = server.start(at, backend, std::move(web_options)); !s) return fail(s.error());
    const web::Endpoint& e = server.endpoints()[0];
    std::string host = e.host == "0.0.0.0" || e.host.empty() ? "127.0.0.1" : e.host;
    http_url = fmt::format("http://{}:{}", host.find(':') == std::string::npos ? host : "[" + host + "]", e.port);
    backend.set_http_url(http_url);
  }

  bool stopping = false;
  int exit_code = 0;
  auto stop = [&] {
    if (std::exchange(stopping, true)) return;
    WEIR_INFO("stopping");
    jobs.stop([&] {
      node.stop([&](Status s) {
        if (!s) exit_code = fail(s.error());
        rt.stop();
      });
    });
  };
  auto ready = [&] {
    io::Endpoint kafka = node.listeners()[0].endpoint;
    if (kafka.host == "0.0.0.0" || kafka.host.empty()) kafka.host = "127.0.0.1";
    int64_t ms = now_ms() - started;
    fmt::print(
        "{{\"event\":\"ready\",\"node_id\":{},\"cluster_id\":{},\"kafka\":{},\"http\":{},\"io\":{},\"startup_ms\":{}}}"
        "\n",
        options.config.node_id, json_text(cluster_id), json_text(kafka.to_string()),
        http_url.empty() ? "null" : json_text(http_url), json_text(rt.backend()), ms);
    if (options.human_banner)
      fmt::print(stderr, "Weir is ready.\n  Kafka      {}\n  Dashboard  {}\nStop with Ctrl-C.\n", kafka.to_string(),
                 http_url.empty() ? "off" : http_url);
    std::fflush(stdout);
    backend.set_ready();
    jobs.start();
  };
  SignalThread signals(rt, stop);
  if (Status s = node.start(ready); !s) return fail(s.error());
  rt.run();
  server.stop();
  return exit_code;
}

}  // namespace weir::main
