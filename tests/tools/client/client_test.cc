#include "tools/client/client.h"

#include <gtest/gtest.h>

#include "tools/client/producer.h"

namespace weir::client {
namespace {

TEST(Bootstrap, SeveralServersWithAndWithoutPort) {
  auto got = parse_bootstrap("a:1, b ,[::1]:3,");
  ASSERT_TRUE(got);
  ASSERT_EQ(got->size(), 3u);
  EXPECT_EQ((*got)[0].to_string(), "a:1");
  EXPECT_EQ((*got)[1].to_string(), "b:9092");
  EXPECT_EQ((*got)[2].to_string(), "[::1]:3");
}

TEST(Bootstrap, NothingOrNonsenseIsInvalid) {
  EXPECT_EQ(parse_bootstrap("").code(), ErrorCode::invalid_argument);
  EXPECT_EQ(parse_bootstrap(" , ").code(), ErrorCode::invalid_argument);
  EXPECT_EQ(parse_bootstrap("a:x").code(), ErrorCode::invalid_argument);
  EXPECT_EQ(parse_bootstrap("a:70000").code(), ErrorCode::invalid_argument);
}

// The values are those that Kafka's own tests expect (UtilsTest.testMurmur2), so keys meet in the partitions of Java's
// producers.
TEST(Murmur2, AgreesWithKafka) {
  auto hash = [](std::string_view s) { return static_cast<int32_t>(murmur2(as_bytes(s))); };
  EXPECT_EQ(hash("21"), -973932308);
  EXPECT_EQ(hash("foobar"), -790332482);
  EXPECT_EQ(hash("a-little-bit-long-string"), -985981536);
  EXPECT_EQ(hash("a-little-bit-longer-string"), -1486304829);
  EXPECT_EQ(hash("lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8"), -58897971);
  EXPECT_EQ(hash("abc"), 479470107);
}

TEST(Answered, ZeroIsNoError) { EXPECT_TRUE(answered(0, "t")); }

TEST(Answered, TheBrokersSentenceIsKept) {
  Status s = answered(36, "t", "Topic 't' already exists.");
  EXPECT_EQ(s.code(), ErrorCode::topic_already_exists);
  EXPECT_EQ(s.error().detail, "Topic 't' already exists.");
  EXPECT_EQ(answered(40, "t", "no such key").error().detail, "t: no such key");
  EXPECT_EQ(answered(3, "t").error().detail, "t");
}

TEST(Patience, RunsOut) {
  Patience none(0);
  EXPECT_FALSE(none.pause());
}

}  // namespace
}  // namespace weir::client
