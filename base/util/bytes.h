#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace weir {

using Bytes = std::span<uint8_t>;
using ConstBytes = std::span<const uint8_t>;

inline ConstBytes as_bytes(std::string_view s) { return {reinterpret_cast<const uint8_t*>(s.data()), s.size()}; }
inline std::string_view as_string(ConstBytes b) { return {reinterpret_cast<const char*>(b.data()), b.size()}; }

/// Big-endian (the network's and Kafka's order) loads and stores at any alignment.
template <class T>
inline T byteswap_if_little(T v) {
  if constexpr (sizeof(T) == 1)
    return v;
  else if constexpr (sizeof(T) == 2)
    return static_cast<T>(__builtin_bswap16(static_cast<uint16_t>(v)));
  else if constexpr (sizeof(T) == 4)
    return static_cast<T>(__builtin_bswap32(static_cast<uint32_t>(v)));
  else
    return static_cast<T>(__builtin_bswap64(static_cast<uint64_t>(v)));
}
template <class T>
inline T load_be(const uint8_t* p) {
  T v;
  std::memcpy(&v, p, sizeof v);
  return byteswap_if_little(v);
}
template <class T>
inline void store_be(uint8_t* p, T v) {
  v = byteswap_if_little(v);
  std::memcpy(p, &v, sizeof v);
}
/// Little-endian loads and stores, the order of our own on-disk formats.
template <class T>
inline T load_le(const uint8_t* p) {
  T v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
template <class T>
inline void store_le(uint8_t* p, T v) {
  std::memcpy(p, &v, sizeof v);
}

}  // namespace weir
