#include "log/epoch_cache.h"

#include <gtest/gtest.h>

namespace weir::log {
namespace {

TEST(EpochCache, AnEpochWithoutRecordsLeavesNoTraceBehindANewerOne) {
  EpochCache cache;
  EXPECT_TRUE(cache.assign(2, 0));
  EXPECT_TRUE(cache.assign(3, 100));
  EXPECT_TRUE(cache.assign(4, 100));
  EXPECT_EQ(cache.latest(), 4);
  EXPECT_EQ(cache.end_of(3, 100).epoch, 2);
}

/// A replica was to lead epoch 3 and heard of it when another led epoch 4 already: what it fetches from there goes on
/// in epoch 2.
TEST(EpochCache, RecordsOfAnOlderEpochTakeThePlaceOfAnEpochWithoutRecords) {
  EpochCache cache;
  EXPECT_TRUE(cache.assign(2, 0));
  EXPECT_TRUE(cache.assign(3, 100));
  EXPECT_TRUE(cache.assign(2, 100));
  EXPECT_EQ(cache.latest(), 2);
  EXPECT_EQ(cache.epoch_of(100), 2);
  EXPECT_EQ(cache.end_of(2, 120).end_offset, 120);
}

TEST(EpochCache, AKnownEpochChangesNothing) {
  EpochCache cache;
  EXPECT_TRUE(cache.assign(2, 0));
  EXPECT_TRUE(cache.assign(3, 100));
  EXPECT_FALSE(cache.assign(3, 110));
  EXPECT_FALSE(cache.assign(2, 110));
  EXPECT_EQ(cache.entries().size(), 2u);
}

}  // namespace
}  // namespace weir::log
