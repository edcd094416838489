#pragma once
#include <functional>
#include <map>
#include <memory>
#include <set>

#include "base/util/topic_partition.h"
#include "broker/services.h"

namespace weir::main {

/// Reads and appends of any partition of the cluster from inside the node: where this node leads, straight on the log;
/// else from the leader over the wire. Follows leader changes. Lives on the shard's thread; answers come once, from
/// inside the call or later, none after close().
class PartitionClient {
 public:
  explicit PartitionClient(broker::Services& node);
  ~PartitionClient();

  struct Bounds {
    Offset log_start_offset = 0;
    Offset high_watermark = 0;
    Offset timestamp_offset = kNoOffset;
  };
  /// `timestamp` -1: not asked for. Errors: unknown_topic_or_partition; retriable ones of a leader on the move.
  void bounds(const TopicPartition& tp, WallMillis timestamp, std::function<void(Result<Bounds>)> done);

  struct Batches {
    BufferChain buffers;
    Offset high_watermark = 0;
    Offset log_start_offset = 0;
  };
  /// Whole batches from `from` up to the high watermark; with none there it waits for the high watermark to move.
  /// Errors: offset_out_of_range, unknown_topic_or_partition; retriable ones are retried inside.
  void read(const TopicPartition& tp, Offset from, size_t bytes_max, std::function<void(Result<Batches>)> done);

  /// Appends one batch, acks=all; retriable errors are retried inside with the same bytes (the batch carries a
  /// producer's sequence, so a retry writes nothing twice) until `timeout`. The result is its base offset.
  void append(const TopicPartition& tp, Buffer batch, Duration timeout, std::function<void(Result<Offset>)> done);

  void close();

 private:
  struct Read;
  struct Append;
  class Poller;
  void start_read(const std::shared_ptr<Read>& r);
  void read_local(const std::shared_ptr<Read>& r, replication::Partition& partition);
  void retry_read(const std::shared_ptr<Read>& r);
  void start_append(const std::shared_ptr<Append>& a);
  void finish_append(const std::shared_ptr<Append>& a, Result<Offset> result);

  broker::Services& node_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  std::map<BrokerId, std::shared_ptr<Poller>> pollers_;
  std::set<std::shared_ptr<Read>> waiting_;  // for a local partition to move
};

}  // namespace weir::main
