#include "web/series_store.h"

#include <gtest/gtest.h>

#include "tests/web/fake_backend.h"

namespace weir::web {
namespace {

TEST(SeriesStore, RowsComeAsSnapshotAndDelta) {
  SeriesStore store(0, 100, 1 << 20, 10);
  store.table(sample_table());
  store.rows({sample_row("checkout", 1000, 5)});
  EXPECT_TRUE(store.seal());
  EXPECT_EQ(
      store.snapshot(1, {}, "e", false),
      R"({"op":"snapshot","id":1,"channel":"series","epoch":"e","seq":1,"tables":[{"t":1,"job":"web_metrics","table":"service_metrics",)"
      R"("topic":"service-metrics","keys":["service"],"metrics":["requests","p95_ms"]}],"rows":[[1,["checkout"],1000,2000,[5,null]]]})");
  store.rows({sample_row("search", 2000, 6)});
  EXPECT_TRUE(store.seal());
  EXPECT_FALSE(store.seal());
  EXPECT_EQ(store.delta(1, 1, {}),
            R"({"op":"delta","id":1,"prev":1,"seq":2,"changes":[[1,["search"],2000,3000,[6,null]]]})");
}

TEST(SeriesStore, SameWindowReplaces) {
  SeriesStore store(0, 100, 1 << 20, 10);
  store.table(sample_table());
  store.rows({sample_row("checkout", 1000, 5), sample_row("checkout", 3000, 7), sample_row("checkout", 1000, 6)});
  EXPECT_NE(
      store.document({}).find(R"("rows":[[1,["checkout"],1000,2000,[6,null]],[1,["checkout"],3000,4000,[7,null]]])"),
      std::string::npos);
}

TEST(SeriesStore, UnknownTableOrColumnsAreCounted) {
  SeriesStore store(0, 100, 1 << 20, 10);
  store.rows({sample_row("checkout", 1000, 5)});
  store.table(sample_table());
  auto row = sample_row("checkout", 1000, 5);
  row.metrics.pop_back();
  store.rows({row});
  EXPECT_EQ(store.rows_rejected(), 2u);
}

TEST(SeriesStore, BoundedPerKeyAndInBytes) {
  SeriesStore store(0, 10, 100'000, 10);
  store.table(sample_table());
  store.rows({sample_row("once", 0, 1)});
  for (int i = 0; i < 50'000; ++i) store.rows({sample_row("busy", i * 1000, i)});
  EXPECT_LT(store.bytes(), 11 * 1000u);
  for (int i = 0; i < 20'000; ++i) store.rows({sample_row("key" + std::to_string(i), 0, i)});
  EXPECT_LE(store.bytes(), 100'000u);
  EXPECT_EQ(store.document({}).find("\"once\""), std::string::npos);
}

TEST(SeriesStore, RangeAndJobFilter) {
  SeriesStore store(0, 100, 1 << 20, 10);
  store.table(sample_table());
  store.table(sample_table("other"));
  store.rows({sample_row("a", 1000, 1), sample_row("a", 61'000, 2), sample_row("b", 1000, 3, "other")});
  auto text = store.document({"", "web_metrics", 30'000});
  EXPECT_EQ(text.find("other"), std::string::npos);
  EXPECT_EQ(text.find("[1,[\"a\"],1000"), std::string::npos);
  EXPECT_NE(text.find("[1,[\"a\"],61000"), std::string::npos);
  store.rows({{"other", "service_metrics", {"old"}, INT64_MIN, INT64_MIN + 1, {1, 2}}});
  EXPECT_FALSE(store.document({"", "other", INT64_MAX}).empty());
}

TEST(SeriesStore, DropAndChangedColumnsForgetRows) {
  SeriesStore store(0, 100, 1 << 20, 10);
  store.table(sample_table());
  store.rows({sample_row("a", 1000, 1)});
  auto wider = sample_table();
  wider.metrics.push_back("errors");
  store.table(wider);
  EXPECT_EQ(store.bytes(), 0u);
  store.drop("web_metrics");
  store.seal();
  EXPECT_EQ(store.document({}), R"({"tables":[],"rows":[]})");
}

TEST(SeriesStore, GapEndsResume) {
  SeriesStore store(0, 100, 1 << 20, 10);
  store.table(sample_table());
  store.seal();
  EXPECT_TRUE(store.can_resume(1));
  store.mark_gap();
  store.seal();
  EXPECT_FALSE(store.can_resume(1));
}

TEST(SeriesStore, DashboardDocument) {
  SeriesStore store(0, 100, 1 << 20, 10);
  store.table(sample_table());
  store.rows({sample_row("a", 1000, 4)});
  EXPECT_EQ(
      store.dashboard(60'000),
      R"({"current_metrics":{"service_metrics.a.requests":4,"service_metrics.a.p95_ms":null},"trends":{"service_metrics.a.requests":)"
      R"([{"timestamp":2000,"value":4}],"service_metrics.a.p95_ms":[{"timestamp":2000,"value":null}]},"alerts":[]})");
}

}  // namespace
}  // namespace weir::web
