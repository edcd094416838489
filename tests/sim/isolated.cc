#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

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

std::string drain(int fd) {
  std::string text;
  char chunk[4096];
  for (;;) {
    ssize_t n = ::read(fd, chunk, sizeof chunk);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return text;
    text.append(chunk, static_cast<size_t>(n));
  }
}

[[noreturn]] void child(const SimulationOptions& options, int report, int errors) {
  ::dup2(errors, 2);
  auto r = simulate(options);
  SimulationReport out;
  if (r) out = *r;
  else out.failure = r.error().message();
  std::string faults;
  for (const auto& [kind, n] : out.faults) faults += fmt::format("{}={};", kind, n);
  Numbers numbers{out.ok, out.trace_hash, out.events, out.acknowledged, out.seen, out.commits, out.retries, out.checks, out.virtual_seconds,
                  static_cast<uint32_t>(out.failure.size()), static_cast<uint32_t>(faults.size())};
  put(report, &numbers, sizeof numbers);
  put(report, out.failure.data(), out.failure.size());
  put(report, faults.data(), faults.size());
  ::_exit(0);
}

}  // namespace

Result<SimulationReport> simulate_isolated(const SimulationOptions& options) {
  int report[2], errors[2];
  if (::pipe(report) != 0) return Error(ErrorCode::io_error, "pipe", std::strerror(errno));
  if (::pipe(errors) != 0) return Error(ErrorCode::io_error, "pipe", std::strerror(errno));
  pid_t pid = ::fork();
  if (pid < 0) return Error(ErrorCode::io_error, "fork", std::strerror(errno));
  if (pid == 0) {
    ::close(report[0]), ::close(errors[0]);
    child(options, report[1], errors[1]);
  }
  ::close(report[1]), ::close(errors[1]);
  // Errors first: the report is small enough for its pipe, a backtrace may not be for the other.
  std::string said = drain(errors[0]);
  std::string bytes = drain(report[0]);
  ::close(report[0]), ::close(errors[0]);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  SimulationReport out;
  Numbers n;
  if (bytes.size() < sizeof n) {
    out.failure = fmt::format("the process ended ({} {}): {}", WIFSIGNALED(status) ? "signal" : "status", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), said);
    return out;
  }
  std::memcpy(&n, bytes.data(), sizeof n);
  out.ok = n.ok, out.trace_hash = n.trace_hash, out.events = n.events, out.acknowledged = n.acknowledged, out.seen = n.seen, out.commits = n.commits;
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

}  // namespace weir::sim
