#pragma once
#include <functional>
#include <map>
#include <string>

#include "base/wire/messages/fetch.h"
#include "base/wire/record_batch.h"
#include "tools/client/client.h"

namespace weir::client {

struct ConsumerOptions {
  /// How long a broker waits for the first byte.
  int max_wait_ms = 500;
  int32_t partition_bytes_max = 1 << 20;
  /// Leaves out records of transactions that are open or were aborted.
  bool read_committed = true;
};

/// Reads partitions from given offsets, without a group.
class Consumer {
 public:
  struct Position {
    Offset next = 0;
    /// Where records end for now: the high watermark, or the last stable offset when read_committed. -1 before the
    /// first answer.
    Offset end = -1;
    Offset log_start = -1;
  };
  /// False ends the poll; the record counts as read.
  using Each = std::function<bool(const TopicPartition&, const wire::RecordView&)>;

  Consumer(Client& client, ConsumerOptions options) : client_(client), options_(options) {}

  /// `from` is an offset, as list_offsets gives them.
  void assign(const TopicPartition& tp, Offset from) { positions_[tp] = {from, -1, -1}; }
  void unassign(const TopicPartition& tp) { positions_.erase(tp); }
  /// One fetch from each leader; each partition's records come in order. Gives how many. Errors: offset_out_of_range,
  /// corrupt_message, and passing ones when they do not pass within the client's retry time.
  Result<size_t> poll(const Each& each);
  const std::map<TopicPartition, Position>& positions() const { return positions_; }
  /// Every position is at its end.
  bool at_end() const;

 private:
  using Fetched = wire::FetchResponse::PartitionData;
  Result<size_t> round(const Each& each);
  Result<bool> take(const TopicPartition& tp, const Fetched& data, const Each& each, size_t& count);

  Client& client_;
  ConsumerOptions options_;
  std::map<TopicPartition, Position> positions_;
};

}  // namespace weir::client
