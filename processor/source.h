#pragma once
#include <functional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/result.h"
#include "base/util/types.h"

namespace weir::processor {

struct PartitionBounds {
  Offset log_start_offset = 0;
  Offset high_watermark = 0;
  Offset timestamp_offset = -1;  // first record at or after the asked timestamp; -1: none, or not asked
};

/// Where a job's records come from: partitions of topics, up to their high watermarks. Implemented in main over the
/// shards. Every call returns at once; its answer comes later on the runtime of the JobRunner that asked, exactly once
/// unless close() came first. The implementation follows leader changes by itself; retriable errors it does hand out
/// are tried again by the runner.
class Source {
 public:
  virtual ~Source() = default;

  /// One entry for each partition of the topic. `timestamp_ms` < 0: timestamp_offset is not asked for. Errors:
  /// unknown_topic_or_partition.
  using Described = std::function<void(Result<std::vector<PartitionBounds>>)>;
  virtual void describe(const std::string& topic, int64_t timestamp_ms, Described done) = 0;

  struct Batches {
    BufferChain buffers;  // each holds whole record batches, in the order of the log; the first may begin below `from`
    Offset high_watermark = 0;
    Offset log_start_offset = 0;
  };
  /// Batches from `from` on, below the high watermark, about `bytes_max` of them but at least one. With none there the
  /// answer waits until the high watermark moves: no polling. At most one call is open for a partition. Errors:
  /// offset_out_of_range.
  using FetchDone = std::function<void(Result<Batches>)>;
  virtual void fetch(const std::string& topic, PartitionId partition, Offset from, size_t bytes_max,
                     FetchDone done) = 0;

  /// Forgets everything that was asked and not answered.
  virtual void close() = 0;
};

}  // namespace weir::processor
