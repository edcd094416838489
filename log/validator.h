#pragma once
#include "base/util/buffer.h"
#include "log/batch.h"
#include "log/log_config.h"
#include "log/partition_log.h"

namespace weir::log {

/// Checks produced batches as Kafka's LogValidator does, before offsets are assigned: framing, magic, CRC, size,
/// offsets against the count, every record's structure, timestamps (KIP-937), keys for compacted topics, no control
/// batch of a client. With LogAppendTime it stamps the batches (attributes, max timestamp, CRC) in place. Pure but for
/// that. Raft's and the coordinators' batches are trusted in what they hold. Errors: those of
/// PartitionLog::append_as_leader.
Status validate_produced(Bytes batches, const LogConfig& config, PartitionLog::Origin origin, WallMillis now);
/// Checks fetched batches: framing, magic, CRC, and that they follow each other from `expected` on. Errors:
/// corrupt_message, offset_out_of_range, …
Status validate_fetched(ConstBytes batches, Offset expected);

}  // namespace weir::log
