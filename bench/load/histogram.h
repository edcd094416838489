#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace weir::bench {

/// Counts of durations, exact to 1/128 of the value, from nanoseconds to hours. One thread at a time.
class Histogram {
 public:
  Histogram();
  void add(uint64_t nanoseconds);
  uint64_t count() const { return count_; }
  /// The smallest value that `share` (0 … 1) of the values do not exceed, in microseconds; 0 when empty.
  double quantile_us(double share) const;
  /// {"n":…,"p50":…,"p95":…,"p99":…,"p99.9":…,"max":…}, microseconds.
  std::string json() const;

 private:
  std::vector<uint64_t> buckets_;
  uint64_t count_ = 0;
  uint64_t max_ = 0;
};

}  // namespace weir::bench
