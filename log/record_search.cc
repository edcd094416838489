#include "log/record_search.h"

#include "base/wire/record_batch.h"

namespace weir::log {

Result<TimestampOffset> first_record_at(BatchHeader batch, WallMillis target, Offset from) {
  TRY_ASSIGN(auto view, wire::RecordBatchView::parse(batch.bytes()));
  CHECK(view.base_offset() == batch.base_offset(), "two readings of one header differ", view.base_offset());
  TRY_ASSIGN(auto records, wire::RecordIterator::open(view));
  while (auto record = records.next()) {
    if (record->offset >= from && record->timestamp >= target)
      return TimestampOffset{record->timestamp, record->offset, batch.leader_epoch()};
  }
  TRY(records.status());
  return TimestampOffset{};
}

}  // namespace weir::log
