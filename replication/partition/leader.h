#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "base/util/error.h"
#include "base/util/result.h"
#include "base/util/types.h"
#include "log/partition_log.h"

namespace weir::replication {

/// Appended batches whose producers wait for their acks, for one leadership. Pure. Each wait ends exactly once: by
/// progress, by its deadline or by abandon().
class ProduceWaits {
 public:
  using Id = uint64_t;
  struct Done {
    Id id = 0;
    ErrorCode error = ErrorCode::none;
  };
  struct Progress {
    Offset durable = 0;  // own disk
    Offset high_watermark = 0;
    bool under_min_isr = false;
  };

  /// acks 1: the own disk holds [.., end_offset); acks -1: the high watermark passed it.
  Id add(int16_t acks, Offset end_offset, MonoTime deadline);
  /// Waits that are over, in the order of their offsets. Kafka's rule for acks=all
  /// (Partition.checkEnoughReplicasReachOffset): passed with fewer in sync than min.insync.replicas is
  /// not_enough_replicas_after_append.
  std::vector<Done> step(const Progress& e);
  /// request_timed_out for those whose time is over.
  std::vector<Done> expire(MonoTime now);
  /// Leadership lost, storage failed, partition gone.
  std::vector<Done> abandon(ErrorCode why);

  bool empty() const { return by_end_.empty() && on_disk_.empty(); }
  /// When expire() is to be called next.
  std::optional<MonoTime> next_deadline() const;

 private:
  struct Wait {
    Id id = 0;
    MonoTime deadline;
  };
  Id next_id_ = 1;
  std::multimap<Offset, Wait> by_end_;   // acks=all
  std::multimap<Offset, Wait> on_disk_;  // acks=1
  std::multimap<MonoTime, Id> deadlines_;
  void forget_deadline(const Wait& wait);
};

/// What a leader answers to a fetch at `from` whose last record is of `last_fetched_epoch` (KIP-595, Fetch v12):
/// nothing when that lies on its history, else the largest epoch and its end from which on the histories differ.
/// Errors: offset_out_of_range below the log start, or when nothing is known of the epoch.
Result<std::optional<log::EpochEnd>> find_divergence(const log::PartitionLog& log, Offset from,
                                                     LeaderEpoch last_fetched_epoch);

/// none, fenced_leader_epoch when the request's is older, unknown_leader_epoch when newer (KIP-320); -1 in the request:
/// not checked.
ErrorCode compare_leader_epoch(LeaderEpoch requested, LeaderEpoch current);

}  // namespace weir::replication
