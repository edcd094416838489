#pragma once
#include <array>
#include <bit>
#include <cstdint>

#include "base/util/types.h"

namespace weir::metrics {

/// Quantiles of the latencies of the last few seconds: two histograms in turn, each for kSpan, read as one. Buckets are powers of two of a
/// microsecond with eight steps each: 12 % wide. One thread.
class RecentLatency {
 public:
  static constexpr Duration kSpan{5'000'000'000};

  void record(Duration d, MonoTime now) {
    turn(now);
    ++halves_[current_][bucket_of(static_cast<uint64_t>(d.count() < 1000 ? 1 : d.count() / 1000))];
    ++counts_[current_];
  }
  /// Upper bound, in microseconds, of the bucket that holds the quantile; -1 without values.
  int64_t quantile_us(double q, MonoTime now) {
    turn(now);
    uint64_t total = counts_[0] + counts_[1];
    if (total == 0) return -1;
    auto rank = static_cast<uint64_t>(q * static_cast<double>(total - 1));
    uint64_t seen = 0;
    for (size_t i = 0; i < kBuckets; ++i) {
      seen += halves_[0][i] + halves_[1][i];
      if (seen > rank) return upper_bound_of(i);
    }
    return upper_bound_of(kBuckets - 1);
  }

 private:
  static constexpr size_t kBuckets = 8 * 40;

  static size_t bucket_of(uint64_t us) {
    if (us < 8) return us;
    unsigned exponent = static_cast<unsigned>(std::bit_width(us)) - 1;  // ≥ 3
    size_t step = us >> (exponent - 3) & 7;
    size_t i = (exponent - 2) * 8 + step;
    return i < kBuckets ? i : kBuckets - 1;
  }
  static int64_t upper_bound_of(size_t i) {
    if (i < 8) return static_cast<int64_t>(i);
    unsigned exponent = static_cast<unsigned>(i / 8) + 2;
    return static_cast<int64_t>(((8 + i % 8 + 1) << (exponent - 3)) - 1);
  }
  void turn(MonoTime now) {
    if (now - since_ < kSpan) return;
    bool long_ago = now - since_ >= 2 * kSpan;
    current_ ^= 1;
    halves_[current_].fill(0);
    counts_[current_] = 0;
    if (long_ago) halves_[current_ ^ 1].fill(0), counts_[current_ ^ 1] = 0;
    since_ = now;
  }

  std::array<std::array<uint32_t, kBuckets>, 2> halves_{};
  std::array<uint64_t, 2> counts_{};
  size_t current_ = 0;
  MonoTime since_;
};

}  // namespace weir::metrics
