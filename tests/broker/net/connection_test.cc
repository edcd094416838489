#include "broker/net/connection.h"

#include <gtest/gtest.h>

#include "broker/net/listener.h"
#include "tests/sim/sim_runtime.h"
#include "tests/sim/sim_world.h"

namespace weir::broker {
namespace {

using namespace std::chrono_literals;

constexpr size_t kMiB = 1 << 20;

/// A client on a bare socket: reads only when told to.
struct Client {
  struct Operation : io::Completion {
    Client* owner;
  };
  Client(sim::SimWorld& world, const io::Endpoint& to) : world_(world), chunk_(256 << 10) {
    connect_.owner = recv_.owner = send_.owner = this;
    connect_.done = [](io::Completion& c, int32_t result) noexcept {
      static_cast<Operation&>(c).owner->socket_ = result;
    };
    send_.done = [](io::Completion&, int32_t) noexcept {};
    recv_.done = [](io::Completion& c, int32_t result) noexcept { static_cast<Operation&>(c).owner->received(result); };
    net().connect(to, connect_);
    world.run_until([this] { return socket_ >= 0; });
  }
  io::Net& net() { return world_.runtime().net(); }

  /// Requests of `size` bytes, each of which begins with its number.
  void ask(int count, size_t size = 8) {
    ask_later(count, size);
    world_.run_for(20ms);
  }
  void ask_later(int count, size_t size = 8) {
    out_.clear();
    for (int i = 0; i < count; ++i) {
      std::vector<uint8_t> frame(4 + size);
      store_be(frame.data(), static_cast<int32_t>(size));
      store_be(frame.data() + 4, static_cast<int32_t>(asked_++));
      out_.insert(out_.end(), frame.begin(), frame.end());
    }
    net().send(socket_, {ConstBytes(out_)}, send_);
  }
  void begin_request(size_t claimed, size_t sent) {
    out_.assign(4 + sent, 'x');
    store_be(out_.data(), static_cast<int32_t>(claimed));
    net().send(socket_, {ConstBytes(out_)}, send_);
    world_.run_for(20ms);
  }
  /// Takes whatever comes, until nothing more does; the bytes since the last call.
  size_t take_all() {
    reading_ = true;
    receive();
    world_.run_for(200ms);
    reading_ = false;
    return std::exchange(taken_, 0);
  }
  void take_one_chunk() {
    receive();
    world_.run_for(10ms);
  }
  bool closed() const { return closed_; }

 private:
  void receive() {
    if (receiving_ || closed_) return;
    receiving_ = true;
    net().recv(socket_, chunk_, recv_);
  }
  void received(int32_t result) {
    receiving_ = false;
    if (result <= 0) {
      closed_ = true;
      return;
    }
    taken_ += static_cast<size_t>(result);
    if (reading_) receive();
  }

  sim::SimWorld& world_;
  Operation connect_, recv_, send_;
  io::SocketId socket_ = -1;
  std::vector<uint8_t> out_, chunk_;
  int32_t asked_ = 0;
  size_t taken_ = 0;
  bool reading_ = false, receiving_ = false, closed_ = false;
};

struct ConnectionTest : testing::Test, FrameHandler {
  ConnectionTest() {
    EXPECT_TRUE(listener.open({"127.0.0.1", 0}).ok());
    for (SharedBytes* bytes : {&memory.requests.bytes, &memory.answers.bytes, &memory.peer_answers.bytes})
      bytes->on_room = [this] { world->runtime().defer([this] { listener.go_on(); }); };
  }
  ~ConnectionTest() override {
    waiting.clear();
    listener.close();
    world->run_for(10ms);
  }
  void on_frame(Buffer frame, ReplyTicket ticket) override {
    numbers[&ticket.connection()].push_back(load_be<int32_t>(frame.data()));
    if (alone) ticket.hold_others();
    if (peers) ticket.connection().count_as_peer();
    if (answer_bytes > 0)
      ticket.reply({Buffer::allocate(answer_bytes)});
    else
      waiting.push_back(std::move(ticket));
  }
  void on_closed(Connection& connection) override { listener.forget(connection); }
  std::unique_ptr<Client> client() { return std::make_unique<Client>(*world, listener.endpoint()); }
  void answer_first(size_t bytes) {
    world->runtime().post([this, bytes] {
      ReplyTicket ticket = std::move(waiting.front());
      waiting.pop_front();
      ticket.reply({Buffer::allocate(bytes)});
    });
    world->run_for(20ms);
  }
  void wait(Duration time) {
    for (MonoTime end = world->now() + time; world->now() < end;) {
      world->run_for(1s);
      memory.answers.close_stalled(world->runtime().now());
      world->run_for(1ms);
    }
  }
  size_t taken_up() const {
    size_t n = 0;
    for (const auto& [connection, list] : numbers) n += list.size();
    return n;
  }

  std::unique_ptr<sim::SimWorld> world = sim::SimWorld::single();
  NetMemory memory{4 * kMiB, 8 * kMiB};
  ConnectionLimits limits{.held_bytes_max = 64 * kMiB};
  Listener listener{world->runtime(), "TEST", *this, memory, limits};
  std::map<Connection*, std::vector<int32_t>> numbers;
  std::deque<ReplyTicket> waiting;
  size_t answer_bytes = 0;
  bool alone = false, peers = false;
};

TEST_F(ConnectionTest, AnAnswerToBeTakenFirstHoldsTheOthers) {
  alone = true;
  auto c = client();
  c->ask(5);
  EXPECT_EQ(taken_up(), 1u);
  answer_first(3 * kMiB);
  EXPECT_EQ(taken_up(), 1u) << "its answer has not left";
  EXPECT_EQ(c->take_all(), 3 * kMiB);
  EXPECT_EQ(taken_up(), 2u);
  answer_first(0);
  EXPECT_EQ(taken_up(), 3u) << "an answer without bytes has left at once";
}

TEST_F(ConnectionTest, WhoTakesNothingStopsAndOthersGetOn) {
  answer_bytes = kMiB;
  std::vector<std::unique_ptr<Client>> silent;
  for (int i = 0; i < 20; ++i) {
    silent.push_back(client());
    silent.back()->ask(100);
  }
  // The first few fill the limit, of each other one answer is made.
  EXPECT_GE(memory.answers.bytes.used(), 8 * kMiB);
  EXPECT_LE(memory.answers.bytes.used(), (8 + 20) * kMiB);
  auto honest = client();
  for (int i = 0; i < 10; ++i) {
    honest->ask(1);
    EXPECT_EQ(honest->take_all(), kMiB);
  }
  // Whoever begins to take them gets all, in order.
  for (auto& c : silent) EXPECT_EQ(c->take_all(), 100 * kMiB);
  EXPECT_EQ(memory.answers.bytes.used(), 0u);
  EXPECT_EQ(memory.requests.bytes.used(), 0u);
  for (const auto& [connection, list] : numbers) EXPECT_TRUE(std::is_sorted(list.begin(), list.end()));
}

TEST_F(ConnectionTest, AnAnswerCostsItsMemoryUntilItsLastByteHasLeft) {
  answer_bytes = 4 * kMiB;
  auto c = client();
  c->ask(1);
  for (int i = 0; i < 8; ++i) c->take_one_chunk();
  EXPECT_EQ(memory.answers.bytes.used(), 4 * kMiB);
  c->take_all();
  EXPECT_EQ(memory.answers.bytes.used(), 0u);
}

TEST_F(ConnectionTest, WhoTookNothingForLongIsClosedWhenMemoryIsShort) {
  answer_bytes = kMiB;
  auto small = client(), slow = client(), stuck = client();
  small->ask(1);
  wait(60s);
  EXPECT_FALSE(small->closed()) << "there is enough";
  small->take_all();
  slow->ask(5);
  stuck->ask(5);
  EXPECT_TRUE(memory.answers.bytes.full());
  for (int i = 0; i < 8; ++i) {
    slow->take_one_chunk();
    slow->take_one_chunk();
    slow->take_one_chunk();
    wait(5s);
  }
  slow->take_all();
  EXPECT_FALSE(slow->closed());
  stuck->take_all();
  EXPECT_TRUE(stuck->closed());
  EXPECT_EQ(memory.answers.bytes.used(), 0u);
  EXPECT_EQ(listener.connection_count(), 2u);
}

TEST_F(ConnectionTest, AtTwiceTheLimitTheyAreClosedSoon) {
  answer_bytes = 3 * kMiB;
  std::vector<std::unique_ptr<Client>> silent;
  for (int i = 0; i < 10; ++i) {
    silent.push_back(client());
    silent.back()->ask(1);
  }
  EXPECT_EQ(memory.answers.bytes.used(), 30 * kMiB);
  wait(4s);
  EXPECT_LT(memory.answers.bytes.used(), 16 * kMiB);
}

TEST_F(ConnectionTest, ManyRequestsOfOneDoNotHoldUpAnother) {
  answer_bytes = 10;
  auto many = client(), one = client();
  many->ask_later(1000);
  one->ask_later(1);
  world->run_until([this] { return numbers.size() == 2; });
  EXPECT_LT(taken_up(), 100u);
  EXPECT_EQ(many->take_all(), 10'000u);
  EXPECT_EQ(one->take_all(), 10u);
}

TEST_F(ConnectionTest, WhoHasMuchToTakeGetsNoMore) {
  limits.held_bytes_max = kMiB;
  answer_bytes = kMiB / 4;
  auto c = client();
  c->ask(100);
  EXPECT_LE(memory.answers.bytes.used(), kMiB + kMiB / 4);
  EXPECT_LT(taken_up(), 10u);
  EXPECT_EQ(c->take_all(), 25 * kMiB);
}

TEST_F(ConnectionTest, WhenMemoryIsUsedUpFewRequestsAreInWork) {
  AnswerMemory::Claim all(memory.answers, 8 * kMiB);  // answers in the making
  auto c = client();
  c->ask(50);
  EXPECT_EQ(taken_up(), 4u);
  answer_first(10);
  EXPECT_EQ(c->take_all(), 10u);
  EXPECT_EQ(taken_up(), 5u);
  all = {};
  world->run_for(10ms);
  EXPECT_EQ(taken_up(), 50u);
}

TEST_F(ConnectionTest, NodesCountApart) {
  answer_bytes = 9 * kMiB;
  auto hungry = client();
  hungry->ask(3);
  EXPECT_TRUE(memory.answers.bytes.full());
  peers = true;
  answer_bytes = kMiB;
  auto node = client();
  node->ask(2);
  EXPECT_EQ(memory.peer_answers.bytes.used(), 2 * kMiB);
  EXPECT_EQ(node->take_all(), 2 * kMiB);
  EXPECT_EQ(memory.peer_answers.bytes.used(), 0u);
}

TEST_F(ConnectionTest, RequestsInWorkStopWhoHasSome) {
  std::vector<std::unique_ptr<Client>> busy;
  for (int i = 0; i < 4; ++i) {
    busy.push_back(client());
    busy.back()->ask(8, kMiB / 2);
  }
  size_t before = taken_up();
  EXPECT_TRUE(memory.requests.bytes.full());
  EXPECT_LE(memory.requests.bytes.used(), 6 * kMiB);
  auto other = client();
  other->ask(1);
  EXPECT_EQ(taken_up(), before + 1);
  while (!waiting.empty()) answer_first(10);
  EXPECT_EQ(taken_up(), 4 * 8 + 1u);
  EXPECT_EQ(memory.requests.bytes.used(), 0u);
}

TEST_F(ConnectionTest, TheSlowestOfTooManyUnfinishedRequestsIsClosed) {
  auto first = client(), second = client(), third = client();
  first->begin_request(50 * kMiB, 100 << 10);
  second->begin_request(50 * kMiB, 2 * kMiB);
  EXPECT_EQ(listener.connection_count(), 3u);
  third->begin_request(50 * kMiB, 2 * kMiB);
  EXPECT_EQ(listener.connection_count(), 2u);
  first->take_all();
  EXPECT_TRUE(first->closed());
  EXPECT_LE(memory.requests.bytes.used(), 4 * kMiB);
}

TEST(AnswerMemory, AClaimLeavesSomethingForTheNext) {
  AnswerMemory memory(8 * kMiB);
  {
    auto first = memory.claim(50 * kMiB), second = memory.claim(50 * kMiB), little = memory.claim(10);
    EXPECT_EQ(first.size(), 2 * kMiB);
    EXPECT_EQ(second.size(), 6 * kMiB / 4);
    EXPECT_EQ(little.size(), 10u);
    first = {};
    EXPECT_EQ(memory.bytes.used(), 6 * kMiB / 4 + 10);
    AnswerMemory::Claim rest(memory, 20 * kMiB);
    EXPECT_EQ(memory.claim(50 * kMiB).size(), AnswerMemory::kClaimMin);
  }
  EXPECT_EQ(memory.bytes.used(), 0u);
  EXPECT_EQ(AnswerMemory::Claim().size(), SIZE_MAX);
}

TEST(AnswerMemory, TheDefaultIsAQuarterOfTheMachine) {
  EXPECT_EQ(default_answer_memory(0), size_t{1} << 30);
  EXPECT_EQ(default_answer_memory(uint64_t{64} << 30), size_t{1} << 30);
  EXPECT_EQ(default_answer_memory(uint64_t{1} << 30), size_t{256} << 20);
  EXPECT_EQ(default_answer_memory(1), size_t{32} << 20);
}

}  // namespace
}  // namespace weir::broker
