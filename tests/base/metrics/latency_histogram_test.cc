#include "base/metrics/latency_histogram.h"

#include <gtest/gtest.h>

namespace weir::metrics {

TEST(LatencyHistogram, QuantilesAreWithinAnEighth) {
  LatencyHistogram h;
  EXPECT_EQ(h.quantile_us(0.99), -1);
  for (int i = 1; i <= 10'000; ++i) h.record(std::chrono::microseconds(i));
  EXPECT_NEAR(static_cast<double>(h.quantile_us(0.5)), 5000, 700);
  EXPECT_NEAR(static_cast<double>(h.quantile_us(0.99)), 9900, 1300);
  EXPECT_EQ(h.count(), 10'000u);
}

TEST(LatencyHistogram, AddsUpAndHoldsAnyDuration) {
  LatencyHistogram a, b;
  a.record(std::chrono::microseconds(3), 10);
  b.record(std::chrono::hours(1000));
  b.record(Duration(-5));
  a.add(b);
  EXPECT_EQ(a.count(), 12u);
  EXPECT_EQ(a.quantile_us(0), 1);
  EXPECT_EQ(a.quantile_us(0.5), 3);
  EXPECT_GT(a.quantile_us(1), 3600ll * 1000 * 1000);
  a.clear();
  EXPECT_EQ(a.count(), 0u);
}

}  // namespace weir::metrics
