#include "base/metrics/latency_histogram.h"

#include <algorithm>
#include <bit>

namespace weir::metrics {
namespace {

int64_t upper_bound_of(size_t bucket) {
  if (bucket < 8) return static_cast<int64_t>(bucket);
  size_t exponent = bucket / 8 + 2;
  return static_cast<int64_t>(((8 + bucket % 8 + 1) << (exponent - 3)) - 1);
}

}  // namespace

size_t LatencyHistogram::bucket_of(Duration d) {
  auto us = static_cast<uint64_t>(std::max<int64_t>(1, d.count() / 1000));
  if (us < 8) return us;
  auto exponent = static_cast<size_t>(std::bit_width(us)) - 1;  // >= 3
  return std::min((exponent - 2) * 8 + (us >> (exponent - 3) & 7), kBuckets - 1);
}

void LatencyHistogram::add(const LatencyHistogram& other) {
  for (size_t i = 0; i < kBuckets; ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
}

int64_t LatencyHistogram::quantile_us(double q) const {
  if (count_ == 0) return -1;
  auto rank = static_cast<uint64_t>(q * static_cast<double>(count_ - 1));
  uint64_t seen = 0;
  for (size_t i = 0; i < kBuckets; ++i) {
    seen += buckets_[i];
    if (seen > rank) return upper_bound_of(i);
  }
  return upper_bound_of(kBuckets - 1);
}

}  // namespace weir::metrics
