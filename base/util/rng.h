#pragma once
#include <cstdint>

namespace weir {

/// Where random numbers come from; seeded in the simulator, so nothing else may draw.
class Random {
 public:
  virtual ~Random() = default;
  virtual uint64_t next() = 0;
  /// Uniform in [0, bound). Precondition: bound > 0.
  uint64_t below(uint64_t bound) {
    return static_cast<uint64_t>((static_cast<unsigned __int128>(next()) * bound) >> 64);
  }
  /// True in `numerator` of `denominator` cases.
  bool chance(uint64_t numerator, uint64_t denominator) { return below(denominator) < numerator; }
};

/// splitmix64 (Steele, Lea, Flood 2014): one word of state, passes BigCrush; for jitter, ids and the simulator, not for
/// secrets.
class SplitMix64 final : public Random {
 public:
  explicit SplitMix64(uint64_t seed) : state_(seed) {}
  uint64_t next() override {
    uint64_t z = (state_ += 0x9E3779B97F4A7C15ull);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
  }

 private:
  uint64_t state_;
};

/// 64 bits of the kernel's entropy (getrandom): seeds the generators of the real runtimes.
uint64_t system_random_seed();

}  // namespace weir
