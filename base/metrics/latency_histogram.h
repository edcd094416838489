#pragma once
#include <array>
#include <cstdint>

#include "base/util/types.h"

namespace weir::metrics {

/// Latencies by powers of two of a microsecond with eight steps each: 12 % wide buckets, from 1 µs to over an hour. One
/// thread.
class LatencyHistogram {
 public:
  void record(Duration d, uint64_t times = 1) {
    buckets_[bucket_of(d)] += times;
    count_ += times;
  }
  void add(const LatencyHistogram& other);
  void clear() { *this = LatencyHistogram(); }
  uint64_t count() const { return count_; }
  /// Upper bound, in microseconds, of the bucket that holds the quantile; -1 without values.
  int64_t quantile_us(double q) const;

 private:
  static constexpr size_t kBuckets = 8 * 40;
  static size_t bucket_of(Duration d);

  std::array<uint64_t, kBuckets> buckets_{};
  uint64_t count_ = 0;
};

}  // namespace weir::metrics
