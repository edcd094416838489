#include "broker/suspects.h"

#include <gtest/gtest.h>

#include "tests/sim/sim_runtime.h"
#include "tests/sim/sim_world.h"

namespace weir::broker {
namespace {

using namespace std::chrono_literals;

/// A transport that only tells of broken connections and answers probes.
struct Peers final : replication::Transport {
  void set_endpoint(BrokerId, const io::Endpoint&) override {}
  void send(BrokerId, replication::Lane, int16_t, int16_t, std::function<BufferChain(int32_t)>, Duration,
            std::function<void(Result<Buffer>)>) override {}
  void on_disconnect(std::function<void(BrokerId)> heard) override { broke = std::move(heard); }
  void probe(BrokerId, Duration, std::function<void(bool)> done) override { answer = std::move(done); }
  std::function<void(BrokerId)> broke;
  std::function<void(bool)> answer;
};

struct SuspectsTest : testing::Test {
  replication::ImagePtr image(bool fenced, BrokerEpoch epoch) {
    auto broker = std::make_shared<replication::BrokerImage>();
    broker->id = 2;
    broker->epoch = epoch;
    broker->fenced = fenced;
    auto image = std::make_shared<replication::MetadataImage>();
    image->brokers[2] = broker;
    return image;
  }
  bool asks() {
    auto answered = std::make_shared<bool>(false);
    suspects.when_clear({}, [answered] { *answered = true; });
    last = answered;
    return *answered;
  }
  std::unique_ptr<sim::SimWorld> world = sim::SimWorld::single();
  Peers peers;
  Suspects suspects{world->runtime(), peers};
  std::shared_ptr<bool> last;
};

TEST_F(SuspectsTest, AnswersAtOnceWhenNobodyIsSuspected) {
  EXPECT_TRUE(asks());
  suspects.on_image(image(true, 1));
  peers.broke(2);  // fenced already: nothing more to come
  peers.broke(7);  // nobody knows it
  EXPECT_TRUE(asks());
}

TEST_F(SuspectsTest, WaitsUntilTheNodeIsFenced) {
  suspects.on_image(image(false, 1));
  peers.broke(2);
  EXPECT_FALSE(asks());
  suspects.on_image(image(false, 1));
  EXPECT_FALSE(*last);
  suspects.on_image(image(true, 1));
  EXPECT_TRUE(*last);
}

TEST_F(SuspectsTest, ANewRegistrationOrAnAnsweredProbeEndsIt) {
  suspects.on_image(image(false, 1));
  peers.broke(2);
  EXPECT_FALSE(asks());
  suspects.on_image(image(false, 5));
  EXPECT_TRUE(*last);
  peers.broke(2);
  EXPECT_FALSE(asks());
  peers.answer(false);
  EXPECT_FALSE(*last);
  peers.answer(true);
  EXPECT_TRUE(*last);
}

TEST_F(SuspectsTest, NeverWaitsForLongerThanItsLimit) {
  suspects.on_image(image(false, 1));
  peers.broke(2);
  EXPECT_FALSE(asks());
  world->run_for(Suspects::kHoldMax + 1ms);
  EXPECT_TRUE(*last);
}

TEST_F(SuspectsTest, ADelayedQuestionIsAskedAfterItsDelay) {
  suspects.on_image(image(false, 1));
  bool answered = false;
  suspects.when_clear(2ms, [&] { answered = true; });
  EXPECT_FALSE(answered);
  peers.broke(2);  // heard of within the delay
  world->run_for(3ms);
  EXPECT_FALSE(answered);
  suspects.on_image(image(true, 1));
  EXPECT_TRUE(answered);
}

}  // namespace
}  // namespace weir::broker
