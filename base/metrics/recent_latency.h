#pragma once
#include "base/metrics/latency_histogram.h"

namespace weir::metrics {

/// Quantiles of the latencies of the last few seconds: two histograms in turn, each for kSpan, read as one. One thread.
class RecentLatency {
 public:
  static constexpr Duration kSpan{5'000'000'000};

  void record(Duration d, MonoTime now) {
    turn(now);
    halves_[current_].record(d);
  }
  /// See LatencyHistogram.
  int64_t quantile_us(double q, MonoTime now) {
    turn(now);
    LatencyHistogram both = halves_[0];
    both.add(halves_[1]);
    return both.quantile_us(q);
  }

 private:
  void turn(MonoTime now) {
    if (now - since_ < kSpan) return;
    bool long_ago = now - since_ >= 2 * kSpan;
    current_ ^= 1;
    halves_[current_].clear();
    if (long_ago) halves_[current_ ^ 1].clear();
    since_ = now;
  }

  std::array<LatencyHistogram, 2> halves_;
  size_t current_ = 0;
  MonoTime since_{};
};

}  // namespace weir::metrics
