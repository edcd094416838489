#include "broker/fetch/fetch_handler.h"

#include <gtest/gtest.h>

#include "tests/broker/fetch/replica_cluster.h"

namespace weir::broker {
namespace {

/// One node that leads four partitions alone; fetches go straight to its handler.
class Fetch : public testing::Test {
 protected:
  Fetch() : cluster_(1, options()) { cluster_.world().run_for(1s); }
  static ReplicaCluster::Options options() {
    ReplicaCluster::Options o;
    o.nodes = 1;
    o.partitions = 4;
    o.min_insync_replicas = 1;
    return o;
  }

  struct Answer {
    std::optional<wire::FetchResponse> response;
    MonoTime at;
  };
  std::shared_ptr<Answer> ask(wire::FetchRequest request, int16_t version = 17, FetchContext context = {}) {
    auto answer = std::make_shared<Answer>();
    cluster_.runtime(0).post([=, this] {
      cluster_.fetches_of(0)->handle(context, request, version, [=, this](wire::FetchResponse r) {
        answer->response = std::move(r);
        answer->at = cluster_.world().now();
      });
    });
    return answer;
  }
  wire::FetchResponse now(wire::FetchRequest request, int16_t version = 17, FetchContext context = {}) {
    auto answer = ask(std::move(request), version, std::move(context));
    cluster_.world().run_for(20ms);
    EXPECT_TRUE(answer->response.has_value());
    return answer->response ? std::move(*answer->response) : wire::FetchResponse{};
  }
  wire::FetchRequest request(std::vector<std::pair<PartitionId, Offset>> partitions, int32_t wait_ms = 0) {
    wire::FetchRequest r;
    r.max_wait_ms = wait_ms;
    r.min_bytes = 1;
    if (partitions.empty()) return r;
    r.topics.emplace_back();
    r.topics[0].topic_id = cluster_.topic_id();
    r.topics[0].topic = "t";
    for (auto [p, offset] : partitions) {
      wire::FetchRequest::FetchPartition asked;
      asked.partition = p;
      asked.fetch_offset = offset;
      asked.partition_max_bytes = 1 << 20;
      r.topics[0].partitions.push_back(asked);
    }
    return r;
  }
  void produce(PartitionId p, int batches = 1) {
    for (int i = 0; i < batches; ++i) {
      cluster_.runtime(0).post([this, p] {
        cluster_.leader_of(p)->produce(encode_batches({{0, 0, 1, 7}}), -1, 1s, log::PartitionLog::Origin::client,
                                       [](auto) {});
      });
    }
    cluster_.world().run_for(5ms);
  }
  FakeLog& log(PartitionId p) { return static_cast<FakeLog&>(cluster_.leader_of(p)->log()); }
  static const wire::FetchResponse::PartitionData* find(const wire::FetchResponse& r, PartitionId p) {
    for (const auto& topic : r.responses)
      for (const auto& data : topic.partitions)
        if (data.partition_index == p) return &data;
    return nullptr;
  }
  static size_t bytes(const wire::FetchResponse::PartitionData& d) { return d.records ? chain_size(*d.records) : 0; }

  ReplicaCluster cluster_;
};

TEST_F(Fetch, FullFetchNamesEveryPartitionWithItsHighWatermark) {
  produce(0, 2);
  const auto r = now(request({{0, 0}, {1, 0}}));
  ASSERT_NE(find(r, 0), nullptr);
  EXPECT_EQ(find(r, 0)->high_watermark, 2);
  EXPECT_EQ(bytes(*find(r, 0)), 2 * kFakeBatchBytes);
  ASSERT_NE(find(r, 1), nullptr);
  EXPECT_EQ(find(r, 1)->high_watermark, 0);
  EXPECT_EQ(find(r, 1)->last_stable_offset, 0);
  EXPECT_EQ(find(r, 1)->aborted_transactions, std::nullopt);
}

TEST_F(Fetch, LongPollWakesWithTheHighWatermarkOrEndsAfterMaxWait) {
  auto idle = ask(request({{0, 0}}, 300));
  auto waiting = ask(request({{1, 0}}, 300));
  cluster_.world().run_for(100ms);
  EXPECT_FALSE(waiting->response);
  const MonoTime moved = cluster_.world().now();
  produce(1);
  ASSERT_TRUE(waiting->response);
  EXPECT_LT(waiting->at - moved, 1ms);
  EXPECT_EQ(bytes(*find(*waiting->response, 1)), kFakeBatchBytes);
  EXPECT_FALSE(idle->response);
  cluster_.world().run_for(300ms);
  ASSERT_TRUE(idle->response);
  EXPECT_EQ(bytes(*find(*idle->response, 0)), 0u);
}

TEST_F(Fetch, MinBytesHoldsTheAnswerAndMaxWaitGivesWhatThereIs) {
  auto r = request({{0, 0}}, 300);
  r.min_bytes = 3 * static_cast<int32_t>(kFakeBatchBytes);
  auto enough = ask(r);
  auto more = r;
  more.min_bytes = 100 * static_cast<int32_t>(kFakeBatchBytes);
  auto too_little = ask(more);
  produce(0, 2);
  EXPECT_FALSE(enough->response);
  produce(0, 1);
  ASSERT_TRUE(enough->response);
  EXPECT_EQ(bytes(*find(*enough->response, 0)), 3 * kFakeBatchBytes);
  EXPECT_FALSE(too_little->response);
  cluster_.world().run_for(400ms);
  ASSERT_TRUE(too_little->response);
  EXPECT_EQ(bytes(*find(*too_little->response, 0)), 3 * kFakeBatchBytes);
}

TEST_F(Fetch, IncrementalFetchLeavesOutWhatDidNotChange) {
  auto first = request({{0, 0}, {1, 0}});
  first.session_epoch = 0;
  const auto r = now(first);
  ASSERT_NE(r.session_id, 0);
  auto next = request({});
  next.session_id = r.session_id;
  next.session_epoch = 1;
  EXPECT_TRUE(now(next).responses.empty());
  produce(1);
  next.session_epoch = 2;
  const auto second = now(next);
  EXPECT_EQ(find(second, 0), nullptr);
  ASSERT_NE(find(second, 1), nullptr);
  EXPECT_EQ(bytes(*find(second, 1)), kFakeBatchBytes);
  next.session_epoch = 3;  // a consumer that does not name it wants the same again
  EXPECT_EQ(bytes(*find(now(next), 1)), kFakeBatchBytes);
  auto moved = request({{1, 1}});
  moved.session_id = r.session_id;
  moved.session_epoch = 4;
  EXPECT_EQ(find(now(moved), 1), nullptr);
}

TEST_F(Fetch, ErrorsAreAnsweredAtOnceAndAgainUntilForgotten) {
  auto first = request({{0, 0}, {99, 0}}, 5000);
  first.session_epoch = 0;
  const auto r = now(first);
  EXPECT_EQ(find(r, 99)->error_code, 3);
  auto next = request({}, 5000);
  next.session_id = r.session_id;
  next.session_epoch = 1;
  EXPECT_EQ(find(now(next), 99)->error_code, 3);
  next.session_epoch = 2;
  next.forgotten_topics_data.emplace_back();
  next.forgotten_topics_data[0].topic_id = cluster_.topic_id();
  next.forgotten_topics_data[0].partitions = {99};
  auto waits = ask(next);
  cluster_.world().run_for(1s);
  EXPECT_FALSE(waits->response);
}

TEST_F(Fetch, UnknownTopicIdAndNameAndSessionErrors) {
  auto r = request({{0, 0}}, 1000);
  r.topics[0].topic_id = Uuid::from_random(9, 9);
  EXPECT_EQ(find(now(r), 0)->error_code, 100);
  r.topics[0].topic = "missing";
  EXPECT_EQ(find(now(r, 12), 0)->error_code, 3);
  r.session_id = 12345;
  r.session_epoch = 7;
  EXPECT_EQ(now(r).error_code, 70);
}

TEST_F(Fetch, LeaderEpochIsCheckedAndTheLeaderNamed) {
  auto r = request({{0, 0}}, 1000);
  const LeaderEpoch epoch = cluster_.image_of(0).leader_epoch;
  r.topics[0].partitions[0].current_leader_epoch = epoch + 1;
  EXPECT_EQ(find(now(r), 0)->error_code, 75);
  r.topics[0].partitions[0].current_leader_epoch = epoch - 1;
  const auto fenced = now(r, 17, {"PLAINTEXT", {}});
  EXPECT_EQ(find(fenced, 0)->error_code, 74);
  EXPECT_EQ(find(fenced, 0)->current_leader.leader_id, 0);
  EXPECT_EQ(find(fenced, 0)->current_leader.leader_epoch, epoch);
  ASSERT_EQ(fenced.node_endpoints.size(), 1u);
  EXPECT_EQ(fenced.node_endpoints[0].host, "node0");
}

TEST_F(Fetch, OffsetsOutsideOfTheLogAreOutOfRange) {
  produce(0, 2);
  EXPECT_EQ(find(now(request({{0, 3}}, 1000)), 0)->error_code, 1);
  EXPECT_EQ(find(now(request({{0, 2}})), 0)->error_code, 0);
}

TEST_F(Fetch, DivergingEpochIsNamed) {
  produce(0, 2);
  auto r = request({{0, 2}}, 1000);
  r.topics[0].partitions[0].last_fetched_epoch = cluster_.image_of(0).leader_epoch;
  r.topics[0].partitions[0].fetch_offset = 5;
  const auto answer = now(r);
  EXPECT_EQ(find(answer, 0)->error_code, 0);
  EXPECT_EQ(find(answer, 0)->diverging_epoch.epoch, cluster_.image_of(0).leader_epoch);
  EXPECT_EQ(find(answer, 0)->diverging_epoch.end_offset, 2);
}

TEST_F(Fetch, FirstBatchComesWholeAndWhatHadNoRoomComesFirstNextTime) {
  produce(0, 3);
  produce(1, 3);
  auto r = request({{0, 0}, {1, 0}});
  r.session_epoch = 0;
  r.max_bytes = 5;
  const auto first = now(r);
  EXPECT_EQ(bytes(*find(first, 0)), kFakeBatchBytes);
  EXPECT_EQ(bytes(*find(first, 1)), 0u);
  auto next = request({{0, 1}});
  next.session_id = first.session_id;
  next.session_epoch = 1;
  next.max_bytes = 5;
  const auto second = now(next);
  ASSERT_NE(find(second, 1), nullptr);
  EXPECT_EQ(bytes(*find(second, 1)), kFakeBatchBytes);
  EXPECT_TRUE(find(second, 0) == nullptr || bytes(*find(second, 0)) == 0);
}

TEST_F(Fetch, ReadCommittedStopsAtTheLastStableOffsetAndNamesAbortedTransactions) {
  produce(0, 4);
  log(0).unstable = 2;
  log(0).aborted = {{77, 1}};
  auto r = request({{0, 0}});
  r.isolation_level = 1;
  const auto committed = now(r);
  EXPECT_EQ(bytes(*find(committed, 0)), 2 * kFakeBatchBytes);
  EXPECT_EQ(find(committed, 0)->last_stable_offset, 2);
  ASSERT_TRUE(find(committed, 0)->aborted_transactions.has_value());
  EXPECT_EQ(find(committed, 0)->aborted_transactions->at(0).producer_id, 77);
  r.isolation_level = 0;
  const auto all = now(r);
  EXPECT_EQ(bytes(*find(all, 0)), 4 * kFakeBatchBytes);
  EXPECT_EQ(find(all, 0)->aborted_transactions, std::nullopt);
}

TEST_F(Fetch, NewerFetchOfASessionEndsTheWaitOfTheOlder) {
  auto first = request({{0, 0}});
  first.session_epoch = 0;
  const int32_t id = now(first).session_id;
  auto older = request({}, 5000), newer = request({}, 5000);
  older.session_id = newer.session_id = id;
  older.session_epoch = 1;
  newer.session_epoch = 2;
  auto a = ask(older);
  cluster_.world().run_for(10ms);
  auto b = ask(newer);
  cluster_.world().run_for(10ms);
  EXPECT_TRUE(a->response);
  EXPECT_FALSE(b->response);
  produce(0);
  ASSERT_TRUE(b->response);
  EXPECT_EQ(bytes(*find(*b->response, 0)), kFakeBatchBytes);
}

TEST_F(Fetch, UnauthorizedTopicIsAnErrorOfItsPartitions) {
  FetchContext context;
  context.may_read = [](const std::string& topic) { return topic != "t"; };
  EXPECT_EQ(find(now(request({{0, 0}}, 1000), 17, context), 0)->error_code, 29);
}

TEST_F(Fetch, TakesWhatMemoryThereIs) {
  constexpr size_t kLittle = AnswerMemory::kClaimMin / kFakeBatchBytes;  // batches
  produce(0, kLittle + 10);
  produce(1);
  AnswerMemory none(0), plenty(8 * AnswerMemory::kClaimMin);
  FetchContext context;
  context.memory = &none;
  auto r = now(request({{0, 0}, {1, 0}}), 17, context);
  EXPECT_EQ(bytes(*find(r, 0)), kLittle * kFakeBatchBytes) << "a little there always is";
  EXPECT_EQ(bytes(*find(r, 1)), 0u);
  EXPECT_EQ(none.bytes.used(), 0u) << "the connection counts the answer";
  context.memory = &plenty;
  r = now(request({{0, 0}, {1, 0}}), 17, context);
  EXPECT_EQ(bytes(*find(r, 0)), (kLittle + 10) * kFakeBatchBytes);
  EXPECT_EQ(bytes(*find(r, 1)), kFakeBatchBytes);
  // A wait claims nothing.
  auto waiting = ask(request({{1, 1}}, 500), 17, context);
  cluster_.world().run_for(20ms);
  EXPECT_FALSE(waiting->response.has_value());
  EXPECT_EQ(plenty.bytes.used(), 0u);
  produce(1);
  EXPECT_TRUE(waiting->response.has_value());
  EXPECT_EQ(plenty.bytes.used(), 0u);
}

}  // namespace
}  // namespace weir::broker
