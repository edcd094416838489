#include "log/batch.h"

#include "base/util/crc32c.h"

namespace weir::log {

Result<BatchHeader> frame_batch(ConstBytes bytes, size_t at) {
  CHECK(at <= bytes.size(), "batch begins outside of the bytes", at, bytes.size());
  size_t left = bytes.size() - at;
  if (left < BatchHeader::kLengthEnd) return Error(ErrorCode::truncated, "record batch");
  int32_t length = load_be<int32_t>(bytes.data() + at + 8);
  // The magic byte sits at the same place in all formats, so an old message set is told from rubbish even when it is
  // shorter than a v2 header.
  if (left > 16) {
    int8_t magic = static_cast<int8_t>(bytes[at + 16]);
    if (magic == 0 || magic == 1)
      return Error(ErrorCode::unsupported_for_message_format, "record batch",
                   "message format 0 or 1; only 2 is stored");
    if (magic != 2) return Error(ErrorCode::corrupt_message, "record batch", "unknown magic byte");
  }
  if (length < static_cast<int32_t>(BatchHeader::kSize - BatchHeader::kLengthEnd)) {
    return Error(ErrorCode::corrupt_message, "record batch", "its length is smaller than its header");
  }
  if (left < BatchHeader::kLengthEnd + static_cast<size_t>(length)) return Error(ErrorCode::truncated, "record batch");
  return BatchHeader(bytes.data() + at);
}

uint32_t batch_crc(BatchHeader batch) { return crc32c(batch.bytes().subspan(BatchHeader::kCrcFrom)); }

Status check_stored_batch(BatchHeader batch) {
  if (batch_crc(batch) != batch.crc()) return Error(ErrorCode::corrupt_message, "record batch", "CRC mismatch");
  if (batch.base_offset() < 0 || batch.last_offset_delta() < 0)
    return Error(ErrorCode::corrupt_message, "record batch", "negative offsets");
  if (batch.record_count() < 0 || batch.record_count() > int64_t{batch.last_offset_delta()} + 1) {
    return Error(ErrorCode::corrupt_message, "record batch", "more records than offsets");
  }
  return {};
}

}  // namespace weir::log
