#include "web/hub.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/web/fake_backend.h"

namespace weir::web {
namespace {
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

/// The web thread as a list of timed tasks that the test runs.
class TestLoop final : public Loop {
 public:
  void post(std::function<void()> task) override { tasks_.emplace(now_, std::move(task)); }
  void after(std::chrono::milliseconds delay, std::function<void()> task) override {
    tasks_.emplace(now_ + std::max<int64_t>(0, delay.count()), std::move(task));
  }
  int64_t now_ms() override { return now_; }
  void run_for(int64_t ms) {
    int64_t end = now_ + ms;
    while (!tasks_.empty() && tasks_.begin()->first <= end) {
      auto task = std::move(tasks_.begin()->second);
      now_ = std::max(now_, tasks_.begin()->first);
      tasks_.erase(tasks_.begin());
      task();
    }
    now_ = end;
  }
  size_t waiting() const { return tasks_.size(); }

 private:
  int64_t now_ = 1'000'000;
  std::multimap<int64_t, std::function<void()>> tasks_;
};

struct TestClient final : LiveClient {
  void wake() override { ++wakes; }
  int wakes = 0;
};

class HubTest : public testing::Test {
 protected:
  HubTest() {
    options.resume_deltas_max = 20;
    options.subscriptions_max = 3;
    hub = std::make_shared<Hub>(loop, backend, options, 1000, "e1");
    sink = hub->series_sink();
    hub->attach(&client);
  }
  LiveRequest sub(const char* channel, int64_t id = 1, std::optional<uint64_t> from_seq = {}) {
    return {LiveRequest::Op::sub, id, channel, {}, from_seq, from_seq ? "e1" : ""};
  }
  std::shared_ptr<TestLoop> loop = std::make_shared<TestLoop>();
  FakeBackend backend;
  WebOptions options;
  std::shared_ptr<Hub> hub;
  std::shared_ptr<SeriesSink> sink;
  TestClient client;
};

TEST_F(HubTest, PollsOnlyWhileSomebodyLooks) {
  loop->run_for(5000);
  EXPECT_EQ(backend.cluster_polls, 0);
  ASSERT_TRUE(hub->subscribe(&client, sub("cluster")).ok());
  loop->run_for(5000);
  EXPECT_GE(backend.cluster_polls, 9);
  EXPECT_LE(backend.cluster_polls, 12);
  hub->unsubscribe(&client, 1);
  loop->run_for(200);
  int polls = backend.cluster_polls;
  loop->run_for(5000);
  EXPECT_EQ(backend.cluster_polls, polls);
  EXPECT_EQ(loop->waiting(), 0u);
}

TEST_F(HubTest, ReplicationIsPolledTenTimesASecond) {
  ASSERT_TRUE(hub->subscribe(&client, sub("replication")).ok());
  loop->run_for(10'000);
  EXPECT_GE(backend.cluster_polls, 99);
  EXPECT_LE(backend.cluster_polls, 101);
}

TEST_F(HubTest, SnapshotThenDelta) {
  ASSERT_TRUE(hub->subscribe(&client, sub("replication")).ok());
  EXPECT_THAT(hub->next_message(&client), IsEmpty());
  loop->run_for(1);
  EXPECT_GT(client.wakes, 0);
  auto first = hub->next_message(&client);
  EXPECT_THAT(first, HasSubstr(R"("op":"snapshot","id":1,"channel":"replication","epoch":"e1","seq":1001)"));
  EXPECT_THAT(first, HasSubstr("orders/000001"));
  EXPECT_THAT(hub->next_message(&client), IsEmpty());
  backend.set_cluster(FakeBackend::sample(200));
  loop->run_for(200);
  auto second = hub->next_message(&client);
  EXPECT_THAT(second, HasSubstr(R"("op":"delta","id":1,"prev":1001,"seq":1002)"));
  EXPECT_THAT(second, HasSubstr(R"("high_watermark":200)"));
  EXPECT_THAT(second, Not(HasSubstr("orders/000001")));
}

TEST_F(HubTest, ResumeGivesOnlyWhatWasMissed) {
  ASSERT_TRUE(hub->subscribe(&client, sub("replication")).ok());
  loop->run_for(1);
  hub->next_message(&client);
  hub->detach(&client);
  hub->attach(&client);
  ASSERT_TRUE(hub->subscribe(&client, sub("replication", 9, 1001)).ok());
  EXPECT_EQ(hub->next_message(&client), R"({"op":"delta","id":9,"prev":1001,"seq":1001,"set":{},"changes":[]})");
  backend.set_cluster(FakeBackend::sample(300));
  loop->run_for(200);
  EXPECT_THAT(hub->next_message(&client), HasSubstr(R"("op":"delta","id":9,"prev":1001,"seq":1002)"));
}

TEST_F(HubTest, ResumeOfAnotherLifeOrBeyondTheWindowGivesASnapshotWithGap) {
  ASSERT_TRUE(hub->subscribe(&client, sub("cluster")).ok());
  loop->run_for(1);
  hub->next_message(&client);
  auto request = sub("cluster", 2, 1001);
  request.epoch = "e0";
  ASSERT_TRUE(hub->subscribe(&client, request).ok());
  EXPECT_THAT(hub->next_message(&client), HasSubstr(R"("op":"snapshot","id":2)"));
  ASSERT_TRUE(hub->subscribe(&client, sub("cluster", 3, 17)).ok());
  EXPECT_THAT(hub->next_message(&client), HasSubstr("\"gap\":true"));
}

TEST_F(HubTest, SlowClientGetsOneMergedDeltaOrASnapshotWithGap) {
  ASSERT_TRUE(hub->subscribe(&client, sub("replication")).ok());
  loop->run_for(1);
  hub->next_message(&client);
  for (int i = 0; i < 10; ++i) {
    backend.set_cluster(FakeBackend::sample(1000 + i));
    loop->run_for(100);
  }
  auto merged = hub->next_message(&client);
  EXPECT_THAT(merged, HasSubstr(R"("prev":1001,"seq":1011)"));
  EXPECT_THAT(merged, HasSubstr("\"high_watermark\":1009"));
  EXPECT_THAT(merged, Not(HasSubstr("\"high_watermark\":1008")));
  EXPECT_THAT(hub->next_message(&client), IsEmpty());
  for (int i = 0; i < 40; ++i) {
    backend.set_cluster(FakeBackend::sample(2000 + i));
    loop->run_for(100);
  }
  auto newest = hub->next_message(&client);
  EXPECT_THAT(newest, HasSubstr("\"op\":\"snapshot\""));
  EXPECT_THAT(newest, HasSubstr("\"gap\":true"));
  EXPECT_THAT(newest, HasSubstr("\"high_watermark\":2039"));
}

TEST_F(HubTest, OldStateIsNotShownToANewSubscriber) {
  ASSERT_TRUE(hub->subscribe(&client, sub("cluster")).ok());
  loop->run_for(1);
  hub->next_message(&client);
  hub->unsubscribe(&client, 1);
  loop->run_for(10'000);
  backend.set_cluster(FakeBackend::sample(500));
  ASSERT_TRUE(hub->subscribe(&client, sub("cluster")).ok());
  EXPECT_THAT(hub->next_message(&client), IsEmpty());
  loop->run_for(1);
  EXPECT_THAT(hub->next_message(&client), HasSubstr("\"time_ms\":1500"));
}

TEST_F(HubTest, SeriesRowsAreGatheredAndPushedWithinTheInterval) {
  ASSERT_TRUE(hub->subscribe(&client, sub("series")).ok());
  EXPECT_THAT(hub->next_message(&client), HasSubstr("\"op\":\"snapshot\""));
  sink->table(sample_table());
  sink->rows({sample_row("a", 1000, 1)});
  sink->rows({sample_row("b", 1000, 2)});
  loop->run_for(10);
  auto message = hub->next_message(&client);
  EXPECT_THAT(message, HasSubstr("[\"a\"]"));
  EXPECT_THAT(message, HasSubstr("[\"b\"]"));
  sink->rows({sample_row("a", 2000, 3)});
  loop->run_for(20);
  EXPECT_THAT(hub->next_message(&client), IsEmpty());
  loop->run_for(80);
  EXPECT_THAT(hub->next_message(&client), HasSubstr("[3,null]"));
}

TEST_F(HubTest, SeriesFloodDropsRowsAndSaysSo) {
  ASSERT_TRUE(hub->subscribe(&client, sub("series")).ok());
  hub->next_message(&client);
  sink->table(sample_table());
  std::vector<SeriesRow> many(150'000, sample_row("a", 1000, 1));
  sink->rows(many);
  sink->rows(many);
  loop->run_for(200);
  auto message = hub->next_message(&client);
  EXPECT_THAT(message, HasSubstr("\"gap\":true"));
  EXPECT_THAT(message, HasSubstr("\"t\":1"));
}

TEST_F(HubTest, SinkOutlivesTheHub) {
  hub->detach(&client);
  hub.reset();
  sink->rows({sample_row("a", 1000, 1)});
  loop->run_for(1000);
}

TEST_F(HubTest, LimitsAndUnknownChannel) {
  EXPECT_EQ(hub->subscribe(&client, sub("nonsense")).code(), ErrorCode::invalid_request);
  for (int id = 1; id <= 3; ++id) EXPECT_TRUE(hub->subscribe(&client, sub("jobs", id)).ok());
  EXPECT_EQ(hub->subscribe(&client, sub("jobs", 4)).code(), ErrorCode::limit_reached);
  EXPECT_TRUE(hub->subscribe(&client, sub("groups", 3)).ok());
}

TEST_F(HubTest, GetsShareOnePollAndTimeOut) {
  backend.hold = true;
  int errors = 0, answers = 0;
  auto count = [&](Result<std::shared_ptr<const ClusterView>> view) { view.ok() ? ++answers : ++errors; };
  hub->get_cluster(count);
  hub->get_cluster(count);
  EXPECT_EQ(backend.cluster_polls, 1);
  loop->run_for(6000);
  EXPECT_EQ(errors, 2);
  hub->get_cluster(count);
  EXPECT_EQ(backend.cluster_polls, 1);
  backend.held[0](backend.cluster);
  loop->run_for(1);
  EXPECT_EQ(answers, 1);
}

}  // namespace
}  // namespace weir::web
