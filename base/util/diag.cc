#include "base/util/diag.h"

#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <ctime>

namespace weir::diag {
namespace {

std::atomic<Level> g_level{Level::info};
std::atomic<int> g_node{0};
std::atomic<void (*)(Level, std::string_view)> g_sink{nullptr};

void to_stderr(Level level, std::string_view text) {
  static constexpr const char* kNames[] = {"DEBUG", "INFO ", "WARN ", "ERROR", ""};
  timeval tv;
  ::gettimeofday(&tv, nullptr);
  tm t;
  ::gmtime_r(&tv.tv_sec, &t);
  char head[64];
  size_t n = std::strftime(head, sizeof head, "%Y-%m-%dT%H:%M:%S", &t);
  std::string line = fmt::format("{}.{:03}Z {} [{}] {}\n", std::string_view(head, n), tv.tv_usec / 1000,
                                 kNames[static_cast<int>(level)], g_node.load(std::memory_order_relaxed), text);
  // One write, so that lines of several threads do not mix; a full pipe or disk must not stop the node.
  [[maybe_unused]] ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace

void set_level(Level level) { g_level = level; }
bool enabled(Level level) { return level >= g_level.load(std::memory_order_relaxed); }
void set_node(int node_id) { g_node = node_id; }
void set_sink(void (*sink)(Level, std::string_view)) { g_sink = sink; }
void write(Level level, std::string text) {
  if (auto sink = g_sink.load())
    sink(level, text);
  else
    to_stderr(level, text);
}

}  // namespace weir::diag
