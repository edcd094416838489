#pragma once
#include "log/batch.h"
#include "log/partition_log.h"

namespace weir::log {

/// First record of the batch at or above `from` with a timestamp at or above `target`; offset -1 if there is none.
/// Decompresses.
Result<TimestampOffset> first_record_at(BatchHeader batch, WallMillis target, Offset from);

}  // namespace weir::log
