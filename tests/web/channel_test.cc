#include "web/channel.h"

#include <gtest/gtest.h>

namespace weir::web {
namespace {

TEST(Channel, DeltaHoldsOnlyWhatChanged) {
  Channel channel("cluster", 100, 10);
  EXPECT_TRUE(channel.update({{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(channel.seq(), 101u);
  EXPECT_FALSE(channel.update({{"a", "1"}, {"b", "2"}}));
  EXPECT_TRUE(channel.update({{"a", "1"}, {"c", "3"}}));
  EXPECT_EQ(channel.delta(5, 101, {}), R"({"op":"delta","id":5,"prev":101,"seq":102,"set":{"c":3},"del":["b"]})");
  EXPECT_EQ(channel.snapshot(5, {}, "e", false),
            R"({"op":"snapshot","id":5,"channel":"cluster","epoch":"e","seq":102,"items":{"a":1,"c":3}})");
}

TEST(Channel, SeveralDeltasMergeToTheNewestValue) {
  Channel channel("cluster", 0, 10);
  channel.update({{"a", "1"}});
  channel.update({{"a", "2"}});
  channel.update({{"a", "3"}, {"b", "1"}});
  channel.update({{"a", "3"}});
  EXPECT_EQ(channel.delta(1, 1, {}), R"({"op":"delta","id":1,"prev":1,"seq":4,"set":{"a":3},"del":["b"]})");
}

TEST(Channel, ResumeOnlyWithinTheKeptWindow) {
  Channel channel("cluster", 0, 3);
  for (int i = 1; i <= 10; ++i) channel.update({{"a", std::to_string(i)}});
  EXPECT_TRUE(channel.can_resume(10));
  EXPECT_TRUE(channel.can_resume(7));
  EXPECT_FALSE(channel.can_resume(6));
  EXPECT_FALSE(channel.can_resume(11));
}

TEST(Channel, DeltasAreBoundedInBytes) {
  Channel channel("cluster", 0, 1000, 10'000);
  for (int i = 0; i < 100; ++i) channel.update({{"a", std::string(1000, '1') + std::to_string(i)}});
  EXPECT_FALSE(channel.can_resume(50));
  EXPECT_TRUE(channel.can_resume(95));
}

TEST(Channel, PrefixFiltersItemsAndKeepsMeta) {
  Channel channel("replication", 0, 10);
  channel.update({{"meta", "0"}, {"orders/000000", "1"}, {"other/000000", "2"}});
  EXPECT_EQ(
      channel.snapshot(1, {"orders/", "", {}}, "e", true),
      R"({"op":"snapshot","id":1,"channel":"replication","epoch":"e","seq":1,"gap":true,"items":{"meta":0,"orders/000000":1}})");
  channel.update({{"meta", "0"}, {"orders/000000", "1"}, {"other/000000", "3"}});
  EXPECT_EQ(channel.delta(1, 1, {"orders/", "", {}}), "");
}

TEST(Channel, ClearEndsResume) {
  Channel channel("cluster", 0, 10);
  channel.update({{"a", "1"}});
  channel.clear();
  EXPECT_FALSE(channel.can_resume(1));
  EXPECT_TRUE(channel.empty());
}

}  // namespace
}  // namespace weir::web
