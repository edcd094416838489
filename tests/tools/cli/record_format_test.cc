#include "tools/cli/record_format.h"

#include <gtest/gtest.h>

namespace weir::cli {
namespace {

const TopicPartition kAt{"t", 3};

/// The first record of a batch of one.
template <class F>
void with_record(std::optional<std::string_view> key, std::optional<std::string_view> value, F use) {
  wire::RecordBatchBuilder::Options options;
  options.base_offset = 17;
  wire::RecordBatchBuilder builder(options);
  auto bytes = [](auto s) { return s ? std::optional(as_bytes(*s)) : std::nullopt; };
  wire::RecordHeaderView headers[] = {{"h", as_bytes("1")}, {"n", std::nullopt}};
  builder.append(1234, bytes(key), bytes(value), headers);
  Buffer batch = builder.build();
  auto view = wire::RecordBatchView::parse(batch);
  ASSERT_TRUE(view);
  auto records = wire::RecordIterator::open(*view);
  ASSERT_TRUE(records);
  auto record = records->next();
  ASSERT_TRUE(record);
  use(*record);
}

std::string formatted(std::string_view format, std::optional<std::string_view> key,
                      std::optional<std::string_view> value) {
  std::string out;
  auto f = RecordFormat::parse(format);
  if (!f) return f.error().detail;
  with_record(key, value, [&](const wire::RecordView& r) { f->append(out, kAt, r); });
  return out;
}

TEST(RecordFormat, KcatsLetters) {
  EXPECT_EQ(formatted("%t/%p@%o %T %k=%s (%K,%S) %h %%\\n", "k", "val"), "t/3@17 1234 k=val (1,3) h=1,n=NULL %\n");
  EXPECT_EQ(formatted("[%k|%s|%K|%S]", std::nullopt, std::nullopt), "[||-1|-1]");
  EXPECT_EQ(formatted("a\\tb\\x41\\\\", "k", "v"), "a\tbA\\");
}

TEST(RecordFormat, UnknownLettersAreNamed) {
  EXPECT_NE(formatted("%q", "k", "v").find("`%q` is not known"), std::string::npos);
  EXPECT_NE(formatted("%", "k", "v").find("is not known"), std::string::npos);
  EXPECT_NE(formatted("\\q", "k", "v").find("`\\q` is not known"), std::string::npos);
  EXPECT_NE(formatted("\\x4", "k", "v").find("is not known"), std::string::npos);
}

TEST(RecordJson, NullsAndBadBytes) {
  with_record(std::nullopt, "\xff\"", [](const wire::RecordView& r) {
    EXPECT_EQ(record_json(kAt, r),
              "{\"topic\":\"t\",\"partition\":3,\"offset\":17,\"timestamp\":1234,\"key\":null,\"value\":"
              "\"\xef\xbf\xbd\\\"\",\"headers\":[[\"h\",\"1\"],[\"n\",null]]}");
  });
}

}  // namespace
}  // namespace weir::cli
