#include "processor/sql/binder.h"

#include <gtest/gtest.h>

#include "processor/sql/lexer.h"
#include "processor/sql/parser.h"
#include "processor/sql/variables.h"

namespace weir::processor {
namespace {

const std::string kSource =
    "CREATE TABLE ev (ts BIGINT, service STRING, status INT, duration_ms BIGINT, et AS TO_TIMESTAMP_LTZ(ts, 3),\n"
    "WATERMARK FOR et AS et - INTERVAL '5' SECOND) WITH ('connector'='kafka','topic'='in','format'='json');\n";
const std::string kSink =
    "CREATE TABLE o (we TIMESTAMP(3), k STRING, n BIGINT) WITH ('connector'='kafka','topic'='out','format'='json');\n";

std::string error_of(const std::string& script) {
  auto r = compile(script);
  return r.ok() ? "no error" : r.error().detail;
}
/// Of a query on line 4, over kSource and kSink.
std::string query_error(const std::string& query) { return error_of(kSource + kSink + query); }

const std::string kTvf = "FROM TABLE(TUMBLE(TABLE ev, DESCRIPTOR(et), INTERVAL '1' MINUTE)) ";
const std::string kGroup = "GROUP BY window_start, window_end, service";

TEST(Sql, GoodScriptCompiles) {
  auto r = compile(kSource + kSink + "INSERT INTO o SELECT window_end, service, COUNT(*) " + kTvf + kGroup +
                   " HAVING COUNT(*) > 1;");
  ASSERT_TRUE(r.ok()) << r.error().message();
  EXPECT_EQ(r->pipelines.size(), 1u);
  EXPECT_EQ(r->pipelines[0].window.size_ms, 60'000);
  EXPECT_EQ(r->inputs[0].columns, (std::vector<int>{0, 1}));  // ts and service: nothing else is read
  EXPECT_EQ(r->name, "o");
  EXPECT_FALSE(r->bounded());
}

TEST(Sql, UnknownColumnNamesTheNearest) {
  EXPECT_EQ(query_error("INSERT INTO o SELECT window_end, service,\n  SUM(durationms) " + kTvf + kGroup),
            "5:7: unknown column `durationms`; did you mean `duration_ms`?");
  EXPECT_EQ(query_error("INSERT INTO o SELECT window_end, service, COUNT(*) " + kTvf + "WHERE Status > 1 " + kGroup),
            "4:124: unknown column `Status`; did you mean `status`?");
}

TEST(Sql, GroupByNeedsTheWindow) {
  EXPECT_EQ(query_error("INSERT INTO o SELECT window_end, service, COUNT(*) " + kTvf + "GROUP BY service"),
            "4:118: expected GROUP BY window_start, window_end");
  EXPECT_EQ(
      query_error("INSERT INTO o SELECT window_end, service, COUNT(*) " + kTvf + "GROUP BY window_start, service"),
      "4:118: expected GROUP BY window_start, window_end; `window_end` is missing");
  EXPECT_EQ(query_error("INSERT INTO o SELECT NOW, service, COUNT(*) FROM ev GROUP BY service").substr(0, 43),
            "4:53: GROUP BY without a window never ends;");
  EXPECT_EQ(query_error("INSERT INTO o SELECT window_end, status, COUNT(*) " + kTvf + kGroup),
            "4:34: column `status` is neither in GROUP BY nor inside an aggregate");
}

TEST(Sql, UnknownTablesOptionsFunctionsTypesHaveHints) {
  EXPECT_EQ(query_error("INSERT INTO oo SELECT 1 FROM ev"), "4:13: unknown table `oo`; did you mean `o`?");
  EXPECT_EQ(query_error("INSERT INTO o SELECT window_end, service, COUNTT(*) " + kTvf + kGroup),
            "4:43: unknown function `COUNTT`; did you mean `COUNT`?");
  EXPECT_EQ(query_error("INSERT INTO o SELECT window_end, UPER(service), COUNT(*) " + kTvf + kGroup),
            "4:34: unknown function `UPER`; did you mean `UPPER`?");
  EXPECT_EQ(error_of("CREATE TABLE t (a BIGNT) WITH ('connector'='kafka','topic'='x','format'='json');"),
            "1:19: unknown type `BIGNT`; did you mean `BIGINT`?");
  EXPECT_EQ(error_of("CREATE TABLE t (a INT) WITH "
                     "('connector'='kafka','topic'='x','format'='json',\n'scan.startup.mod'='earliest-offset');"),
            "2:1: unknown option 'scan.startup.mod'; did you mean 'scan.startup.mode'?");
  EXPECT_EQ(error_of("CREATE TABLE t (a INT) WITH "
                     "('connector'='kafka','topic'='x','format'='json','scan.startup.mode'='earliest');"),
            "1:98: 'earliest' is no value of 'scan.startup.mode'; it takes 'earliest-offset', 'latest-offset', "
            "'timestamp', 'specific-offsets'");
  EXPECT_EQ(error_of("CREATE TABLE t (a INT) WITH ('topic'='x','format'='json');"),
            "1:14: table `t` needs 'connector' = 'kafka'");
  EXPECT_EQ(error_of("SET 'weir.job.state.byte.max' = '1 gb';"),
            "1:5: unknown setting 'weir.job.state.byte.max'; did you mean `weir.job.state.bytes.max`?");
}

TEST(Sql, SyntaxErrorsSayWhatWasExpected) {
  EXPECT_EQ(error_of("SELEC 1"),
            "1:1: expected CREATE TABLE, CREATE VIEW, INSERT INTO, SET or a statement set, found `SELEC`");
  EXPECT_EQ(error_of("CRATE TABLE t (a INT)"),
            "1:1: expected CREATE TABLE, CREATE VIEW, INSERT INTO, SET or a statement set, found `CRATE`; did you mean "
            "`CREATE`?");
  EXPECT_EQ(error_of("CREATE TABLE t (a INT b INT)"), "1:23: expected `,` or `)` after the column, found `b`");
  EXPECT_EQ(error_of("CREATE TABLE t (a INT) WITH ('topic' 'x')"),
            "1:38: expected `=` after the option's name, found 'x'");
  EXPECT_EQ(query_error("INSERT INTO o SELECT window_end, service, COUNT(* " + kTvf),
            "4:51: expected `,` or `)` in the call of COUNT, found `FROM`");
  EXPECT_EQ(query_error("INSERT INTO o SELECT window_end, FROM ev"), "4:34: expected an expression, found `FROM`");
  EXPECT_EQ(error_of("-- nothing\n"), "1:1: the script has no INSERT INTO … SELECT, so it has no job to run");
  EXPECT_EQ(error_of("CREATE TABLE 'x'"), "1:14: expected the table's name, found 'x'");
  EXPECT_EQ(error_of("/* never"), "1:1: comment `/*` without its `*/`");
  EXPECT_EQ(error_of("SET 'a"), "1:5: text starts with ' and never ends");
  EXPECT_EQ(error_of("SET \"a\""), "1:5: unexpected `\"`; strings are in 'single quotes', names in `backticks`");
  EXPECT_EQ(query_error("INSERT INTO o SELECT window_end, user, COUNT(*) " + kTvf),
            "4:34: expected an expression, found `user`; a column of this name goes in `backticks`");
}

TEST(Sql, TypesAreChecked) {
  EXPECT_EQ(query_error("INSERT INTO o SELECT window_end, status, COUNT(*) " + kTvf +
                        "GROUP BY window_start, window_end, status"),
            "4:34: column `k` is STRING, the query gives INT; use CAST(… AS STRING)");
  EXPECT_EQ(query_error("INSERT INTO o SELECT window_end, service, SUM(service) " + kTvf + kGroup),
            "4:47: SUM needs a number, found STRING");
  EXPECT_EQ(query_error("INSERT INTO o SELECT window_end, service, COUNT(*) " + kTvf + "WHERE status " + kGroup),
            "4:124: WHERE needs a condition, found INT");
  EXPECT_EQ(query_error("INSERT INTO o SELECT window_end, service, COUNT(*) " + kTvf + "WHERE service > 1 " + kGroup),
            "4:132: cannot compare STRING and INT; use CAST(… AS …)");
  EXPECT_EQ(query_error("INSERT INTO o SELECT window_end, service " + kTvf + kGroup),
            "4:15: the table takes 3 columns, the SELECT gives 2");
  EXPECT_EQ(
      query_error("INSERT INTO o SELECT window_end, service, PERCENTILE(status, 95) " + kTvf + kGroup).substr(0, 6),
      "4:62: ");
  EXPECT_EQ(query_error("INSERT INTO o SELECT window_end, service, SUM(COUNT(*)) " + kTvf + kGroup),
            "4:47: an aggregate inside an aggregate");
}

TEST(Sql, WindowsAreChecked) {
  auto with = [](const std::string& tvf) {
    return query_error("INSERT INTO o SELECT window_end, service, COUNT(*) FROM TABLE(" + tvf + ") " + kGroup);
  };
  EXPECT_EQ(with("TUMBEL(TABLE ev, DESCRIPTOR(et), INTERVAL '1' MINUTE)"),
            "4:63: unknown window function `TUMBEL`; did you mean `TUMBLE`?");
  EXPECT_EQ(with("TUMBLE(TABLE ev, DESCRIPTOR(ts), INTERVAL '1' MINUTE)"),
            "4:91: `ts` is not the time column of `ev`; that is `et`");
  EXPECT_EQ(with("TUMBLE(TABLE ev, DESCRIPTOR(et))"), "4:63: TUMBLE needs its SIZE, such as INTERVAL '1' MINUTE");
  EXPECT_EQ(with("TUMBLE(TABLE ev, DESCRIPTOR(et), INTERVAL '1' FORTNIGHT)"),
            "4:109: unknown unit `FORTNIGHT`; known are `SECOND`, `MINUTE`, `HOUR`, `DAY`");
  EXPECT_EQ(with("TUMBLE(ev, DESCRIPTOR(et), INTERVAL '1' MINUTE)").substr(0, 30), "4:70: expected `TABLE` and the");
  EXPECT_EQ(with("HOP(TABLE ev, DESCRIPTOR(et), INTERVAL '2' MINUTE, INTERVAL '5' MINUTE)"),
            "4:63: HOP needs a size that is a multiple of the slide; the order is HOP(…, slide, size)");
  EXPECT_EQ(with("SESSION(TABLE ev PARTITION BY service, DESCRIPTOR(et), INTERVAL '5' MINUTE)"),
            "4:63: SESSION windows are not supported yet; TUMBLE, HOP and CUMULATE are");
  EXPECT_EQ(with("TUMBLE(DATA => TABLE ev, TIMECOL => DESCRIPTOR(et), SIZE => INTERVAL '1' MINUTE, OFFSET => INTERVAL "
                 "'10' SECOND)"),
            "no error");
}

TEST(Sql, StatementSetsViewsAndSettings) {
  std::string second = "CREATE TABLE o2 (n BIGINT) WITH ('connector'='kafka','topic'='out2','format'='json');";
  std::string a = "INSERT INTO o SELECT window_end, service, COUNT(*) " + kTvf + kGroup + ";";
  std::string
      b = "INSERT INTO o2 SELECT COUNT(*) FROM TABLE(TUMBLE(TABLE bad, DESCRIPTOR(t), INTERVAL '1' MINUTE)) GROUP BY "
          "window_start, window_end;";
  std::string view =
      "CREATE VIEW bad AS SELECT et AS t, service FROM (SELECT * FROM ev WHERE status >= 500) WHERE duration_ms > 3;";
  for (std::string set :
       {"EXECUTE STATEMENT SET BEGIN " + a + b + " END;", "BEGIN STATEMENT SET; " + a + b + " END;"}) {
    auto r = compile("SET 'pipeline.name' = 'both'; SET 'execution.checkpointing.interval' = '3 s';" + kSource + kSink +
                     second + view + set);
    ASSERT_TRUE(r.ok()) << r.error().message();
    EXPECT_EQ(r->pipelines.size(), 2u);
    EXPECT_EQ(r->inputs.size(), 1u);  // one source is read once
    EXPECT_EQ(r->name, "both");
    EXPECT_EQ(r->checkpoint_interval_ms, 3000);
    EXPECT_EQ(r->inputs[0].columns, (std::vector<int>{0, 1, 2, 3}));
  }
  EXPECT_NE(query_error(a + a).find("two INSERTs into topic `out`"), std::string::npos);
}

TEST(Sql, DeepNestingIsRefusedNotACrash) {
  std::string deep(100'000, '(');
  EXPECT_NE(query_error("INSERT INTO o SELECT " + deep).find("nested too deeply"), std::string::npos);
  std::string minus(100'000, '-');
  EXPECT_NE(query_error("INSERT INTO o SELECT -1" + std::string(50'000, ' ')).size(), 0u);
  std::string nots;
  for (int i = 0; i < 50'000; ++i) nots += "NOT ";
  EXPECT_NE(query_error("INSERT INTO o SELECT " + nots + "TRUE FROM ev").find("nested too deeply"), std::string::npos);
}

/// `term op term op …`
std::string chain(const std::string& term, const std::string& op, int terms) {
  std::string out = term;
  for (int i = 1; i < terms; ++i) out.append(op).append(term);
  return out;
}
std::string select_error(const std::string& value, const std::string& where = {}) {
  return query_error("INSERT INTO o SELECT window_end, service, " + value + " " + kTvf + where + " " + kGroup);
}

TEST(Sql, LongChainsAreRefusedNotACrash) {
  // A chain's tree is as deep as the chain is long.
  EXPECT_EQ(select_error("SUM(" + chain("status", "+", 499) + ")").find("operations deep"), std::string::npos);
  EXPECT_EQ(query_error("INSERT INTO o SELECT window_end, service, SUM(" + chain("status", "+", 501) + ")"),
            "4:3546: the expression is more than 500 operations deep; halve the chain with parentheses, (… + …) + (… + "
            "…), or write many ORs as IN (…)");
  for (int terms : {501, 5'000, 100'000}) {
    for (const char* op : {"+", "-", "*", "/", "%"})
      EXPECT_NE(select_error("SUM(" + chain("status", op, terms) + ")").find("operations deep"), std::string::npos)
          << op;
    EXPECT_NE(select_error("MAX(" + chain("service", "||", terms) + ")").find("operations deep"), std::string::npos);
    EXPECT_NE(select_error(chain("COUNT(*)", "+", terms)).find("operations deep"), std::string::npos);
    for (const char* op : {" AND ", " OR ", " = "}) {
      std::string condition = chain("TRUE", op, terms);
      EXPECT_NE(select_error("COUNT(*)", "WHERE " + condition).find("operations deep"), std::string::npos) << op;
      EXPECT_NE(select_error("COUNT(*) FILTER (WHERE " + condition + ")").find("operations deep"), std::string::npos)
          << op;
    }
    std::string is = "TRUE";
    for (int i = 0; i < terms; ++i) is.append(" IS TRUE");
    EXPECT_NE(select_error("COUNT(*)", "WHERE " + is).find("operations deep"), std::string::npos);
  }
  // In halves the same sum is a low tree, and signs alone make none.
  std::string half = "(" + chain("duration_ms", "+", 400) + ")";
  EXPECT_EQ(select_error("SUM(" + chain(half, "+", 10) + ")"), "no error");
  EXPECT_EQ(select_error("SUM(" + std::string(100'000, '+') + "duration_ms)"), "no error");
}

TEST(Sql, LongListsAreWideNotDeep) {
  auto branches = [](int n) {
    return "SUM(CASE" + chain("", " WHEN status = 1 THEN duration_ms", n + 1) + " ELSE duration_ms END)";
  };
  EXPECT_EQ(select_error("COUNT(*)", "WHERE status IN (" + chain("7", ",", 5'000) + ")"), "no error");
  EXPECT_EQ(select_error(branches(1'000)), "no error");
  EXPECT_NE(select_error("COUNT(*)", "WHERE status IN (" + chain("7", ",", 20'000) + ")").find("more than 10000 parts"),
            std::string::npos);
  EXPECT_NE(select_error(branches(20'000)).find("more than 10000 parts"), std::string::npos);
}

TEST(Sql, ViewsOverViewsCountTogether) {
  // What each view adds is short; put in place they would be a tree of 2^60 parts, or one 20,000 deep.
  auto views = [](int n, const std::string& column, const std::string& where) {
    std::string out = "CREATE VIEW v0 AS SELECT et, service, duration_ms AS a FROM ev;\n";
    for (int i = 1; i <= n; ++i)
      out.append("CREATE VIEW v")
          .append(std::to_string(i))
          .append(" AS SELECT et, service, ")
          .append(column)
          .append(" AS a FROM v")
          .append(std::to_string(i - 1))
          .append(where)
          .append(";\n");
    return out;
  };
  EXPECT_NE(query_error(views(60, "a + a", "")).find("more than 10000 parts"), std::string::npos);
  EXPECT_NE(query_error(views(2'000, "a + 1", "")).find("operations deep"), std::string::npos);
  EXPECT_NE(query_error(views(2'000, "a", " WHERE a > 1")).find("operations deep"), std::string::npos);
  EXPECT_EQ(query_error(views(100, "a + 1", " WHERE a > 1")).find("operations deep"), std::string::npos);
}

TEST(Sql, EveryPrefixOfAScriptIsAnErrorOrFine) {
  std::string script = kSource + kSink +
                       "INSERT INTO o SELECT window_end, CASE WHEN status IN (1, 2) THEN 'x' ELSE service END, "
                       "COUNT(*) FILTER (WHERE status BETWEEN 1 AND 5) " +
                       kTvf + kGroup;
  for (size_t n = 0; n < script.size(); ++n) {
    auto r = compile(std::string_view(script).substr(0, n));
    EXPECT_TRUE(r.ok() || r.code() == ErrorCode::invalid_argument);
  }
}

TEST(Variables, AreReplacedOrNamed) {
  EXPECT_EQ(*substitute_variables("a ${X} b ${Y}${X}", {{"X", "1"}, {"Y", "2"}}), "a 1 b 21");
  EXPECT_EQ(substitute_variables("a\n ${IN}", {{"INN", "1"}}).error().detail,
            "2:2: variable `${IN}` is not set; did you mean `INN`? Set it with --var IN=VALUE");
  EXPECT_EQ(substitute_variables("${X", {}).error().detail, "1:1: `${` without its `}`");
}

TEST(Lexer, TokensKnowTheirPlaces) {
  auto t = tokenize("a.`b c` -- x\n >= 'it''s' 1.5e3 /* */ 7");
  ASSERT_TRUE(t.ok());
  ASSERT_EQ(t->size(), 8u);
  EXPECT_EQ((*t)[2].text, "b c");
  EXPECT_EQ((*t)[2].kind, TokenKind::quoted_identifier);
  EXPECT_EQ((*t)[3].text, ">=");
  EXPECT_EQ((*t)[3].at.line, 2);
  EXPECT_EQ((*t)[3].at.column, 2);
  EXPECT_EQ((*t)[4].text, "it's");
  EXPECT_EQ((*t)[5].kind, TokenKind::decimal);
  EXPECT_EQ((*t)[6].kind, TokenKind::integer);
}

}  // namespace
}  // namespace weir::processor
