#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <list>

#include <fmt/format.h>

#include "tests/sim/simulation.h"

namespace weir::sim {
namespace {

struct Numbers {
  uint8_t ok;
  uint64_t trace_hash, events, acknowledged, seen, commits, retries, checks;
  double virtual_seconds;
  uint32_t failure_bytes, faults_bytes;
};

void put(int fd, const void* data, size_t n) {
  for (size_t at = 0; at < n;) {
    ssize_t w = ::write(fd, static_cast<const char*>(data) + at, n - at);
    if (w <= 0) ::_exit(3);
    at += static_cast<size_t>(w);
  }
}

[[noreturn]] void child(const SimulationOptions& options, int report, int errors) {
  ::dup2(errors, 2);
  auto r = simulate(options);
  SimulationReport out;
  if (r)
    out = *r;
  else
    out.failure = r.error().message();
  std::string faults;
  for (const auto& [kind, n] : out.faults) faults += fmt::format("{}={};", kind, n);
  Numbers numbers{out.ok,
                  out.trace_hash,
                  out.events,
                  out.acknowledged,
                  out.seen,
                  out.commits,
                  out.retries,
                  out.checks,
                  out.virtual_seconds,
                  static_cast<uint32_t>(out.failure.size()),
                  static_cast<uint32_t>(faults.size())};
  put(report, &numbers, sizeof numbers);
  put(report, out.failure.data(), out.failure.size());
  put(report, faults.data(), faults.size());
  ::_exit(0);
}

SimulationReport decode(const std::string& bytes) {
  SimulationReport out;
  Numbers n;
  std::memcpy(&n, bytes.data(), sizeof n);
  out.ok = n.ok, out.trace_hash = n.trace_hash, out.events = n.events, out.acknowledged = n.acknowledged,
  out.seen = n.seen, out.commits = n.commits;
  out.retries = n.retries, out.checks = n.checks, out.virtual_seconds = n.virtual_seconds;
  out.failure = bytes.substr(sizeof n, n.failure_bytes);
  std::string faults = bytes.substr(sizeof n + n.failure_bytes, n.faults_bytes);
  for (size_t at = 0; at < faults.size();) {
    size_t eq = faults.find('=', at), end = faults.find(';', at);
    out.faults[faults.substr(at, eq - at)] = std::atoi(faults.c_str() + eq + 1);
    at = end + 1;
  }
  return out;
}

/// A child process with one run, and what it has said so far.
struct Run {
  size_t index = 0;
  pid_t pid = -1;
  int report = -1, errors = -1;  // -1: at its end
  std::string report_bytes, said;

  bool open() const { return report >= 0 || errors >= 0; }
  /// Reads what is there; closes at the end.
  static void drain(int& fd, std::string& into) {
    char chunk[4096];
    const ssize_t n = ::read(fd, chunk, sizeof chunk);
    if (n > 0) return void(into.append(chunk, static_cast<size_t>(n)));
    if (n < 0 && errno == EINTR) return;
    ::close(fd);
    fd = -1;
  }
  SimulationReport end() {
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (report_bytes.size() >= sizeof(Numbers)) return decode(report_bytes);
    SimulationReport out;
    out.failure = fmt::format("the process ended ({} {}): {}", WIFSIGNALED(status) ? "signal" : "status",
                              WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), said);
    return out;
  }
};

Status start(const SimulationOptions& options, size_t index, std::list<Run>& running) {
  int report[2], errors[2];
  if (::pipe(report) != 0) return Error(ErrorCode::io_error, "pipe", std::strerror(errno));
  if (::pipe(errors) != 0) return Error(ErrorCode::io_error, "pipe", std::strerror(errno));
  const pid_t pid = ::fork();
  if (pid < 0) return Error(ErrorCode::io_error, "fork", std::strerror(errno));
  if (pid == 0) {
    ::close(report[0]), ::close(errors[0]);
    child(options, report[1], errors[1]);
  }
  ::close(report[1]), ::close(errors[1]);
  running.push_back(Run{index, pid, report[0], errors[0], {}, {}});
  return {};
}

/// Waits until one of the runs has something to say.
void listen(std::list<Run>& running) {
  std::vector<pollfd> fds;
  for (Run& r : running) {
    for (int fd : {r.report, r.errors}) fds.push_back({fd, POLLIN, 0});
  }
  if (::poll(fds.data(), fds.size(), -1) <= 0) return;
  size_t i = 0;
  for (Run& r : running) {
    if (fds[i++].revents) Run::drain(r.report, r.report_bytes);
    if (fds[i++].revents) Run::drain(r.errors, r.said);
  }
}

}  // namespace

Status simulate_isolated(const std::vector<SimulationOptions>& runs, size_t jobs,
                         const std::function<void(size_t, const SimulationReport&)>& ended) {
  std::list<Run> running;
  std::map<size_t, SimulationReport> early;  // told in order
  size_t started = 0, told = 0;
  while (told < runs.size()) {
    while (started < runs.size() && running.size() < jobs) {
      TRY(start(runs[started], started, running));
      ++started;
    }
    listen(running);
    for (auto it = running.begin(); it != running.end();) {
      if (it->open()) {
        ++it;
        continue;
      }
      early[it->index] = it->end();
      it = running.erase(it);
    }
    for (auto it = early.begin(); it != early.end() && it->first == told; it = early.erase(it))
      ended(told++, it->second);
  }
  return {};
}

Result<SimulationReport> simulate_isolated(const SimulationOptions& options) {
  SimulationReport out;
  TRY(simulate_isolated({options}, 1, [&](size_t, const SimulationReport& report) { out = report; }));
  return out;
}

}  // namespace weir::sim
