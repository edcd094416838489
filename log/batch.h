#pragma once
#include "base/util/bytes.h"
#include "base/util/result.h"
#include "base/util/types.h"

namespace weir::log {

/// The 61-byte header of a record batch v2, read in place (Kafka: "Record Batch" of the message format). Copies no
/// bytes; the bytes outlive it. Only `frame()` judges whether the bytes can be a batch; the accessors trust it.
class BatchHeader {
 public:
  static constexpr size_t kSize = 61;
  static constexpr size_t kLengthEnd = 12;  // base offset and length: what is needed to step over a batch
  static constexpr size_t kCrcFrom = 21;    // the CRC covers attributes … end
  static constexpr int16_t kCodecMask = 0x07, kLogAppendTime = 0x08, kTransactional = 0x10, kControl = 0x20;

  BatchHeader() = default;
  explicit BatchHeader(const uint8_t* p) : p_(p) {}

  Offset base_offset() const { return load_be<int64_t>(p_); }
  size_t size() const { return kLengthEnd + static_cast<size_t>(load_be<int32_t>(p_ + 8)); }
  LeaderEpoch leader_epoch() const { return load_be<int32_t>(p_ + 12); }
  int8_t magic() const { return static_cast<int8_t>(p_[16]); }
  uint32_t crc() const { return load_be<uint32_t>(p_ + 17); }
  int16_t attributes() const { return load_be<int16_t>(p_ + 21); }
  int32_t last_offset_delta() const { return load_be<int32_t>(p_ + 23); }
  WallMillis base_timestamp() const { return load_be<int64_t>(p_ + 27); }
  WallMillis max_timestamp() const { return load_be<int64_t>(p_ + 35); }
  ProducerId producer_id() const { return load_be<int64_t>(p_ + 43); }
  ProducerEpoch producer_epoch() const { return load_be<int16_t>(p_ + 51); }
  int32_t base_sequence() const { return load_be<int32_t>(p_ + 53); }
  int32_t record_count() const { return load_be<int32_t>(p_ + 57); }

  Offset last_offset() const { return base_offset() + last_offset_delta(); }
  Offset end_offset() const { return last_offset() + 1; }
  /// The sequence of the last record: sequences wrap from 2^31-1 to 0.
  int32_t last_sequence() const {
    int64_t last = int64_t{base_sequence()} + last_offset_delta();
    return static_cast<int32_t>(last > INT32_MAX ? last - INT32_MAX - 1 : last);
  }
  int codec() const { return attributes() & kCodecMask; }
  bool log_append_time() const { return (attributes() & kLogAppendTime) != 0; }
  bool is_transactional() const { return (attributes() & kTransactional) != 0; }
  bool is_control() const { return (attributes() & kControl) != 0; }
  bool has_producer() const { return producer_id() >= 0; }
  const uint8_t* data() const { return p_; }
  ConstBytes bytes() const { return {p_, size()}; }

 private:
  const uint8_t* p_ = nullptr;
};

/// The batch that begins at bytes[at]. Errors: truncated when it does not end inside `bytes`; corrupt_message for a
/// length no batch can have; unsupported_for_message_format for magic 0 and 1.
Result<BatchHeader> frame_batch(ConstBytes bytes, size_t at);
/// Length, magic, CRC and the relation of offsets and counts. Errors: corrupt_message.
Status check_stored_batch(BatchHeader batch);
uint32_t batch_crc(BatchHeader batch);

}  // namespace weir::log
