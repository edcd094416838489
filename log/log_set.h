#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/io/runtime.h"
#include "base/metrics/recent_latency.h"
#include "log/partition_log.h"

namespace weir::log {

struct LogSetOptions {
  std::string dir;  // one log directory; empty: memory only (weir dev --ephemeral): no file, durable at once
  uint64_t journal_bytes_initial = 8ull << 20;
  uint64_t journal_bytes_max = 256ull << 20;  // weir.journal.bytes
  uint64_t tail_cache_bytes = 64ull << 20;    // budget over all partitions
  uint32_t journal_groups_in_flight = 4;
  Duration retention_check_interval{0};     // log.retention.check.interval.ms; zero: every tick
  uint64_t free_bytes_floor = 64ull << 20;  // below: produces are refused with no_space; what is left is for the node's
                                            // own records
  /// Told once when the directory goes offline, after the logs' listeners.
  std::function<void(const Error&)> on_offline;
  /// What a log that the start finds obeys until its set_config. Only the sizes in it matter: until then there is no
  /// retention, no roll by time and no producer expiry, because nobody knows yet what the topic asks for.
  LogConfig until_configured;
};

/// What the start found and did, for the ready line and the log.
struct RecoveryReport {
  bool clean_shutdown = false;
  uint64_t partitions = 0;
  uint64_t journal_groups_replayed = 0;
  uint64_t journal_bytes_replayed = 0;
  uint64_t batches_restored = 0;  // appended to segments from the journal
  bool direct_io = false;
};

/// All logs of one shard in one log directory, with the commit journal they share. Lives on the shard's thread. One
/// journal group = everything that arrived in a turn, for all partitions; groups are durable in order. After a failed
/// sync the set is offline for good.
class LogSet {
 public:
  /// Takes the directory's lock, replays the journal, loads the logs. Plain calls, before the runtime turns. Errors:
  /// busy_address (in use by another process), permission_denied, io_error, malformed (a file that is not ours, with
  /// the path).
  static Result<std::unique_ptr<LogSet>> open(io::Runtime& runtime, LogSetOptions options, RecoveryReport& report);
  virtual ~LogSet() = default;

  virtual PartitionLog* find(const TopicPartition& tp) = 0;
  virtual std::vector<PartitionLog*> all() = 0;
  /// Makes the partition's directory and an empty log. Errors: already_exists (an id that differs:
  /// inconsistent_topic_id), no_space, io_error.
  virtual Result<PartitionLog*> create(const TopicPartition& tp, const Uuid& topic_id, const LogConfig& config) = 0;
  /// Forgets the log at once (journaled: it does not come back after a crash); the files go in the background.
  virtual Status remove(const TopicPartition& tp) = 0;

  /// Small durable cells (votes, directory ids): the value is on disk when `done` is called. Same journal, same order.
  virtual void write_cell(const std::string& name, ConstBytes value, std::function<void(Status)> done) = 0;
  virtual std::vector<uint8_t> read_cell(const std::string& name) const = 0;  // empty: never written

  /// How far the log once reached, when a start found synced records of it missing; none again once it has grown past
  /// that. Survives crashes (format.md §9).
  std::optional<EpochEnd> lost_end(const TopicPartition& tp) const;
  /// Drawn when the directory begins and anew when records of partitions were lost: whoever counts on what it held can
  /// tell that it is another one. Zero: memory only, or made by an older version and whole.
  Uuid directory_id() const;

  /// Retention, rolling by time, producer expiry, high watermark checkpoints. Called by the node about every second;
  /// cheap when nothing is due.
  virtual void tick() = 0;
  /// Flushes segments and checkpoints and marks the shutdown as clean; then nothing more may be appended.
  virtual void close(std::function<void(Status)> done) = 0;

  virtual bool offline() const = 0;
  virtual uint64_t tail_cache_used() const = 0;
  virtual uint64_t journal_bytes_written() const = 0;
  virtual bool direct_io() const = 0;
  virtual uint64_t journal_groups_written() const = 0;
  virtual metrics::RecentLatency& journal_write_latency() = 0;  // of a group: from its write's start until it is on the
                                                                // disk
  /// CHECKs what must hold between turns; the simulator calls it after each step.
  virtual void check_invariants() const = 0;
};

}  // namespace weir::log
