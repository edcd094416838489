// The rules of watermarks, lateness and windows, through JobCore, whose inputs are records and whose outputs are JSON.
#include "processor/ops/window_aggregate.h"

#include <gtest/gtest.h>

#include "base/util/rng.h"
#include "processor/job/job_core.h"
#include "processor/ops/value_set.h"
#include "processor/sql/binder.h"

namespace weir::processor {
namespace {

std::shared_ptr<const CompiledJob> job(const std::string& select, const std::string& columns, const std::string& tvf,
                                       const std::string& where = "", const std::string& set = "") {
  auto r = compile(set +
                   "CREATE TABLE ev (ts BIGINT, k STRING, v BIGINT, d DOUBLE, et AS TO_TIMESTAMP_LTZ(ts, 3), WATERMARK "
                   "FOR et AS et - INTERVAL '5' SECOND) "
                   "WITH ('connector'='kafka','topic'='in','format'='json');"
                   "CREATE TABLE o (" +
                   columns +
                   ") WITH ('connector'='kafka','topic'='out','format'='json');"
                   "INSERT INTO o SELECT " +
                   select + " FROM TABLE(" + tvf + ") " + where + " GROUP BY window_start, window_end, k;");
  CHECK(r.ok(), r.ok() ? "" : r.error().message().c_str());
  return std::make_shared<const CompiledJob>(std::move(*r));
}

const std::string kTumble = "TUMBLE(TABLE ev, DESCRIPTOR(et), INTERVAL '10' SECOND)";
std::shared_ptr<const CompiledJob> counting(const std::string& where = "", const std::string& set = "") {
  return job("window_end, k, COUNT(*)", "e TIMESTAMP(3), k STRING, n BIGINT", kTumble, where, set);
}

struct Core {
  JobCore core;
  std::vector<Offset> next;
  explicit Core(std::shared_ptr<const CompiledJob> j, size_t partitions = 1)
      : core(std::move(j), {.keep_late = true}), next(partitions) {
    core.set_partitions(0, std::vector<PartitionProgress>(partitions));
  }
  /// One record; what fired.
  std::vector<std::string> add(int64_t ts, const std::string& k = "a", PartitionId p = 0,
                               const std::string& more = "") {
    std::string r = "{\"ts\":" + std::to_string(ts) + ",\"k\":\"" + k + "\"" + more + "}";
    Status s = core.add_records(0, p, {{next[static_cast<size_t>(p)]++, r}});
    EXPECT_TRUE(s.ok()) << (s.ok() ? "" : s.error().message());
    return take();
  }
  std::vector<std::string> end(PartitionId p = 0) {
    EXPECT_TRUE(core.end_partition(0, p).ok());
    return take();
  }
  std::vector<std::string> take() {
    std::vector<std::string> out;
    for (OutputRow& r : core.take_output()) out.push_back(r.value);
    return out;
  }
};

using Rows = std::vector<std::string>;

TEST(Window, FiresWithTheRecordThatMovesTheWatermarkToItsLastMillisecond) {
  Core c(counting());
  EXPECT_EQ(c.add(9999), Rows{});
  EXPECT_EQ(c.add(14'998), Rows{});
  EXPECT_EQ(c.add(9998), Rows{});  // W = 9998: in time
  EXPECT_EQ(c.add(14'999), (Rows{R"({"e":"1970-01-01 00:00:10","k":"a","n":2})"}));
  EXPECT_EQ(c.add(9997), Rows{});  // late
  EXPECT_EQ(c.core.stats().rows_late, 1);
  auto late = c.core.take_late();
  ASSERT_EQ(late.size(), 1u);
  EXPECT_EQ(late[0].offset, 4);
  EXPECT_EQ(c.end(), (Rows{R"({"e":"1970-01-01 00:00:20","k":"a","n":2})"}));
  EXPECT_TRUE(c.core.finished());
}

TEST(Window, RecordIsJudgedByItsPredecessorsOnly) {
  Core c(counting());
  // One batch: the closing record, then one that is late by it, then one in the next window.
  Status s = c.core.add_records(0, 0,
                                {{0, R"({"ts":1000,"k":"a"})"},
                                 {1, R"({"ts":60000,"k":"a"})"},
                                 {2, R"({"ts":1001,"k":"a"})"},
                                 {3, R"({"ts":60001,"k":"a"})"}});
  ASSERT_TRUE(s.ok());
  EXPECT_EQ(c.take(), (Rows{R"({"e":"1970-01-01 00:00:10","k":"a","n":1})"}));
  EXPECT_EQ(c.core.stats().rows_late, 1);
}

TEST(Window, FilteredAndLateRecordsMoveTheWatermark) {
  Core c(counting("WHERE k <> 'skip'"));
  EXPECT_EQ(c.add(1000), Rows{});
  EXPECT_EQ(c.add(15'000, "skip").size(), 1u);
}

TEST(Window, FiresAtTheMinimumOverPartitionsAndDropsNothingInOrder) {
  Core c(counting(), 2);
  EXPECT_EQ(c.add(100'000, "a", 0), Rows{});
  EXPECT_EQ(c.add(1000, "a", 1), Rows{});  // minutes behind: in order in its partition
  EXPECT_EQ(c.add(50'000, "a", 1), (Rows{R"({"e":"1970-01-01 00:00:10","k":"a","n":1})"}));
  EXPECT_EQ(c.core.stats().rows_late, 0);
  // A record late in its own partition is late though the window is still held open by the other one.
  c.add(60'000, "a", 0);
  EXPECT_EQ(c.core.stats().rows_late, 1);
}

TEST(Window, SilentPartitionHoldsUntilIdleOrEnded) {
  Core c(counting(), 2);
  EXPECT_EQ(c.add(1000, "a", 0), Rows{});
  EXPECT_EQ(c.add(100'000, "a", 0), Rows{});
  ASSERT_TRUE(c.core.set_idle(0, 1, true).ok());
  EXPECT_EQ(c.take().size(), 1u);
  // What it brings afterwards for the fired window is late, for an open one it counts.
  EXPECT_EQ(c.add(2000, "a", 1), Rows{});
  EXPECT_EQ(c.core.stats().rows_late, 1);
  EXPECT_EQ(c.add(100'001, "a", 1), Rows{});
  c.end(0);
  EXPECT_EQ(c.end(1), (Rows{R"({"e":"1970-01-01 00:01:50","k":"a","n":2})"}));
}

TEST(Window, TimesBeforeTheEpochAndOffsets) {
  Core c(job("window_start, k, COUNT(*)", "s TIMESTAMP(3), k STRING, n BIGINT",
             "TUMBLE(TABLE ev, DESCRIPTOR(et), INTERVAL '10' SECOND, INTERVAL '3' SECOND)"));
  c.add(-1);
  c.add(2999);
  c.add(3000);
  EXPECT_EQ(c.end(),
            (Rows{R"({"s":"1969-12-31 23:59:53","k":"a","n":2})", R"({"s":"1970-01-01 00:00:03","k":"a","n":1})"}));
}

TEST(Window, LateForSomeHopsCountsInTheOthers) {
  Core c(job("window_end, k, COUNT(*)", "e TIMESTAMP(3), k STRING, n BIGINT",
             "HOP(TABLE ev, DESCRIPTOR(et), INTERVAL '5' SECOND, INTERVAL '10' SECOND)"));
  c.add(1000);
  EXPECT_EQ(c.add(10'000), (Rows{R"({"e":"1970-01-01 00:00:05","k":"a","n":1})"}));  // W = 5000
  c.add(1001);                                                                       // late for :05, in time for :10
  EXPECT_EQ(c.core.stats().rows_late, 0);
  EXPECT_EQ(c.add(14'999), (Rows{R"({"e":"1970-01-01 00:00:10","k":"a","n":2})"}));
  c.add(1002);
  EXPECT_EQ(c.core.stats().rows_late, 1);
}

TEST(Window, CumulateRepeatsAKeyInEveryStep) {
  Core c(job("window_start, window_end, k, COUNT(*)", "s TIMESTAMP(3), e TIMESTAMP(3), k STRING, n BIGINT",
             "CUMULATE(TABLE ev, DESCRIPTOR(et), INTERVAL '10' SECOND, INTERVAL '30' SECOND)"));
  c.add(11'000);
  Rows rows = c.add(31'000);
  for (std::string& r : c.end()) rows.push_back(r);
  ASSERT_EQ(rows.size(), 5u);
  EXPECT_EQ(rows[0], R"({"s":"1970-01-01 00:00:00","e":"1970-01-01 00:00:20","k":"a","n":1})");
  EXPECT_EQ(rows[4], R"({"s":"1970-01-01 00:00:30","e":"1970-01-01 00:01:00","k":"a","n":1})");
}

TEST(Window, NullEventTimeEndsTheJobWithItsPlace) {
  Core c(counting());
  Status s = c.core.add_records(0, 0, {{0, R"({"ts":1})"}, {1, R"({"k":"x"})"}});
  EXPECT_EQ(s.error().detail, "in/0/1: the event time `et` is null");
}

TEST(Window, NullKeyIsAGroupAndOutputIsOrdered) {
  Core c(counting());
  for (const char* k : {"b", "a", "ab"}) c.add(1, k);
  ASSERT_TRUE(c.core.add_records(0, 0, {{3, R"({"ts":2})"}, {4, R"({"ts":3,"k":null})"}}).ok());
  Rows rows = c.end();
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_EQ(rows[0], R"({"e":"1970-01-01 00:00:10","k":null,"n":2})");
  EXPECT_EQ(rows[1].find("\"k\":\"a\"") != std::string::npos, true);
  EXPECT_EQ(rows[3].find("\"k\":\"b\"") != std::string::npos, true);
}

TEST(Window, OverTheBudgetNewKeysAreRefusedAndCounted) {
  Core c(counting("", "SET 'weir.job.state.bytes.max' = '1000';"));
  for (int i = 0; i < 100; ++i) c.add(i, "key-" + std::to_string(i));
  c.add(200, "key-0");  // a known key goes on
  EXPECT_GT(c.core.stats().rows_refused, 50);
  EXPECT_LE(c.core.stats().state_bytes, 1000);
  Rows rows = c.end();
  EXPECT_EQ(static_cast<int64_t>(rows.size()), 100 - c.core.stats().rows_refused);
  EXPECT_NE(rows[0].find("\"n\":2"), std::string::npos);
  EXPECT_EQ(c.core.stats().state_bytes, 0);
}

TEST(Window, AggregatesOverHavingAndArithmetic) {
  Core c(
      job("k, COUNT(*) FILTER (WHERE v > 1) * 1.0 / COUNT(*), SUM(DISTINCT v), AVG(d), MIN(k), MAX(CAST(v AS STRING)), "
          "SUM(v / (v - 1)) FILTER (WHERE v > 1)",
          "k STRING, r DOUBLE, s BIGINT, d DOUBLE, m STRING, x STRING, g BIGINT", kTumble));
  for (int v : {1, 2, 2, 10}) c.add(v, "a", 0, ",\"v\":" + std::to_string(v) + ",\"d\":0.5");
  EXPECT_EQ(c.end(), (Rows{R"({"k":"a","r":0.75,"s":13,"d":0.5,"m":"a","x":"2","g":5})"}));
}

TEST(Checkpoint, RefusesDamageAndOtherScripts) {
  auto j = counting();
  Core c(j);
  for (int i = 0; i < 20; ++i) c.add(i * 100, std::string(1, static_cast<char>('a' + i % 5)));
  Buffer good = c.core.checkpoint();
  EXPECT_TRUE(JobCore(j).restore(good).ok());
  EXPECT_EQ(JobCore(counting("WHERE v > 1")).restore(good).code(), ErrorCode::invalid_argument);
  for (size_t i = 0; i < good.size(); ++i) {
    Buffer bad = Buffer::copy_of(good.bytes());
    bad.data()[i] ^= 0x10;
    EXPECT_FALSE(JobCore(j).restore(bad).ok()) << i;
    EXPECT_FALSE(JobCore(j).restore(good.slice(0, i)).ok()) << i;
  }
}

/// Random records over partitions, all kinds of aggregates: any interleaving, cut and restart gives the same rows in
/// the same order.
class Determinism : public testing::TestWithParam<const char*> {};

TEST_P(Determinism, RowsDependOnTheLogsAlone) {
  auto j = job(
      "window_end, k, COUNT(*), SUM(v), AVG(d), SUM(d), MIN(k), MAX(d), PERCENTILE(d, 0.9), COUNT(DISTINCT v), "
      "COUNT(DISTINCT CAST(v AS STRING)), SUM(DISTINCT d)",
      "e TIMESTAMP(3), k STRING, n BIGINT, s BIGINT, a DOUBLE, sd DOUBLE, m STRING, x DOUBLE, p DOUBLE, u BIGINT, us "
      "BIGINT, ds DOUBLE",
      GetParam());
  SplitMix64 random(99);
  constexpr size_t kPartitions = 3, kRecords = 400;
  std::vector<std::vector<std::string>> log(kPartitions);
  for (size_t p = 0; p < kPartitions; ++p)
    for (size_t i = 0; i < kRecords; ++i) {
      int64_t ts = static_cast<int64_t>(i * 300 + random.below(9000)) - (random.chance(1, 20) ? 20'000 : 0);
      log[p].push_back("{\"ts\":" + std::to_string(ts) +
                       ",\"k\":" + (random.chance(1, 10) ? "null" : "\"k" + std::to_string(random.below(4)) + "\"") +
                       ",\"v\":" + std::to_string(random.below(50)) + ",\"d\":0." + std::to_string(random.below(1000)) +
                       "}");
    }
  std::vector<std::string> want;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    SplitMix64 chaos(seed);
    auto core = std::make_unique<JobCore>(j);
    std::vector<PartitionProgress> progress(kPartitions);
    for (auto& p : progress) p.end_offset = kRecords;
    core->set_partitions(0, progress);
    std::vector<std::string> got;
    while (!core->finished()) {
      size_t p = chaos.below(kPartitions);
      auto from = static_cast<size_t>(core->partitions(0)[p].next_offset);
      size_t n = seed == 0 ? kRecords : 1 + chaos.below(60);
      std::vector<JobCore::Record> batch;
      for (size_t i = from; i < std::min(from + n, kRecords); ++i) batch.push_back({static_cast<Offset>(i), log[p][i]});
      ASSERT_TRUE(core->add_records(0, static_cast<PartitionId>(p), batch).ok());
      for (OutputRow& r : core->take_output()) got.push_back(r.value);
      if (seed && chaos.chance(1, 3)) {
        Buffer b = core->checkpoint();
        core = std::make_unique<JobCore>(j);
        ASSERT_TRUE(core->restore(b).ok());
      }
    }
    if (seed == 0) want = got;
    ASSERT_EQ(got, want) << "seed " << seed;
  }
  EXPECT_GT(want.size(), 50u);
}

INSTANTIATE_TEST_SUITE_P(
    Windows, Determinism,
    testing::Values("TUMBLE(TABLE ev, DESCRIPTOR(et), INTERVAL '10' SECOND)",
                    "HOP(TABLE ev, DESCRIPTOR(et), INTERVAL '5' SECOND, INTERVAL '20' SECOND)",
                    "CUMULATE(TABLE ev, DESCRIPTOR(et), INTERVAL '5' SECOND, INTERVAL '20' SECOND)"));

TEST(ValueBag, PercentilesOfRunsAreThoseOfTheSortedValues) {
  SplitMix64 random(5);
  for (size_t n : {1u, 2u, 3u, 10u, 1000u, 5000u}) {
    ValueBag bag, left, right;
    std::vector<double> all;
    for (size_t i = 0; i < n; ++i) {
      auto v = static_cast<double>(random.below(200));
      all.push_back(v);
      bag.add(v);
      (i % 3 ? left : right).add(v);
    }
    std::sort(all.begin(), all.end());
    left.merge(right);
    for (double p : {0.0, 0.25, 0.5, 0.95, 1.0}) {
      double position = static_cast<double>(n - 1) * p;
      auto low = static_cast<size_t>(position);
      double want = all[low] + (low + 1 < n ? (all[low + 1] - all[low]) * (position - static_cast<double>(low)) : 0);
      EXPECT_NEAR(bag.percentile(p), want, 1e-9);
      EXPECT_NEAR(left.percentile(p), want, 1e-9);
    }
  }
}

TEST(StringDictionary, SweepKeepsWhatIsInUse) {
  // More than a megabyte of strings through a window: the dictionary is swept when windows go.
  Core c(
      job("k, COUNT(DISTINCT CAST(v AS STRING) || "
          "'-a-long-text-that-fills-the-dictionary-a-long-text-that-fills-the-dictionary')",
          "k STRING, n BIGINT", kTumble));
  int64_t high = 0;
  for (int w = 0; w < 30; ++w) {
    for (int i = 0; i < 1000; ++i) c.add(w * 10'000 + i, "a", 0, ",\"v\":" + std::to_string(w * 1000 + i));
    high = std::max(high, c.core.stats().state_bytes);
  }
  EXPECT_EQ(c.end(), (Rows{R"({"k":"a","n":1000})", R"({"k":"a","n":1000})"}));
  EXPECT_LT(high, 2'500'000);
}

}  // namespace
}  // namespace weir::processor
