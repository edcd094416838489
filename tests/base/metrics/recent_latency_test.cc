#include "base/metrics/recent_latency.h"

#include <gtest/gtest.h>

namespace weir::metrics {

TEST(RecentLatency, QuantilesAreWithinABucket) {
  RecentLatency l;
  MonoTime now{1'000'000'000'000};
  EXPECT_EQ(l.quantile_us(0.5, now), -1);
  for (int i = 1; i <= 1000; ++i) l.record(std::chrono::microseconds(i), now);
  EXPECT_NEAR(static_cast<double>(l.quantile_us(0.5, now)), 500, 70);
  EXPECT_NEAR(static_cast<double>(l.quantile_us(0.99, now)), 990, 130);
}

TEST(RecentLatency, ForgetsWhatIsOld) {
  RecentLatency l;
  MonoTime now{1'000'000'000'000};
  l.record(std::chrono::milliseconds(7), now);
  EXPECT_GT(l.quantile_us(0.5, now + std::chrono::seconds(6)), 0);
  EXPECT_EQ(l.quantile_us(0.5, now + std::chrono::seconds(20)), -1);
}

}  // namespace weir::metrics
