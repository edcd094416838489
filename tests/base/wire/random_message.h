#pragma once
#include <random>
#include <type_traits>

#include "base/wire/codec.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Fills the fields that a version has with random content, nulls only where the version allows them.
class RandomFiller {
 public:
  RandomFiller(uint32_t seed, int16_t version) : random_(seed), version_(version) {}

  template <class T>
  void field(const char*, T& value, const Facet& f = {}) {
    if (f.present(version_)) fill(value, f.may_be_null(version_));
  }

 private:
  uint32_t draw(uint32_t below) { return static_cast<uint32_t>(random_() % below); }
  std::string text() {
    std::string s;
    // Now and then longer than a one-byte compact length.
    uint32_t n = draw(16) == 0 ? 100 + draw(200) : draw(8);
    while (s.size() < n) s += static_cast<char>('a' + draw(26));
    return s;
  }

  void fill(bool& v, bool) { v = draw(2); }
  void fill(double& v, bool) { v = draw(1000) / 8.0; }
  void fill(std::string& v, bool) { v = text(); }
  void fill(Uuid& v, bool) {
    for (uint8_t& b : v.bytes) b = static_cast<uint8_t>(draw(256));
  }
  void fill(std::vector<uint8_t>& v, bool) {
    std::string s = text();
    v.assign(s.begin(), s.end());
  }
  void fill(BufferChain& v, bool) {
    v.clear();
    for (uint32_t n = draw(3); n > 0; --n) v.push_back(Buffer::copy_of(as_bytes("some records")));
  }
  template <class T>
  void fill(std::vector<T>& v, bool) {
    v.clear();
    for (uint32_t n = draw(3); n > 0; --n) fill(v.emplace_back(), false);
  }
  template <class T>
  void fill(std::optional<T>& v, bool may_be_null) {
    v.emplace();
    if (may_be_null && draw(3) == 0)
      v.reset();
    else
      fill(*v, false);
  }
  template <class T>
  void fill(T& v, bool) {
    if constexpr (std::is_integral_v<T>)
      v = static_cast<T>(random_() >> draw(64));
    else
      v.fields(*this);
  }

  std::mt19937_64 random_;
  int16_t version_;
};

template <class M>
M random_message(uint32_t seed, int16_t version) {
  M m{};
  RandomFiller filler(seed, version);
  m.fields(filler);
  return m;
}

}  // namespace weir::wire
