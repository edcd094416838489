#include "broker/fetch/fetch_session.h"

#include <gtest/gtest.h>

namespace weir::broker {
namespace {

MonoTime at(int64_t s) { return MonoTime{s * 1'000'000'000}; }
const Uuid kTopic = Uuid::from_random(1, 2);

wire::FetchRequest request(int32_t id, int32_t epoch, std::vector<PartitionId> partitions,
                           std::vector<PartitionId> forgotten = {}) {
  wire::FetchRequest r;
  r.session_id = id;
  r.session_epoch = epoch;
  if (!partitions.empty()) {
    r.topics.emplace_back();
    r.topics[0].topic_id = kTopic;
    for (PartitionId p : partitions) {
      r.topics[0].partitions.emplace_back();
      r.topics[0].partitions.back().partition = p;
    }
  }
  if (!forgotten.empty()) {
    r.forgotten_topics_data.emplace_back();
    r.forgotten_topics_data[0].topic_id = kTopic;
    r.forgotten_topics_data[0].partitions = forgotten;
  }
  return r;
}

struct Cache {
  SplitMix64 random{1};
  FetchSessions sessions;
  explicit Cache(size_t slots = 10) : sessions({slots, 120s}) {}
  FetchSessions::Opened open(wire::FetchRequest r, int64_t second = 0, int16_t version = 17) {
    return sessions.open(r, version, at(second), random);
  }
};

TEST(FetchSessions, EpochsCountUpAndAnythingElseIsRefused) {
  Cache c;
  auto first = c.open(request(0, 0, {0}));
  ASSERT_EQ(first.error, ErrorCode::none);
  EXPECT_TRUE(first.full);
  const int32_t id = first.session->id();
  EXPECT_GT(id, 0);
  EXPECT_EQ(c.open(request(id, 1, {})).error, ErrorCode::none);
  EXPECT_EQ(c.open(request(id, 1, {})).error, ErrorCode::invalid_fetch_session_epoch);
  EXPECT_EQ(c.open(request(id, 2, {})).error, ErrorCode::none);
  EXPECT_EQ(c.open(request(id + 1, 1, {})).error, ErrorCode::fetch_session_id_not_found);
  EXPECT_EQ(c.open(request(id, 3, {}), 0, 12).error, ErrorCode::fetch_session_topic_id_error);
}

TEST(FetchSessions, FinalEpochClosesAndOldVersionsHaveNone) {
  Cache c;
  const int32_t id = c.open(request(0, 0, {0})).session->id();
  auto closed = c.open(request(id, -1, {0}));
  EXPECT_EQ(closed.session->id(), 0);
  EXPECT_EQ(c.sessions.size(), 0u);
  EXPECT_EQ(c.open(request(0, -1, {0}), 0, 4).session->id(), 0);
  EXPECT_EQ(c.sessions.size(), 0u);
}

TEST(FetchSessions, FullCacheGivesUpIdleSessionsAndConsumersForFollowers) {
  Cache c(2);
  const int32_t a = c.open(request(0, 0, {0}), 0).session->id();
  const int32_t b = c.open(request(0, 0, {0}), 100).session->id();
  EXPECT_EQ(c.open(request(0, 0, {0}), 110).session->id(), 0);  // nobody is idle
  EXPECT_NE(c.open(request(0, 0, {0}), 130).session->id(), 0);  // the first is
  EXPECT_EQ(c.open(request(a, 1, {}), 130).error, ErrorCode::fetch_session_id_not_found);
  auto follower = request(0, 0, {0});
  follower.replica_state.replica_id = 2;
  EXPECT_NE(c.open(follower, 131).session->id(), 0);
  EXPECT_EQ(c.open(request(b, 1, {}), 131).error, ErrorCode::fetch_session_id_not_found);
}

TEST(FetchSession, AppliesChangesAndKeepsTheRest) {
  FetchSession s(1, true, false);
  const auto r = request(0, 0, {0, 1, 2});
  EXPECT_EQ(s.apply(r.topics, {}).size(), 3u);
  EXPECT_EQ(s.take_dirty().size(), 3u);
  EXPECT_TRUE(s.take_dirty().empty());
  const auto change = request(1, 1, {2, 2, 3}, {0});
  const auto named = s.apply(change.topics, change.forgotten_topics_data);
  ASSERT_EQ(named.size(), 2u);
  EXPECT_EQ(named[0]->key.partition, 2);
  EXPECT_EQ(s.size(), 3u);
  EXPECT_EQ(s.take_dirty().size(), 2u);
}

TEST(FetchSession, DirtyOnesComeInTheOrderTheyMovedAndWakeOnce) {
  FetchSession s(1, true, false);
  const auto r = request(0, 0, {0, 1, 2});
  const auto named = s.apply(r.topics, {});
  s.take_dirty();
  int woken = 0;
  s.on_dirty([&] { ++woken; });
  named[2]->on_partition_moved();
  named[0]->on_partition_moved();
  s.put_back(*named[1], true);
  EXPECT_EQ(woken, 2);
  const auto dirty = s.take_dirty();
  ASSERT_EQ(dirty.size(), 3u);
  EXPECT_EQ(dirty[0]->key.partition, 1);
  EXPECT_EQ(dirty[1]->key.partition, 2);
  EXPECT_EQ(dirty[2]->key.partition, 0);
}

}  // namespace
}  // namespace weir::broker
