#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/io/runtime.h"
#include "log/partition_log.h"
#include "replication/metadata/image.h"

namespace weir::replication {

/// Something that waits for a partition to move: a long poll, a pending acks=all produce. Embedded in its owner; leaves
/// the list when destroyed.
class PartitionWatcher {
 public:
  virtual ~PartitionWatcher();
  /// The high watermark or the log end moved, or leadership was lost or gained. Called on the shard's thread, not from
  /// inside a call into the partition; may unwatch.
  virtual void on_partition_moved() = 0;
  bool watching() const { return watched_ != nullptr; }

 private:
  friend class Partition;
  class Partition* watched_ = nullptr;
  size_t slot_ = 0;  // where the partition keeps it
};

struct ReplicaState {
  BrokerId broker = kNoBroker;
  Offset durable_end = kNoOffset;  // -1: not heard of yet
  bool in_sync = false;
  Duration caught_up_ago{0};
};

/// What pages and metrics show of one partition on this node.
struct PartitionView {
  TopicPartition tp;
  BrokerId leader = kNoBroker;
  LeaderEpoch leader_epoch = kNoLeaderEpoch;
  std::vector<BrokerId> isr;
  bool leads = false;
  Offset log_start = 0, high_watermark = 0, last_stable = 0, durable = 0, log_end = 0;
  std::vector<ReplicaState> replicas;  // as the leader knows them; else empty
};

/// Isolation of a read.
enum class Isolation : uint8_t { read_uncommitted, read_committed, log_end /* followers */ };

struct ProduceOutcome {
  Offset base_offset = kNoOffset;
  WallMillis log_append_time = -1;
  Offset log_start_offset = 0;
};

/// One partition on this node: leader or follower of the current metadata, around its log. Lives on the shard's thread.
/// The rules (ISR, high watermark, truncation by epoch) are in isr.h, leader.h and follower.h as step machines without
/// I/O; this class carries their effects out.
class Partition {
 public:
  virtual ~Partition() = default;

  virtual const TopicPartition& tp() const = 0;
  virtual const Uuid& topic_id() const = 0;
  virtual log::PartitionLog& log() = 0;
  virtual bool leads() const = 0;
  virtual LeaderEpoch leader_epoch() const = 0;
  virtual BrokerId leader() const = 0;
  virtual Offset high_watermark() const = 0;
  /// min(high watermark, first unstable offset).
  virtual Offset last_stable_offset() const = 0;
  virtual Offset log_start_offset() const = 0;
  virtual Offset log_end_offset() const = 0;
  virtual PartitionView view(MonoTime now) const = 0;

  /// none, not_leader_or_follower, fenced_leader_epoch (74, request older) or unknown_leader_epoch (75, newer); `epoch`
  /// -1: not checked (KIP-320).
  virtual ErrorCode check_leader_epoch(LeaderEpoch epoch, bool must_lead) const = 0;

  /// Appends as leader and calls back once when `acks` holds: 0 and 1: own disk (1) or at once (0); -1: high watermark
  /// passed the batch. Errors beside the log's: not_leader_or_follower, not_enough_replicas (ISR <
  /// min.insync.replicas), not_enough_replicas_after_append, request_timed_out.
  virtual void produce(Buffer batches, int16_t acks, Duration timeout, log::PartitionLog::Origin origin,
                       std::function<void(Result<ProduceOutcome>)> done) = 0;

  /// Reads for a consumer up to the bound of its isolation.
  virtual void read(Offset from, size_t max_bytes, bool at_least_one, Isolation isolation,
                    std::function<void(Result<log::ReadResult>)> done) = 0;

  /// A follower's fetch came: `from` is its durable end. May move the high watermark and grow the ISR. `broker_epoch`
  /// -1: unknown. Errors: not_leader_or_follower, fenced/unknown epoch, replica not assigned
  /// (unknown_topic_or_partition / not_leader_or_follower).
  virtual Status follower_fetched(BrokerId follower, BrokerEpoch broker_epoch, Offset from) = 0;

  virtual void watch(PartitionWatcher& watcher) = 0;
  virtual void unwatch(PartitionWatcher& watcher) = 0;

  /// Record bytes that consumers were sent from here.
  void add_bytes_out(uint64_t bytes) { bytes_out_ += bytes; }
  uint64_t bytes_out() const { return bytes_out_; }

 protected:
  static class Partition*& watched_by(PartitionWatcher& w) { return w.watched_; }
  static size_t& slot_of(PartitionWatcher& w) { return w.slot_; }

 private:
  uint64_t bytes_out_ = 0;
};

inline PartitionWatcher::~PartitionWatcher() {
  if (watched_) watched_->unwatch(*this);
}

}  // namespace weir::replication
