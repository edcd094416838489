#pragma once
#include <vector>

#include "base/util/bytes.h"

/// Little-endian fields one behind the other, as our own files (state, producer snapshots) hold them.
namespace weir::log {

template <class T>
void put(std::vector<uint8_t>& out, T v) {
  out.resize(out.size() + sizeof v);
  store_le(out.data() + out.size() - sizeof v, v);
}
/// Their length, then the bytes.
inline void put_bytes(std::vector<uint8_t>& out, ConstBytes bytes) {
  put(out, static_cast<uint32_t>(bytes.size()));
  out.insert(out.end(), bytes.begin(), bytes.end());
}

/// Takes fields back. Behind the end everything is zero and `bad` is set: looked at once, at the end.
struct FieldReader {
  ConstBytes left;
  bool bad = false;
  template <class T>
  T take() {
    if (left.size() < sizeof(T)) return bad = true, T{};
    T v = load_le<T>(left.data());
    left = left.subspan(sizeof(T));
    return v;
  }
  ConstBytes take_bytes() {
    uint32_t n = take<uint32_t>();
    if (left.size() < n) return bad = true, ConstBytes{};
    ConstBytes out = left.first(n);
    left = left.subspan(n);
    return out;
  }
};

}  // namespace weir::log
