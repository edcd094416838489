#pragma once
#include <cstddef>
#include <cstdint>

namespace weir {

/// Variable-length integers: seven bits a byte, least significant first (Protocol Buffers' encoding, as Kafka uses it);
/// the signed ones zigzag. Encoders return the bytes written, decoders the bytes read: 0 when the input ends first or
/// the value does not fit.
inline constexpr size_t kVarint32Max = 5;
inline constexpr size_t kVarint64Max = 10;

constexpr uint32_t zigzag32(int32_t v) { return (static_cast<uint32_t>(v) << 1) ^ static_cast<uint32_t>(v >> 31); }
constexpr uint64_t zigzag64(int64_t v) { return (static_cast<uint64_t>(v) << 1) ^ static_cast<uint64_t>(v >> 63); }
constexpr int32_t unzigzag32(uint32_t v) { return static_cast<int32_t>(v >> 1) ^ -static_cast<int32_t>(v & 1); }
constexpr int64_t unzigzag64(uint64_t v) { return static_cast<int64_t>(v >> 1) ^ -static_cast<int64_t>(v & 1); }

/// `p` has room for kVarint64Max bytes.
inline size_t put_uvarint(uint8_t* p, uint64_t v) {
  size_t n = 0;
  while (v >= 0x80) {
    p[n++] = static_cast<uint8_t>(v) | 0x80;
    v >>= 7;
  }
  p[n++] = static_cast<uint8_t>(v);
  return n;
}

constexpr size_t uvarint_size(uint64_t v) {
  size_t n = 1;
  while (v >= 0x80) v >>= 7, ++n;
  return n;
}

/// `bits`: 32 or 64.
template <int bits>
inline size_t get_uvarint(const uint8_t* p, const uint8_t* end, uint64_t& out) {
  constexpr size_t kMax = bits == 32 ? kVarint32Max : kVarint64Max;
  constexpr uint8_t kLastByteMax = bits == 32 ? 0x0f : 0x01;
  uint64_t v = 0;
  for (size_t n = 0; n < kMax && p + n < end; ++n) {
    uint8_t byte = p[n];
    if (n == kMax - 1 && byte > kLastByteMax) return 0;
    v |= static_cast<uint64_t>(byte & 0x7f) << (7 * n);
    if (byte < 0x80) {
      out = v;
      return n + 1;
    }
  }
  return 0;
}

}  // namespace weir
