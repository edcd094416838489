#include "processor/series/series_store.h"

#include <gtest/gtest.h>

namespace weir::processor {
namespace {

std::string row(int second, const std::string& service, const std::string& value) {
  return "{\"window_start\":\"2023-11-14 22:14:" + std::string(second < 10 ? "0" : "") + std::to_string(second) + "\",\"service\":\"" + service + "\",\"p95\":" + value + "}";
}

TEST(SeriesStore, GivesRowsSinceASequence) {
  SeriesStore s;
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(s.append("t", row(i, "a", "1.5"), 0).ok());
  auto all = s.since("t", 0);
  EXPECT_EQ(all.rows.size(), 5u);
  EXPECT_FALSE(all.gap);
  ASSERT_TRUE(s.append("t", row(6, "a", "2"), 0).ok());
  auto more = s.since("t", all.next_seq);
  ASSERT_EQ(more.rows.size(), 1u);
  EXPECT_EQ(more.rows[0].time_ms, 1700000046000);
  EXPECT_EQ(s.since("t", more.next_seq).rows.size(), 0u);
}

TEST(SeriesStore, KeepsTheNewestWithinItsLimits) {
  SeriesStore s({.rows_per_table = 3, .bytes = 1 << 20});
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(s.append("t", row(i, "a", "1"), 0).ok());
  EXPECT_EQ(s.since("t", 0).rows.size(), 3u);
  EXPECT_TRUE(s.since("t", 1).gap);
  SeriesStore small({.rows_per_table = 1000, .bytes = 1000});
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(small.append(i % 10 ? "big" : "little", row(i, "a", "1"), 0).ok());
  EXPECT_LE(small.bytes(), 1000u);
  small.drop("big");
  small.drop("little");
  EXPECT_EQ(small.bytes(), 0u);
}

TEST(SeriesStore, SeriesByKey) {
  SeriesStore s;
  ASSERT_TRUE(s.append("t", row(2, "b", "4"), 0).ok());
  ASSERT_TRUE(s.append("t", row(1, "b", "3.5"), 0).ok());
  ASSERT_TRUE(s.append("t", row(1, "a", "null"), 0).ok());
  ASSERT_TRUE(s.append("t", row(2, "a", "1"), 0).ok());
  auto r = s.series("t", {"service"}, "p95");
  ASSERT_TRUE(r.ok());
  ASSERT_EQ(r->size(), 2u);
  EXPECT_EQ((*r)[0].key, std::vector<std::string>{"a"});
  EXPECT_EQ((*r)[0].points.size(), 1u);
  ASSERT_EQ((*r)[1].points.size(), 2u);
  EXPECT_EQ((*r)[1].points[0].value, 3.5);
  EXPECT_FALSE(s.series("x", {}, "p95").ok());
}

TEST(SeriesStore, RefusesWhatIsNoObject) {
  SeriesStore s;
  EXPECT_EQ(s.append("t", "[1]", 0).code(), ErrorCode::malformed);
  EXPECT_EQ(s.append("t", "{", 0).code(), ErrorCode::malformed);
  EXPECT_TRUE(s.tables().empty());
}

}  // namespace
}  // namespace weir::processor
