#include "tools/cli/session.h"

#include <gtest/gtest.h>

namespace weir::cli {
namespace {

TEST(Explain, NamesKafkasCodeAndTheNextStep) {
  std::string text = explain(Error(ErrorCode::not_enough_replicas, "client", "t-0"));
  EXPECT_EQ(text.find("NOT_ENOUGH_REPLICAS (19): "), 0u);
  EXPECT_NE(text.find("t-0"), std::string::npos);
  EXPECT_NE(text.find("min.insync.replicas (`weir topic alter`)"), std::string::npos);
}

TEST(Explain, ABrokersSentenceStandsAlone) {
  EXPECT_EQ(explain(Error(ErrorCode::topic_already_exists, client::kSaysAll, "Topic 't' already exists.")),
            "TOPIC_ALREADY_EXISTS (36): Topic 't' already exists; `weir topic describe NAME` shows it");
}

TEST(Explain, UnreachableIsAboutTheAddress) {
  EXPECT_EQ(explain(Error(ErrorCode::connection_failed, "client", "127.0.0.1:1: connection refused")),
            "127.0.0.1:1: connection refused; is it up, and is this its address? `-b HOST:PORT` gives another, `weir "
            "cluster ps --dir DIR` lists the nodes of a local cluster");
}

TEST(ExitCode, ByKindOfError) {
  EXPECT_EQ(exit_code_of(failed("x")), 1);
  EXPECT_EQ(exit_code_of(usage("x")), 2);
  EXPECT_EQ(exit_code_of(Error(ErrorCode::connection_failed, "client")), 3);
  EXPECT_EQ(exit_code_of(failed("x", ErrorCode::cancelled)), 4);
}

TEST(Confirm, YesNeedsNoTerminal) { EXPECT_TRUE(confirm("do it", true)); }

TEST(Times, AreReadAndWrittenInUtc) {
  EXPECT_EQ(format_time(0), "1970-01-01 00:00:00.000");
  EXPECT_EQ(format_time(-1), "1969-12-31 23:59:59.999");
  EXPECT_EQ(*parse_time_ms("1700000000123"), 1700000000123);
  EXPECT_EQ(*parse_time_ms("2023-11-14T22:13:20Z"), 1700000000000);
  EXPECT_EQ(*parse_time_ms("2023-11-14 22:13:20.5"), 1700000000500);
  EXPECT_EQ(*parse_time_ms("2023-11-14 22:13"), 1699999980000);
  EXPECT_EQ(*parse_time_ms("2023-11-14"), 1699920000000);
  for (const char* bad : {"", "yesterday", "2023-11-14T", "2023-11-14T22:13:20+01:00", "17x"})
    EXPECT_FALSE(parse_time_ms(bad)) << bad;
}

TEST(Durations, HaveUnits) {
  EXPECT_EQ(*parse_duration_ms("90"), 90'000);
  EXPECT_EQ(*parse_duration_ms("250ms"), 250);
  EXPECT_EQ(*parse_duration_ms("5m"), 300'000);
  EXPECT_EQ(*parse_duration_ms("7d"), 604'800'000);
  for (const char* bad : {"", "-1s", "5y", "9223372036854775807d"}) EXPECT_FALSE(parse_duration_ms(bad)) << bad;
}

TEST(Numbers, AreGrouped) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(-1234567), "-1,234,567");
  EXPECT_EQ(size_text(1023), "1023 B");
  EXPECT_EQ(size_text(1536), "1.5 KiB");
}

}  // namespace
}  // namespace weir::cli
