#include "processor/state/codec.h"

#include "base/util/crc32c.h"

namespace weir::processor {

void StateWriter::u64(uint64_t v) {
  size_t at = out_.size();
  out_.resize(at + 8);
  store_le(out_.data() + at, v);
}

void StateWriter::count(uint64_t v) {
  while (v >= 0x80) {
    out_.push_back(static_cast<uint8_t>(v | 0x80));
    v >>= 7;
  }
  out_.push_back(static_cast<uint8_t>(v));
}

void StateWriter::string(std::string_view s) {
  count(s.size());
  out_.insert(out_.end(), s.begin(), s.end());
}

Buffer StateWriter::sealed() const {
  Buffer b = Buffer::allocate(out_.size() + 4);
  if (!out_.empty()) std::memcpy(b.data(), out_.data(), out_.size());
  store_le(b.data() + out_.size(), crc32c({out_.data(), out_.size()}));
  return b;
}

Result<StateReader> StateReader::open(ConstBytes sealed) {
  if (sealed.size() < 4) return Error(ErrorCode::truncated, "checkpoint");
  ConstBytes body = sealed.first(sealed.size() - 4);
  if (crc32c(body) != load_le<uint32_t>(body.data() + body.size()))
    return Error(ErrorCode::corrupt_message, "checkpoint", "the CRC does not match");
  return StateReader(body);
}

uint8_t StateReader::u8() {
  if (p_ == end_) return fail(), uint8_t{0};
  return *p_++;
}

uint64_t StateReader::u64() {
  if (end_ - p_ < 8) return fail(), 0;
  uint64_t v = load_le<uint64_t>(p_);
  p_ += 8;
  return v;
}

uint64_t StateReader::count(size_t each_bytes) {
  uint64_t v = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    uint8_t b = u8();
    v |= static_cast<uint64_t>(b & 0x7F) << shift;
    if (!(b & 0x80)) {
      if (!ok_ || (each_bytes && v > static_cast<uint64_t>(end_ - p_) / each_bytes)) return fail(), 0;
      return v;
    }
  }
  return fail(), 0;
}

std::string_view StateReader::string() {
  uint64_t n = count(1);
  if (!ok_) return {};
  std::string_view s(reinterpret_cast<const char*>(p_), n);
  p_ += n;
  return s;
}

}  // namespace weir::processor
