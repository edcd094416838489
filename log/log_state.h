#pragma once
#include <map>
#include <string>
#include <vector>

#include "base/util/result.h"
#include "base/util/topic_partition.h"
#include "base/util/uuid.h"
#include "log/commit_journal.h"
#include "log/partition_log_impl.h"

namespace weir::log {

/// What a start needs beside the journal and the segments: which logs there are, up to where each is synced, the cells,
/// and where the journal begins. One of two slot files, written in turn, so that a torn write leaves the other
/// (format.md §8).
struct LogState {
  struct Log {
    TopicPartition tp;
    Uuid topic_id;
    PartitionLogImpl::StoredState stored;
  };
  uint64_t sequence = 0;
  bool clean = false;
  JournalMark journal;
  uint64_t incarnation = 0;
  std::vector<Log> logs;
  std::map<std::string, std::vector<uint8_t>> cells;

  std::vector<uint8_t> encode() const;
  static Result<LogState> decode(ConstBytes bytes);
};

}  // namespace weir::log
