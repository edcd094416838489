#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/base/io/backend.h"
#include "tests/log/log_test_util.h"

namespace weir::log {

/// One life of a log set: from a start to the end of its process. What tests do with it is the same on every backend.
class Life {
 public:
  using Until = std::function<bool(const std::function<bool()>&)>;
  Life(io::Runtime& runtime, Until until) : runtime(runtime), until(std::move(until)) {}

  Status open(const LogSetOptions& options) {
    auto opened = LogSet::open(runtime, options, report);
    if (!opened) return opened.error();
    set = std::move(*opened);
    return {};
  }
  /// The log of a partition; made with `config` when it is not there, else given it.
  PartitionLog& log(const LogConfig& config, const std::string& topic = "t", PartitionId partition = 0);
  /// Appends batches of the spec and waits until the log is durable.
  void append(PartitionLog& log, BatchSpec spec, int batches = 1, LeaderEpoch epoch = 0);
  void durable(PartitionLog& log);
  /// Turns until everything is in its segment, so that the tail cache may let go of it.
  void written(PartitionLog& log);
  Result<ReadResult> read(PartitionLog& log, const ReadRequest& request);
  /// All batches of the log, in one piece.
  std::string content(PartitionLog& log);
  TimestampOffset find(PartitionLog& log, WallMillis timestamp, Offset up_to = INT64_MAX);
  TimestampOffset newest(PartitionLog& log);
  void close();

  io::Runtime& runtime;
  Until until;
  RecoveryReport report;
  std::unique_ptr<LogSet> set;

 private:
  template <class T>
  T wait(std::optional<Result<T>>& answer);
};

/// Gives lives to a log directory, one after the other.
class LogHostMachine {
 public:
  using Body = std::function<void(Life&)>;
  virtual ~LogHostMachine() = default;
  virtual std::string dir() = 0;
  /// Opens, runs the body, closes cleanly.
  virtual void closed(const LogSetOptions& options, const Body& body) = 0;
  /// Opens, runs the body; then the process is gone at once (kill -9). Outside of the simulator the body runs in a
  /// child process.
  virtual void killed(const LogSetOptions& options, const Body& body) = 0;
};

/// "sim", "posix", "io_uring"; null when the kernel refuses it.
std::unique_ptr<LogHostMachine> make_log_host(const std::string& backend);

}  // namespace weir::log
