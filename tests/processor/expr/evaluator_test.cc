#include "processor/expr/evaluator.h"

#include <gtest/gtest.h>

#include <cmath>

#include "processor/expr/node.h"
#include "processor/expr/text.h"
#include "processor/job/job_core.h"
#include "processor/sql/binder.h"

namespace weir::processor {
namespace {

/// The value of a grouping key `expr` for one record, as JSON; "error: …" when the job fails.
std::string value_of(const std::string& type, const std::string& expr, const std::string& record = "{}",
                     const std::string& options = "") {
  auto compiled = compile(
      "CREATE TABLE t (i INT, j INT, b BIGINT, ti TINYINT, d DOUBLE, f FLOAT, s STRING, u STRING, o BOOLEAN, t3 "
      "TIMESTAMP(3), l3 TIMESTAMP_LTZ(3), "
      "et AS TO_TIMESTAMP_LTZ(COALESCE(b, 0) * 0, 3), WATERMARK FOR et AS et) WITH "
      "('connector'='kafka','topic'='in','format'='json'" +
      options +
      ");"
      "CREATE TABLE r (v " +
      type +
      ") WITH ('connector'='kafka','topic'='out','format'='json');"
      "INSERT INTO r SELECT " +
      expr + " FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(et), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, " +
      expr);
  if (!compiled) return "error: " + compiled.error().detail;
  JobCore core(std::make_shared<const CompiledJob>(std::move(*compiled)));
  core.set_partitions(0, {PartitionProgress{}});
  Status s = core.add_records(0, 0, {{0, record}});
  if (s) s = core.end_partition(0, 0);
  if (!s) return "error: " + s.error().detail;
  auto rows = core.take_output();
  if (rows.empty()) return "nothing";
  return rows[0].value.substr(5, rows[0].value.size() - 6);
}

TEST(Arithmetic, IsJavas) {
  const std::string r = R"({"i":7,"j":-7,"b":9223372036854775807,"d":0.5})";
  EXPECT_EQ(value_of("INT", "i / 2", r), "3");
  EXPECT_EQ(value_of("INT", "j / 2", r), "-3");
  EXPECT_EQ(value_of("INT", "MOD(j, 2)", r), "-1");
  EXPECT_EQ(value_of("INT", "j % 4", r), "-3");
  EXPECT_EQ(value_of("BIGINT", "b + 1", r), "-9223372036854775808");
  EXPECT_EQ(value_of("INT", "i * 2000000000", r), "1115098112");
  EXPECT_EQ(value_of("DOUBLE", "i / 2.0", r), "3.5");
  EXPECT_EQ(value_of("DOUBLE", "d / 0", r), "\"Infinity\"");
  EXPECT_EQ(value_of("INT", "ABS(j) - -i", r), "14");
  EXPECT_EQ(value_of("BIGINT", "i + b * 0", r), "7");
  EXPECT_EQ(value_of("INT", "i + CAST(NULL AS INT)", r), "null");
  EXPECT_EQ(value_of("INT", "i / (j + 7)", r), "error: in/0/0: division by zero");
}

TEST(Arithmetic, DivisionGuardedByCaseDoesNotFail) {
  const std::string r = R"({"i":7,"j":0,"o":false})";
  EXPECT_EQ(value_of("INT", "CASE WHEN j = 0 THEN -1 ELSE i / j END", r), "-1");
  EXPECT_EQ(value_of("BOOLEAN", "j <> 0 AND i / j > 1", r), "false");
  EXPECT_EQ(value_of("BOOLEAN", "j = 0 OR i / j > 1", r), "true");
  EXPECT_EQ(value_of("INT", "COALESCE(i, i / j)", r), "7");
  EXPECT_EQ(value_of("INT", "IF(o, i / j, 3)", r), "3");
}

TEST(Logic, HasThreeValues) {
  EXPECT_EQ(value_of("BOOLEAN", "o AND FALSE"), "false");
  EXPECT_EQ(value_of("BOOLEAN", "o AND TRUE"), "null");
  EXPECT_EQ(value_of("BOOLEAN", "o OR TRUE"), "true");
  EXPECT_EQ(value_of("BOOLEAN", "FALSE OR o"), "null");
  EXPECT_EQ(value_of("BOOLEAN", "NOT o"), "null");
  EXPECT_EQ(value_of("BOOLEAN", "o IS NULL AND i IS NULL"), "true");
  EXPECT_EQ(value_of("BOOLEAN", "o IS NOT TRUE"), "true");
  EXPECT_EQ(value_of("BOOLEAN", "i IN (1, 2, NULL)", R"({"i":3})"), "null");
  EXPECT_EQ(value_of("BOOLEAN", "i IN (1, 3, NULL)", R"({"i":3})"), "true");
  EXPECT_EQ(value_of("BOOLEAN", "i NOT IN (1, 2)", R"({"i":3})"), "true");
  EXPECT_EQ(value_of("BOOLEAN", "i BETWEEN 3 AND 5", R"({"i":3})"), "true");
  EXPECT_EQ(value_of("BOOLEAN", "i NOT BETWEEN 3 AND 5", R"({"i":3})"), "false");
  EXPECT_EQ(value_of("BOOLEAN", "d > 2", R"({"d":2.5})"), "true");
  EXPECT_EQ(value_of("STRING", "CASE i WHEN 1 THEN 'one' WHEN 3 THEN 'three' END", R"({"i":3})"), "\"three\"");
  EXPECT_EQ(value_of("STRING", "CASE WHEN i > 5 THEN 'big' END", R"({"i":3})"), "null");
}

TEST(Strings, FunctionsAndLike) {
  const std::string r = R"({"s":"Grüße an /api","u":"a_b%c"})";
  EXPECT_EQ(value_of("STRING", "UPPER(u) || '!' || LOWER('ABC')", r), "\"A_B%C!abc\"");
  EXPECT_EQ(value_of("STRING", "SUBSTRING(s, 3, 3)", r), "\"üße\"");
  EXPECT_EQ(value_of("STRING", "SUBSTRING(s FROM -4)", r), "\"/api\"");
  EXPECT_EQ(value_of("STRING", "SUBSTRING(s FROM 1 FOR 2)", r), "\"Gr\"");
  EXPECT_EQ(value_of("INT", "CHAR_LENGTH(s)", r), "13");
  EXPECT_EQ(value_of("STRING", "CONCAT('a', CAST(NULL AS STRING))", r), "null");
  EXPECT_EQ(value_of("STRING", "REPLACE(u, 'b', 'BB')", r), "\"a_BB%c\"");
  EXPECT_EQ(value_of("STRING", "COALESCE(NULLIF(u, 'a_b%c'), TRIM('  x '))", r), "\"x\"");
  EXPECT_EQ(value_of("BOOLEAN", "s LIKE 'Gr__e%'", r), "true");
  EXPECT_EQ(value_of("BOOLEAN", "u LIKE 'a!_b!%_' ESCAPE '!'", r), "true");
  EXPECT_EQ(value_of("BOOLEAN", "u NOT LIKE '%x%'", r), "true");
  EXPECT_TRUE(like_matches("aaab", "%a%b", '\0'));
  EXPECT_FALSE(like_matches("aaab", "a_b", '\0'));
  EXPECT_TRUE(like_matches("", "%", '\0'));
}

TEST(Casts, AreFlinks) {
  const std::string r = R"({"i":300,"d":-5.9,"s":" 42 ","u":"abc","b":1700000000123,"t3":"2023-11-14 22:14:19.9"})";
  EXPECT_EQ(value_of("TINYINT", "CAST(i AS TINYINT)", r), "44");
  EXPECT_EQ(value_of("INT", "CAST(d AS INT)", r), "-5");
  EXPECT_EQ(value_of("BIGINT", "CAST(s AS BIGINT)", r), "42");
  EXPECT_EQ(value_of("BIGINT", "TRY_CAST(u AS BIGINT)", r), "null");
  EXPECT_EQ(value_of("BIGINT", "CAST(u AS BIGINT)", r).substr(0, 47),
            "error: in/0/0: cannot cast 'abc' to BIGINT (TRY");
  EXPECT_EQ(value_of("STRING", "CAST(d AS STRING)", r), "\"-5.9\"");
  EXPECT_EQ(value_of("STRING", "CAST(t3 AS STRING)", r), "\"2023-11-14 22:14:19.900\"");
  EXPECT_EQ(value_of("STRING", "CAST(TO_TIMESTAMP_LTZ(b, 3) AS STRING)", r), "\"2023-11-14 22:13:20.123\"");
  EXPECT_EQ(value_of("TIMESTAMP(3)", "TO_TIMESTAMP('2024-02-29 00:00:01')", r), "\"2024-02-29 00:00:01\"");
  EXPECT_EQ(value_of("TIMESTAMP(3)", "t3 + INTERVAL '1' DAY", r), "\"2023-11-15 22:14:19.9\"");
  EXPECT_EQ(value_of("BOOLEAN", "t3 > TIMESTAMP '2023-01-01 00:00:00'", r), "true");
  EXPECT_EQ(value_of("DOUBLE", "ROUND(CAST(1.005 AS DOUBLE), 2)", r), "1.01");
  EXPECT_EQ(value_of("DOUBLE", "FLOOR(d) + CEIL(d)", r), "-11.0");
}

TEST(Json, CoercesAsFlink) {
  EXPECT_EQ(value_of("BIGINT", "b", R"({"b":"12"})"), "12");
  EXPECT_EQ(value_of("BIGINT", "b", R"({"b":5.9})"), "5");
  EXPECT_EQ(value_of("BIGINT", "b", R"({"b":1e3})"), "1000");
  EXPECT_EQ(value_of("STRING", "s", R"({"s":7})"), "\"7\"");
  EXPECT_EQ(value_of("STRING", "s", R"({"s":true})"), "\"true\"");
  EXPECT_EQ(value_of("STRING", "s", R"({"s":{"a": [1, 2]}})"), R"("{\"a\":[1,2]}")");
  EXPECT_EQ(value_of("STRING", "s", R"({"s":"a\"\u00e9\n"})"), R"("a\"é\n")");
  EXPECT_EQ(value_of("STRING", "s", R"({"s":"x","s":"y"})"), "\"y\"");
  EXPECT_EQ(value_of("STRING", "s", R"({"\u0073":"esc"})"), "\"esc\"");
  EXPECT_EQ(value_of("STRING", "s", R"({"S":"x"})"), "null");
  EXPECT_EQ(value_of("STRING", "s", R"({"other":{"s":"no"},"more":[{"s":1}]})"), "null");
  EXPECT_EQ(value_of("BOOLEAN", "o", R"({"o":"TRUE"})"), "true");
  EXPECT_EQ(value_of("BOOLEAN", "o", R"({"o":"yes"})"), "false");
  EXPECT_EQ(value_of("TIMESTAMP(3)", "t3", R"({"t3":"2023-11-14 22:14:00.123456789"})"), "\"2023-11-14 22:14:00.123\"");
  EXPECT_EQ(value_of("TIMESTAMP_LTZ(3)", "l3", R"({"l3":"2023-11-14 22:14:00.5Z"})"), "\"2023-11-14 22:14:00.5Z\"");
  EXPECT_EQ(value_of("DOUBLE", "d", R"({"d":"1.5"})"), "1.5");
  EXPECT_EQ(value_of("FLOAT", "f", R"({"f":0.1})"), "0.1");
}

TEST(Json, WrongTypesEndTheJobOrAreNull) {
  const std::string lenient = ",'json.ignore-parse-errors'='true'";
  EXPECT_EQ(value_of("BIGINT", "b", R"({"b":"abc"})"), "error: in/0/0: field `b` is no BIGINT");
  EXPECT_EQ(value_of("BIGINT", "b", R"({"b":"abc"})", lenient), "null");
  EXPECT_EQ(value_of("BIGINT", "b", R"({"b":true})", lenient), "null");
  EXPECT_EQ(value_of("TINYINT", "ti", R"({"ti":128})", lenient), "null");
  EXPECT_EQ(value_of("BIGINT", "b", R"({"b":9223372036854775808})", lenient), "null");
  EXPECT_EQ(value_of("TIMESTAMP(3)", "t3", R"({"t3":"2023-11-14T22:14:00"})", lenient), "null");
  EXPECT_EQ(
      value_of("TIMESTAMP(3)", "t3", R"({"t3":"2023-11-14T22:14:00"})", ",'json.timestamp-format.standard'='ISO-8601'"),
      "\"2023-11-14 22:14:00\"");
  for (const char* broken : {"[1]", "{\"b\":1", "", "nope", "7", "{\"b\":1}}", "{\"b\" 1}", "{\"s\":\"\xff\"}"}) {
    EXPECT_EQ(value_of("BIGINT", "b", broken, lenient), "nothing") << broken;
    EXPECT_EQ(value_of("BIGINT", "b", broken).substr(0, 14), "error: in/0/0:") << broken;
  }
  EXPECT_EQ(value_of("BIGINT", "b", "{}", ",'json.fail-on-missing-field'='true'").substr(0, 21),
            "error: in/0/0: field ");
}

TEST(Text, DoublesAreWrittenAsJavaDoes) {
  auto text = [](double v) {
    std::string s;
    append_double(s, v);
    return s;
  };
  EXPECT_EQ(text(100), "100.0");
  EXPECT_EQ(text(10.0 / 3), "3.3333333333333335");
  EXPECT_EQ(text(4611686018427387904.0), "4.611686018427388E18");
  EXPECT_EQ(text(0.001), "0.001");
  EXPECT_EQ(text(0.00099), "9.9E-4");
  EXPECT_EQ(text(9999999), "9999999.0");
  EXPECT_EQ(text(1e7), "1.0E7");
  EXPECT_EQ(text(12345678.9), "1.23456789E7");
  EXPECT_EQ(text(-0.0), "-0.0");
  EXPECT_EQ(text(std::nan("")), "NaN");
  EXPECT_EQ(text(-HUGE_VAL), "-Infinity");
  EXPECT_EQ(text(123.456), "123.456");
  EXPECT_EQ(text(1e-5), "1.0E-5");
}

TEST(Text, TimestampsGoBothWays) {
  auto text = [](int64_t ms) {
    std::string s;
    append_timestamp(s, ms);
    return s;
  };
  EXPECT_EQ(text(1700000059999), "2023-11-14 22:14:19.999");
  EXPECT_EQ(text(1700000075900), "2023-11-14 22:14:35.9");
  EXPECT_EQ(text(1700000040000), "2023-11-14 22:14:00");
  EXPECT_EQ(text(-1), "1969-12-31 23:59:59.999");
  EXPECT_EQ(text(951782400000), "2000-02-29 00:00:00");
  for (int64_t ms :
       {int64_t{0}, int64_t{-62135596800000}, int64_t{253402300799999}, int64_t{1709164800123}, int64_t{-86400001}})
    EXPECT_EQ(parse_timestamp(text(ms)), ms);
  for (const char* bad :
       {"2023-02-29 00:00:00", "2023-1-1 00:00:00", "2023-01-01 24:00:00", "2023-01-01 00:00:00.x", "", "2023-01-01"})
    EXPECT_FALSE(parse_timestamp(bad)) << bad;
}

}  // namespace
}  // namespace weir::processor
