#include "bench/load/histogram.h"

#include <algorithm>
#include <bit>
#include <cstdio>

namespace weir::bench {
namespace {

// A value v below 128 has its own bucket; above, the 7 bits after its highest one choose one of 128 per power of two.
constexpr int kBits = 7;
constexpr uint64_t kSteps = uint64_t{1} << kBits;

size_t bucket_of(uint64_t value) {
  if (value < kSteps) return value;
  const int shift = 63 - std::countl_zero(value) - kBits;
  return (static_cast<size_t>(shift) + 1) * kSteps + ((value >> shift) & (kSteps - 1));
}

uint64_t lower_bound_of(size_t bucket) {
  if (bucket < kSteps) return bucket;
  const int shift = static_cast<int>(bucket / kSteps) - 1;
  return (kSteps | (bucket % kSteps)) << shift;
}

}  // namespace

Histogram::Histogram() : buckets_((64 - kBits + 1) * kSteps) {}

void Histogram::add(uint64_t nanoseconds) {
  ++buckets_[bucket_of(nanoseconds)];
  ++count_;
  max_ = std::max(max_, nanoseconds);
}

double Histogram::quantile_us(double share) const {
  if (count_ == 0) return 0;
  const auto wanted = std::max<uint64_t>(1, static_cast<uint64_t>(share * static_cast<double>(count_) + 0.5));
  uint64_t seen = 0;
  for (size_t i = 0; i < buckets_.size(); ++i) {
    seen += buckets_[i];
    if (seen >= wanted) return static_cast<double>(lower_bound_of(i)) / 1e3;
  }
  return static_cast<double>(max_) / 1e3;
}

std::string Histogram::json() const {
  char text[200];
  std::snprintf(text, sizeof text, R"({"n":%llu,"p50":%.1f,"p95":%.1f,"p99":%.1f,"p99.9":%.1f,"max":%.1f})",
                static_cast<unsigned long long>(count_), quantile_us(.5), quantile_us(.95), quantile_us(.99),
                quantile_us(.999), static_cast<double>(max_) / 1e3);
  return text;
}

}  // namespace weir::bench
