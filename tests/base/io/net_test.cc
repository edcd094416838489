#include "base/io/net.h"

#include <cerrno>
#include <numeric>

#include "tests/base/io/backend.h"

namespace weir::io {
namespace {

struct Accepts : Acceptor {
  void accepted(SocketId connection, const Endpoint& l, const Endpoint& p) override {
    connections.push_back(connection);
    local = l, peer = p;
  }
  std::vector<SocketId> connections;
  Endpoint local, peer;
};

struct NetTest : OnEveryBackend {
  /// One connection, both ends on this runtime.
  void make_pair() {
    auto listening = net().listen({"127.0.0.1", 0}, accepts_);
    ASSERT_TRUE(listening.ok()) << listening.error().message();
    listener_ = *listening;
    Op connected;
    net().connect(net().local_endpoint(listener_), connected);
    client_ = result_of(connected);
    ASSERT_GE(client_, 0);
    ASSERT_TRUE(run_until([&] { return accepts_.connections.size() == 1; }));
    server_ = accepts_.connections[0];
  }
  Accepts accepts_;
  SocketId listener_ = -1, client_ = -1, server_ = -1;
};

TEST_P(NetTest, BytesGoBothWays) {
  make_pair();
  EXPECT_EQ(accepts_.local.port, net().local_endpoint(listener_).port);
  EXPECT_EQ(accepts_.peer.port, net().local_endpoint(client_).port);
  uint8_t buffer[64];
  Op sent, received;
  net().send(client_, {as_bytes("hello "), {}, as_bytes("river")}, sent);
  std::string got;
  while (got.size() < 11) {
    received.times = 0;
    net().recv(server_, buffer, received);
    int32_t n = result_of(received);
    ASSERT_GT(n, 0);
    got.append(reinterpret_cast<char*>(buffer), static_cast<size_t>(n));
  }
  EXPECT_EQ(got, "hello river");
  EXPECT_EQ(result_of(sent), 11);
  Op back, answered;
  net().recv(client_, buffer, back);
  net().send(server_, {as_bytes("ok")}, answered);
  EXPECT_EQ(result_of(back), 2);
  EXPECT_EQ(result_of(answered), 2);
}

TEST_P(NetTest, CompletionsNeverComeFromInsideTheCall) {
  make_pair();
  uint8_t buffer[8];
  Op sent, received;
  net().send(client_, {as_bytes("x")}, sent);
  EXPECT_EQ(sent.times, 0);
  EXPECT_EQ(result_of(sent), 1);
  net().recv(server_, buffer, received);
  EXPECT_EQ(received.times, 0);
  EXPECT_EQ(result_of(received), 1);
  EXPECT_EQ(received.times, 1);
}

TEST_P(NetTest, HalfCloseEndsOneDirectionOnly) {
  make_pair();
  uint8_t buffer[8];
  Op sent, end, back, answered;
  net().send(client_, {as_bytes("q")}, sent);
  EXPECT_EQ(result_of(sent), 1);
  net().shutdown_send(client_);
  net().recv(server_, buffer, back);
  EXPECT_EQ(result_of(back), 1);
  net().recv(server_, buffer, end);
  EXPECT_EQ(result_of(end), 0);
  net().send(server_, {as_bytes("answer")}, answered);
  Op got;
  net().recv(client_, buffer, got);
  EXPECT_EQ(result_of(got), 6);
  EXPECT_EQ(result_of(answered), 6);
}

TEST_P(NetTest, CloseCancelsWhatIsInFlight) {
  make_pair();
  uint8_t buffer[8];
  Op received;
  net().recv(server_, buffer, received);
  bool turned = false;
  rt().post([&] { turned = true; });
  ASSERT_TRUE(run_until([&] { return turned; }));
  EXPECT_EQ(received.times, 0);
  net().close(server_);
  EXPECT_EQ(received.times, 0);
  EXPECT_EQ(result_of(received), -ECANCELED);
  Op at_peer;
  net().recv(client_, buffer, at_peer);
  EXPECT_EQ(result_of(at_peer), 0);
}

TEST_P(NetTest, CloseInTheTurnOfTheStartCancelsToo) {
  make_pair();
  uint8_t buffer[8];
  std::vector<uint8_t> big(32 << 20);
  Op received, sent;
  net().recv(server_, buffer, received);
  net().send(server_, {big}, sent);
  net().close(server_);
  EXPECT_EQ(result_of(received), -ECANCELED);
  EXPECT_EQ(result_of(sent), -ECANCELED);
  EXPECT_EQ(received.times, 1);
  EXPECT_EQ(sent.times, 1);
}

TEST_P(NetTest, AClosedSocketsEndNeverHitsANewOne) {
  make_pair();
  uint8_t buffer[8];
  for (int i = 0; i < 20; ++i) {
    Op old_recv, connected;
    net().recv(server_, buffer, old_recv);
    net().close(server_);
    net().close(client_);
    net().connect(net().local_endpoint(listener_), connected);
    client_ = result_of(connected);
    ASSERT_GE(client_, 0);
    ASSERT_TRUE(run_until([&] { return accepts_.connections.size() == static_cast<size_t>(i) + 2; }));
    server_ = accepts_.connections.back();
    EXPECT_EQ(result_of(old_recv), -ECANCELED);
    uint8_t fresh[8];
    Op sent, received;
    net().recv(server_, fresh, received);
    net().send(client_, {as_bytes("new")}, sent);
    EXPECT_EQ(result_of(received), 3);
    EXPECT_EQ(result_of(sent), 3);
    EXPECT_EQ(old_recv.times, 1);
  }
}

TEST_P(NetTest, ABigSendWaitsForASlowReader) {
  make_pair();
  std::vector<uint8_t> big(8 << 20);
  for (size_t i = 0; i < big.size(); ++i) big[i] = static_cast<uint8_t>(i * 31 + (i >> 13));
  std::vector<ConstBytes> slices;
  for (size_t at = 0, n = 1; at < big.size(); at += n, n = n * 3 % 70000 + 1) {
    slices.push_back(ConstBytes(big).subspan(at, std::min(n, big.size() - at)));
  }
  Op sent;
  net().send(client_, slices, sent);
  std::vector<uint8_t> got, chunk(10000);
  while (got.size() < big.size()) {
    Op received;
    net().recv(server_, chunk, received);
    int32_t n = result_of(received);
    ASSERT_GT(n, 0);
    got.insert(got.end(), chunk.begin(), chunk.begin() + n);
    if (got.size() < big.size() / 4) {
      EXPECT_EQ(sent.times, 0);
    }
  }
  EXPECT_EQ(result_of(sent), static_cast<int32_t>(big.size()));
  EXPECT_TRUE(got == big);
}

TEST_P(NetTest, NobodyListensIsRefused) {
  auto listening = net().listen({"127.0.0.1", 0}, accepts_);
  ASSERT_TRUE(listening.ok());
  Endpoint at = net().local_endpoint(*listening);
  net().close(*listening);
  Op connected;
  net().connect(at, connected);
  EXPECT_EQ(result_of(connected), -ECONNREFUSED);
}

TEST_P(NetTest, ABusyPortIsAnError) {
  auto first = net().listen({"127.0.0.1", 0}, accepts_);
  ASSERT_TRUE(first.ok());
  auto second = net().listen(net().local_endpoint(*first), accepts_);
  EXPECT_EQ(second.code(), ErrorCode::busy_address);
}

TEST_P(NetTest, NamesAreResolved) {
  auto listening = net().listen({"localhost", 0}, accepts_);
  ASSERT_TRUE(listening.ok()) << listening.error().message();
  Op connected;
  net().connect({"localhost", net().local_endpoint(*listening).port}, connected);
  EXPECT_GE(result_of(connected), 0);
}

TEST_P(NetTest, AClosedListenerAcceptsNobody) {
  make_pair();
  net().close(listener_);
  Op late;
  net().connect(accepts_.local, late);
  EXPECT_EQ(result_of(late), -ECONNREFUSED);
  EXPECT_EQ(accepts_.connections.size(), 1u);
}

TEST_P(NetTest, AnUnreadCloseResetsThePeer) {
  make_pair();
  uint8_t buffer[8];
  Op sent, first, waiting;
  net().send(client_, {as_bytes("never read")}, sent);
  EXPECT_EQ(result_of(sent), 10);
  net().recv(server_, Bytes(buffer, 1), first);
  EXPECT_EQ(result_of(first), 1);
  net().recv(client_, buffer, waiting);
  net().close(server_);
  EXPECT_EQ(result_of(waiting), -ECONNRESET);
}

TEST_P(NetTest, ManyConnectionsAtOnce) {
  auto listening = net().listen({"127.0.0.1", 0}, accepts_);
  ASSERT_TRUE(listening.ok());
  std::vector<std::unique_ptr<Op>> ops;
  for (int i = 0; i < 200; ++i) {
    ops.push_back(std::make_unique<Op>());
    net().connect(net().local_endpoint(*listening), *ops.back());
  }
  ASSERT_TRUE(run_until([&] { return accepts_.connections.size() == 200; }));
  for (auto& op : ops) EXPECT_GE(result_of(*op), 0);
  for (auto& op : ops) net().close(op->result);
  for (SocketId s : accepts_.connections) net().close(s);
}

ON_EVERY_BACKEND(NetTest);

TEST(Endpoint, ParsesAndPrints) {
  EXPECT_EQ(Endpoint::parse("127.0.0.1:9092").value(), (Endpoint{"127.0.0.1", 9092}));
  EXPECT_EQ(Endpoint::parse("[::1]:0").value(), (Endpoint{"::1", 0}));
  EXPECT_EQ(Endpoint::parse(":80").value(), (Endpoint{"", 80}));
  EXPECT_EQ((Endpoint{"::1", 5}).to_string(), "[::1]:5");
  for (const char* bad : {"host", "host:", "host:x", "host:65536", "::1:80", "[::1:80", "h:-1"})
    EXPECT_FALSE(Endpoint::parse(bad).ok()) << bad;
}

}  // namespace
}  // namespace weir::io
