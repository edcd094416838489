#include "tools/cli/sql_report.h"

#include <gtest/gtest.h>

#include "processor/sql/binder.h"

namespace weir::cli {
namespace {

Error at(std::string detail) { return Error(ErrorCode::invalid_argument, "sql", std::move(detail)); }

TEST(SqlReport, ShowsTheLineAndACaret) {
  EXPECT_EQ(sql_report(at("2:8: unknown column `x`"), "-- one\nSELECT x FROM t\n", "job.sql"),
            "job.sql:2:8: unknown column `x`\n"
            "  2 | SELECT x FROM t\n"
            "    |        ^");
}

TEST(SqlReport, ColumnsCountBytesTheCaretCharacters) {
  EXPECT_EQ(sql_report(at("1:6: no"), "'ö'\tx", ""),
            "1:6: no\n"
            "  1 | 'ö'\tx\n"
            "    |    \t^");
}

TEST(SqlReport, APlaceBehindTheScriptIsNoTrouble) {
  EXPECT_EQ(sql_report(at("9:1: end"), "one", ""), "9:1: end");
  EXPECT_EQ(sql_report(at("1:99: end"), "one", ""), "1:99: end\n  1 | one\n    |    ^");
  EXPECT_EQ(sql_report(at("no place"), "one", ""), "no place");
}

TEST(SqlReport, ReadsWhatTheCompilerWrites) {
  std::string script =
      "CREATE TABLE t (x INT) WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'json');\nINSERT INTO u SELECT 1 "
      "FROM t;";
  auto job = processor::compile(script);
  ASSERT_FALSE(job);
  std::string report = sql_report(job.error(), script, "");
  EXPECT_NE(report.find("\n  2 | INSERT INTO u SELECT 1 FROM t;\n    | "), std::string::npos) << report;
}

}  // namespace
}  // namespace weir::cli
