#include "log/validator.h"

#include <algorithm>

#include "base/wire/record_batch.h"

namespace weir::log {
namespace {

using Origin = PartitionLog::Origin;

Error invalid(const char* why) { return Error(ErrorCode::invalid_record, "validator", why); }

Status check_header(BatchHeader b, const LogConfig& config, Origin origin) {
  // Kafka LogValidator.validateBatch: the count of records must be that of the offsets (a fresh batch has no gaps).
  if (b.last_offset_delta() < 0) return invalid("negative last offset delta");
  if (b.record_count() != int64_t{b.last_offset_delta()} + 1)
    return invalid("the count of records differs from that of the offsets");
  if (b.codec() > 4) return Error(ErrorCode::unsupported_compression_type, "validator");
  if (origin != Origin::client) return {};
  if (b.size() > config.max_message_bytes) {
    return Error(ErrorCode::message_too_large, "validator",
                 std::to_string(b.size()) + " bytes, max.message.bytes is " + std::to_string(config.max_message_bytes));
  }
  if (b.is_control()) return invalid("clients may not write control records");
  if (b.has_producer() && b.base_sequence() < 0) return invalid("an idempotent batch without a sequence");
  if (b.has_producer() && b.producer_epoch() < 0) return invalid("an idempotent batch without a producer epoch");
  if (b.is_transactional() && !b.has_producer()) return invalid("a transactional batch without a producer");
  return {};
}

/// a - b; a client's timestamp may be any number.
int64_t saturating_sub(int64_t a, int64_t b) {
  int64_t difference = 0;
  return __builtin_sub_overflow(a, b, &difference) ? (a < b ? INT64_MIN : INT64_MAX) : difference;
}

Status check_timestamp(WallMillis timestamp, const LogConfig& config, WallMillis now) {
  // KIP-937: too old and too far ahead are judged apart.
  if (saturating_sub(now, timestamp) > config.message_timestamp_before_max_ms) {
    return Error(ErrorCode::invalid_timestamp, "validator", "timestamp " + std::to_string(timestamp) + " is too old");
  }
  if (saturating_sub(timestamp, now) > config.message_timestamp_after_max_ms) {
    return Error(ErrorCode::invalid_timestamp, "validator",
                 "timestamp " + std::to_string(timestamp) + " is too far ahead");
  }
  return {};
}

/// What one batch may grow to in memory while it is looked at: a bound against decompression bombs. Clients bound a
/// batch by its size before compression (Java batch.size, librdkafka batch.size), so this is far above what they send.
constexpr size_t kDecompressedMax = 128u << 20;

Result<wire::RecordIterator> open_records(const wire::RecordBatchView& view) {
  auto records = wire::RecordIterator::open(view, kDecompressedMax);
  if (records.code() == ErrorCode::limit_reached)
    return Error(ErrorCode::message_too_large, "validator", "more than 128 MiB when decompressed");
  // Whatever else is wrong with the packed bytes: what arrived is not what a producer packed.
  if (!records) return Error(ErrorCode::corrupt_message, "validator", records.error().message());
  return records;
}

/// Walks over the records: structure, timestamps, keys; stamps the header with the largest timestamp or, with
/// LogAppendTime, with `now`.
Status check_records(Bytes batch, const LogConfig& config, WallMillis now) {
  BatchHeader b(batch.data());
  bool append_time = config.message_timestamp_type == TimestampType::log_append_time;
  if (!append_time && b.log_append_time())
    return Error(ErrorCode::invalid_timestamp, "validator", "a producer may not set log append time");
  TRY_ASSIGN(auto view, wire::RecordBatchView::parse(batch));
  TRY_ASSIGN(auto records, open_records(view));
  WallMillis max_timestamp = -1;
  int32_t expected = 0;
  while (auto record = records.next()) {
    if (record->offset_delta != expected++) return invalid("the records' offsets are not consecutive");
    if (config.cleanup_compact && !record->key) return invalid("a record without a key in a compacted topic");
    if (!append_time && record->timestamp != -1) TRY(check_timestamp(record->timestamp, config, now));
    max_timestamp = std::max(max_timestamp, record->timestamp);
  }
  TRY(records.status());
  CHECK(expected == b.record_count(), "the iterator ended early without an error", expected, b.record_count());
  if (append_time)
    wire::set_log_append_time(batch, now);
  else if (max_timestamp != b.max_timestamp())
    wire::set_max_timestamp(batch, max_timestamp);
  return {};
}

}  // namespace

Status validate_produced(Bytes batches, const LogConfig& config, Origin origin, WallMillis now) {
  if (batches.empty()) return invalid("no batch");
  if (batches.size() > config.segment_bytes) return Error(ErrorCode::record_list_too_large, "validator");
  for (size_t at = 0; at < batches.size();) {
    auto framed = frame_batch(batches, at);
    if (framed.code() == ErrorCode::truncated)
      return Error(ErrorCode::corrupt_message, "validator", "the last batch is not whole");
    if (!framed) return framed.error();
    BatchHeader b = *framed;
    if (batch_crc(b) != b.crc()) return Error(ErrorCode::corrupt_message, "validator", "CRC mismatch");
    TRY(check_header(b, config, origin));
    if (origin == Origin::client) TRY(check_records(batches.subspan(at, b.size()), config, now));
    at += b.size();
    CHECK(at <= batches.size(), "a framed batch reaches over its bytes", at, batches.size());
  }
  return {};
}

Status validate_fetched(ConstBytes batches, Offset expected) {
  if (batches.empty()) return Error(ErrorCode::corrupt_message, "validator", "no batch");
  for (size_t at = 0; at < batches.size();) {
    auto framed = frame_batch(batches, at);
    if (framed.code() == ErrorCode::truncated)
      return Error(ErrorCode::corrupt_message, "validator", "the last batch is not whole");
    if (!framed) return framed.error();
    TRY(check_stored_batch(*framed));
    // Compaction on the leader leaves gaps, so an offset may be skipped but never repeated.
    if (framed->base_offset() < expected) {
      return Error(ErrorCode::offset_out_of_range, "validator",
                   "batch at " + std::to_string(framed->base_offset()) + ", log end " + std::to_string(expected));
    }
    expected = framed->end_offset();
    at += framed->size();
  }
  return {};
}

}  // namespace weir::log
