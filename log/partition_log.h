#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/result.h"
#include "base/util/topic_partition.h"
#include "base/util/types.h"
#include "base/util/uuid.h"
#include "log/log_config.h"

namespace weir::log {

class LogSet;

/// What an append did.
struct AppendInfo {
  Offset base_offset = kNoOffset;
  Offset end_offset = kNoOffset;    // base offset of the next batch
  WallMillis log_append_time = -1;  // only with message.timestamp.type=LogAppendTime
  bool duplicate = false;           // idempotence: nothing was written, base_offset is the original's
};

/// Hears of a log's progress. Called on the shard's thread, at any time but never from inside a call into the log.
class LogListener {
 public:
  virtual ~LogListener() = default;
  /// Everything below `durable` is on this disk. Grows, except that a truncation may lower it (then it is not called).
  virtual void on_durable(Offset durable) = 0;
  /// The log directory went offline: no append will ever be durable again here.
  virtual void on_storage_failed(const Error& error) = 0;
};

struct ReadRequest {
  Offset from = 0;
  Offset up_to = INT64_MAX;  // exclusive: batches that begin at or above are left out
  size_t max_bytes = 1 << 20;
  bool at_least_one = true;  // the first batch comes whole even if larger than max_bytes
};
struct ReadResult {
  BufferChain batches;     // whole batches, verbatim; the first may begin below `from`
  Offset next_offset = 0;  // first offset behind the last batch; `from` when empty
};

struct EpochEnd {
  LeaderEpoch epoch = kNoLeaderEpoch;  // largest known epoch at or below the asked one; -1 if none
  Offset end_offset = kNoOffset;
};
struct TimestampOffset {
  WallMillis timestamp = -1;
  Offset offset = kNoOffset;
  LeaderEpoch leader_epoch = kNoLeaderEpoch;
};
struct AbortedTxn {
  ProducerId producer_id = kNoProducerId;
  Offset first_offset = 0;
};
struct SegmentInfo {
  Offset base_offset = 0;
  uint64_t bytes = 0;
  WallMillis max_timestamp = -1;
};

/// One partition's log on this node: segments of verbatim v2 batches, their indexes, the leader epoch cache, producer
/// state and the tail cache. Lives on its shard's thread, owned by a LogSet. Readable at once after an append (up to
/// log_end_offset); durable when the commit journal's group is (on_durable). Invariant: log_start_offset <=
/// durable_offset <= log_end_offset. Formats: log/format.md.
class PartitionLog {
 public:
  virtual ~PartitionLog() = default;

  // --- writing
  /// Appends produced batches (1…n of them in `batches`, header offsets arbitrary): validates (magic, CRC, size,
  /// sequence of offsets, timestamps, codec), checks the producer's sequence, assigns offsets and `epoch` in place. The
  /// bytes are kept, not copied: the caller's slice must be the only writer. Errors: corrupt_message, invalid_record,
  /// message_too_large, record_list_too_large, invalid_timestamp, unsupported_for_message_format,
  /// out_of_order_sequence_number, invalid_producer_epoch, unknown_producer_id, kafka_storage_error, no_space.
  /// `origin` client: idempotence checked, control batches refused; coordinator/raft: trusted, control batches allowed.
  enum class Origin { client, coordinator, raft };
  virtual Result<AppendInfo> append_as_leader(Buffer batches, LeaderEpoch epoch, Origin origin = Origin::client) = 0;
  /// Appends batches fetched from the leader, offsets and epochs as they are. Errors: as above; offset_out_of_range
  /// when they do not continue the log.
  virtual Result<AppendInfo> append_as_follower(Buffer batches) = 0;
  /// Removes everything at and above `to`; journaled, so it holds after a crash. The durable offset is lowered with it.
  virtual Status truncate_to(Offset to) = 0;
  /// Empties the log and goes on at `to` (the leader's log start is above our end).
  virtual Status truncate_fully_and_start_at(Offset to) = 0;
  /// DeleteRecords and the leader's log start: forgets what is below; segments below are deleted.
  virtual Status advance_log_start(Offset to) = 0;

  // --- reading
  /// Calls back once: at once (from inside) when the tail cache holds the range, else when the disk read ends. Errors:
  /// offset_out_of_range, kafka_storage_error.
  virtual void read(const ReadRequest& request, std::function<void(Result<ReadResult>)> done) = 0;
  /// First record with a timestamp at or above `timestamp` below `up_to`; timestamp -1 / offset -1 when there is none.
  /// May read the disk.
  virtual void offset_for_timestamp(WallMillis timestamp, Offset up_to,
                                    std::function<void(Result<TimestampOffset>)> done) = 0;
  /// ListOffsets -3: the record with the largest timestamp.
  virtual void offset_of_max_timestamp(std::function<void(Result<TimestampOffset>)> done) = 0;
  /// End offset of the largest epoch at or below `epoch` (KIP-101/279): the start offset of the next epoch, or the log
  /// end for the latest one.
  virtual EpochEnd epoch_end(LeaderEpoch epoch) const = 0;
  virtual LeaderEpoch latest_epoch() const = 0;
  virtual std::optional<LeaderEpoch> epoch_of(Offset offset) const = 0;
  /// Notes that `epoch` begins at the log end (a leader does so when it is elected, before its first append).
  virtual void begin_epoch(LeaderEpoch epoch) = 0;

  virtual Offset log_start_offset() const = 0;
  virtual Offset log_end_offset() const = 0;
  virtual Offset durable_offset() const = 0;
  /// First offset of the oldest open transaction, if any (the last stable offset is the smaller of it and the high
  /// watermark).
  virtual std::optional<Offset> first_unstable_offset() const = 0;
  /// Aborted transactions that overlap [from, up_to), sorted by first offset.
  virtual std::vector<AbortedTxn> aborted_txns(Offset from, Offset up_to) const = 0;
  /// The high watermark as last checkpointed (replication-offset-checkpoint), for a start; kept current by
  /// set_high_watermark.
  virtual Offset high_watermark_checkpoint() const = 0;
  virtual void set_high_watermark(Offset hw) = 0;

  virtual const TopicPartition& topic_partition() const = 0;
  virtual const Uuid& topic_id() const = 0;
  virtual const LogConfig& config() const = 0;
  /// A log that the start found deletes, rolls and forgets nothing by age or size before the first call.
  virtual void set_config(const LogConfig& config) = 0;
  virtual uint64_t size_bytes() const = 0;
  virtual std::vector<SegmentInfo> segments() const = 0;
  virtual void set_listener(LogListener* listener) = 0;
};

}  // namespace weir::log
