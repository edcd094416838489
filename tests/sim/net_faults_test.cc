#include <gtest/gtest.h>

#include <cerrno>
#include <set>

#include "tests/base/io/backend.h"
#include "tests/sim/sim_runtime.h"

namespace weir::sim {
namespace {

using io::Op;
using io::SocketId;

struct Accepts : io::Acceptor {
  void accepted(SocketId connection, const io::Endpoint&, const io::Endpoint&) override {
    connections.push_back(connection);
  }
  std::vector<SocketId> connections;
};

struct TwoNodes {
  explicit TwoNodes(uint64_t seed) : world(seed), a(world.add_node("a")), b(world.add_node("b")) {
    a.start_shard();
    b.start_shard();
  }
  io::Net& net_a() { return a.shard(0).net(); }
  io::Net& net_b() { return b.shard(0).net(); }
  void join() {
    ASSERT_TRUE(net_b().listen({"b", 9092}, accepts).ok());
    Op connected;
    net_a().connect({"b", 9092}, connected);
    ASSERT_TRUE(world.run_until([&] { return connected.times && accepts.connections.size() == 1; }));
    at_a = connected.result;
    at_b = accepts.connections[0];
    ASSERT_GE(at_a, 0);
  }
  int32_t wait(Op& op, Duration limit = std::chrono::seconds(60)) {
    EXPECT_TRUE(world.run_until([&] { return op.times > 0; }, limit));
    return op.result;
  }
  SimWorld world;
  SimNode &a, &b;
  Accepts accepts;
  SocketId at_a = -1, at_b = -1;
};

TEST(NetFaults, AKilledPeerIsNoticedAtOnce) {
  std::set<int32_t> seen;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    TwoNodes w(seed);
    w.join();
    uint8_t buffer[8];
    Op waiting;
    w.net_a().recv(w.at_a, buffer, waiting);
    w.b.kill();
    seen.insert(w.wait(waiting, 10ms));
    Op again;
    w.net_a().connect({"b", 9092}, again);
    EXPECT_EQ(w.wait(again), -ECONNREFUSED);
  }
  EXPECT_EQ(seen, (std::set<int32_t>{0, -ECONNRESET}));
}

TEST(NetFaults, APowerCutIsSilentUntilOneSends) {
  TwoNodes w(3);
  w.join();
  uint8_t buffer[8];
  Op waiting, sent, connected;
  w.net_a().recv(w.at_a, buffer, waiting);
  w.b.power_off();
  EXPECT_FALSE(w.world.run_until([&] { return waiting.times > 0; }, std::chrono::seconds(100)));
  w.net_a().send(w.at_a, {as_bytes("hello?")}, sent);
  EXPECT_EQ(w.wait(sent), 6);  // into the socket's buffer
  EXPECT_EQ(w.wait(waiting), -ETIMEDOUT);
  w.net_a().connect({"b", 9092}, connected);
  EXPECT_EQ(w.wait(connected), -ETIMEDOUT);
}

TEST(NetFaults, AMachineThatIsBackResetsOldConnections) {
  TwoNodes w(4);
  w.join();
  uint8_t buffer[8];
  Op waiting, sent;
  w.net_a().recv(w.at_a, buffer, waiting);
  w.b.power_off();
  w.b.start_shard();
  w.net_a().send(w.at_a, {as_bytes("hello?")}, sent);
  EXPECT_EQ(w.wait(waiting, std::chrono::seconds(1)), -ECONNRESET);
}

TEST(NetFaults, ACutHoldsTheBytesAndAHealDeliversThem) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    TwoNodes w(seed);
    w.join();
    w.world.network().cut(w.a.index(), w.b.index());
    uint8_t buffer[64];
    Op sent1, sent2, back_sent, back, first;
    w.net_b().recv(w.at_b, buffer, first);
    w.net_a().send(w.at_a, {as_bytes("one ")}, sent1);
    EXPECT_EQ(w.wait(sent1), 4);
    w.net_a().send(w.at_a, {as_bytes("two")}, sent2);
    EXPECT_EQ(w.wait(sent2), 3);
    uint8_t other[8];
    w.net_b().send(w.at_b, {as_bytes("back")}, back_sent);  // one way only
    w.net_a().recv(w.at_a, other, back);
    EXPECT_GT(w.wait(back), 0);
    EXPECT_FALSE(w.world.run_until([&] { return first.times > 0; }, std::chrono::seconds(3)));
    w.world.network().heal_all();
    std::string got;
    int32_t n = w.wait(first, std::chrono::seconds(1));
    got.append(reinterpret_cast<char*>(buffer), static_cast<size_t>(n));
    while (got.size() < 7) {
      Op more;
      w.net_b().recv(w.at_b, buffer, more);
      n = w.wait(more);
      ASSERT_GT(n, 0);
      got.append(reinterpret_cast<char*>(buffer), static_cast<size_t>(n));
    }
    EXPECT_EQ(got, "one two");
  }
}

TEST(NetFaults, ALongCutBreaksTheSender) {
  TwoNodes w(5);
  w.join();
  uint8_t a[8], b[8];
  Op at_a, at_b, sent;
  w.net_a().recv(w.at_a, a, at_a);
  w.net_b().recv(w.at_b, b, at_b);
  w.world.network().isolate({w.a.index()});
  w.net_a().send(w.at_a, {as_bytes("x")}, sent);
  EXPECT_EQ(w.wait(at_a), -ETIMEDOUT);
  EXPECT_EQ(at_b.times, 0);  // the other side cannot know
}

TEST(NetFaults, ARandomResetLeavesAPrefix) {
  for (uint64_t seed = 0; seed < 30; ++seed) {
    TwoNodes w(seed);
    w.join();
    std::vector<uint8_t> big(400000);
    for (size_t i = 0; i < big.size(); ++i) big[i] = static_cast<uint8_t>(i * 7 + (i >> 9));
    Op sent;
    w.net_a().send(w.at_a, {big}, sent);
    std::vector<uint8_t> got, chunk(5000);
    int32_t n = 0;
    for (int reads = 0;; ++reads) {
      if (reads == static_cast<int>(seed)) {
        EXPECT_TRUE(w.world.network().reset_one());
      }
      Op received;
      w.net_b().recv(w.at_b, chunk, received);
      n = w.wait(received);
      if (n <= 0) break;
      got.insert(got.end(), chunk.begin(), chunk.begin() + n);
    }
    EXPECT_EQ(n, -ECONNRESET);
    EXPECT_TRUE(std::equal(got.begin(), got.end(), big.begin()));
  }
}

TEST(NodeFaults, APausedProcessDoesNothingAndThenCatchesUp) {
  TwoNodes w(6);
  w.join();
  uint8_t buffer[8];
  int fired = 0;
  io::Timer timer([&] { ++fired; });
  w.b.shard(0).arm_in(timer, 10ms);
  Op received, sent;
  w.net_b().recv(w.at_b, buffer, received);
  w.b.pause();
  w.net_a().send(w.at_a, {as_bytes("hi")}, sent);
  w.world.run_for(std::chrono::seconds(5));
  EXPECT_EQ(fired + received.times, 0);
  EXPECT_EQ(sent.times, 1);
  w.b.resume();
  w.world.run_for(1ms);
  EXPECT_EQ(fired, 1);
  EXPECT_EQ(received.times, 1);
}

TEST(NodeFaults, ClocksDrift) {
  TwoNodes w(7);
  w.b.set_clock(50'000, std::chrono::seconds(-5));  // 5 % fast
  MonoTime fired_a, fired_b;
  io::Timer ta([&] { fired_a = w.world.now(); }), tb([&] { fired_b = w.world.now(); });
  const MonoTime start = w.world.now();
  w.a.shard(0).arm_in(ta, std::chrono::seconds(100));
  w.b.shard(0).arm_in(tb, std::chrono::seconds(100));
  w.world.run_for(std::chrono::seconds(120));
  EXPECT_NEAR(static_cast<double>((fired_a - start).count()), 100e9, 1e6);
  EXPECT_NEAR(static_cast<double>((fired_b - start).count()), 100e9 / 1.05, 1e6);
  EXPECT_NEAR(static_cast<double>(w.b.wall() - w.a.wall()), 6000 - 5000, 2);
}

TEST(World, EqualSeedsGiveEqualRuns) {
  auto run = [](uint64_t seed) {
    TwoNodes w(seed);
    w.join();
    std::vector<uint8_t> big(300000, 1), chunk(7000);
    Op sent, written;
    w.net_a().send(w.at_a, {big}, sent);
    io::FileId f = w.a.shard(0).disk().open("/tmp/f", io::OpenMode::read_write).value();
    w.a.shard(0).disk().write_durable(f, 0, big, written);
    size_t got = 0;
    while (got < big.size()) {
      Op received;
      w.net_b().recv(w.at_b, chunk, received);
      got += static_cast<size_t>(w.wait(received));
    }
    w.a.power_off();
    w.a.start_shard();
    w.world.run_for(std::chrono::seconds(1));
    return w.world.trace_hash();
  };
  EXPECT_EQ(run(1), run(1));
  EXPECT_EQ(run(2), run(2));
  EXPECT_NE(run(1), run(2));
}

TEST(World, AFailureEndsTheRunAndCallsTheHook) {
  SimWorld world(1);
  SimRuntime& rt = world.add_node("n").start_shard();
  std::string told;
  world.on_failure([&](const std::string& why) { told = why; });
  int turns = 0;
  io::Timer tick([&] { ++turns, rt.arm_in(tick, 1ms); });
  rt.arm_in(tick, 1ms);
  world.after_each_event([&] {
    if (turns == 5) world.fail("five");
  });
  world.run_for(std::chrono::seconds(1));
  EXPECT_EQ(told, "five");
  EXPECT_EQ(turns, 5);
}

TEST(World, TheObjectsOfADeadProcessGoInAnyOrder) {
  TwoNodes w(8);
  w.join();
  auto timer = std::make_unique<io::Timer>([] { FAIL(); });
  SimRuntime& dead = w.b.shard(0);
  dead.arm_in(*timer, 1ms);
  dead.post([] { FAIL(); });
  w.b.kill();
  dead.net().close(w.at_b);
  dead.arm_in(*timer, 1ms);
  dead.post([] { FAIL(); });
  dead.defer([] { FAIL(); });
  timer.reset();
  w.world.run_for(std::chrono::seconds(1));
  EXPECT_TRUE(dead.dead());
}

}  // namespace
}  // namespace weir::sim
