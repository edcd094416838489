#include "base/io/thread_runtime.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "base/io/backends/make_runtime.h"
#include "base/io/posix/posix_runtime.h"
#include "base/io/uring/uring_runtime.h"
#include "base/util/diag.h"
#include "tests/base/io/backend.h"

namespace weir::io {
namespace {

struct ThreadRuntimeTest : ::testing::TestWithParam<std::string> {
  std::unique_ptr<ThreadRuntime> make() {
    if (GetParam() == "posix") return make_posix_runtime().value();
    auto made = make_uring_runtime();
    return made.ok() ? std::move(made).value() : nullptr;
  }
  void SetUp() override {
    runtime_ = make();
    if (!runtime_) GTEST_SKIP() << "io_uring is refused by this kernel";
  }
  bool run_until(const std::function<bool()>& pred) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!pred()) {
      if (std::chrono::steady_clock::now() > end) return false;
      runtime_->turn(100ms);
    }
    return true;
  }
  std::unique_ptr<ThreadRuntime> runtime_;
};

TEST_P(ThreadRuntimeTest, BuiltHereRunsThere) {
  std::thread::id ran_on;
  Timer t([&] { runtime_->stop(); });
  runtime_->arm_in(t, 1ms);
  runtime_->post([&] { ran_on = std::this_thread::get_id(); });
  std::thread thread([&] { runtime_->run(); });
  const auto expected = thread.get_id();
  thread.join();
  EXPECT_EQ(ran_on, expected);
}

TEST_P(ThreadRuntimeTest, PostsFromManyThreadsAllArriveInOrderOfEach) {
  constexpr int kThreads = 4, kPosts = 2000;
  std::vector<std::vector<int>> got(kThreads);
  int left = kThreads * kPosts;
  std::vector<std::thread> senders;
  for (int t = 0; t < kThreads; ++t) {
    senders.emplace_back([&, t] {
      for (int i = 0; i < kPosts; ++i) {
        runtime_->post([&, t, i] {
          got[static_cast<size_t>(t)].push_back(i);
          if (--left == 0) runtime_->stop();
        });
      }
    });
  }
  runtime_->run();
  for (auto& s : senders) s.join();
  for (auto& of_one : got) {
    ASSERT_EQ(of_one.size(), static_cast<size_t>(kPosts));
    EXPECT_TRUE(std::is_sorted(of_one.begin(), of_one.end()));
  }
}

TEST_P(ThreadRuntimeTest, TwoRuntimesPlayPingPong) {
  auto other = make();
  int rounds = 0;
  std::function<void()> ping = [&] {
    if (++rounds == 1000) {
      other->stop();
      runtime_->stop();
      return;
    }
    other->post([&] { runtime_->post(ping); });
  };
  runtime_->post(ping);
  std::thread thread([&] { other->run(); });
  runtime_->run();
  thread.join();
  EXPECT_EQ(rounds, 1000);
}

TEST_P(ThreadRuntimeTest, ATurnOverTenMillisecondsIsCounted) {
  static std::string line;
  line.clear();
  diag::set_sink([](diag::Level, std::string_view text) { line = text; });
  bool done = false;
  runtime_->post([&] {
    runtime_->note("a long computation");
    const auto end = std::chrono::steady_clock::now() + 12ms;
    while (std::chrono::steady_clock::now() < end) {
    }
    done = true;
  });
  EXPECT_TRUE(run_until([&] { return done; }));
  diag::set_sink(nullptr);
  EXPECT_EQ(runtime_->stalls(), 1u);
  EXPECT_NE(line.find("a long computation"), std::string::npos) << line;
}

TEST_P(ThreadRuntimeTest, AResetSurfacesAtOnceThroughThePendingRecv) {
  struct One : Acceptor {
    void accepted(SocketId c, const Endpoint&, const Endpoint&) override { connection = c; }
    SocketId connection = -1;
  } one;
  auto listening = runtime_->net().listen({"127.0.0.1", 0}, one);
  ASSERT_TRUE(listening.ok());
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(runtime_->net().local_endpoint(*listening).port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  ASSERT_TRUE(run_until([&] { return one.connection >= 0; }));
  uint8_t buffer[8];
  Op received;
  runtime_->net().recv(one.connection, buffer, received);
  runtime_->turn(Duration{0});
  EXPECT_EQ(received.times, 0);
  linger hard{1, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  ::close(fd);
  ASSERT_TRUE(run_until([&] { return received.times == 1; }));
  EXPECT_EQ(received.result, -ECONNRESET);
  Op sent;
  runtime_->net().send(one.connection, {as_bytes("into the void")}, sent);  // no SIGPIPE
  ASSERT_TRUE(run_until([&] { return sent.times == 1; }));
  EXPECT_EQ(sent.result, -EPIPE);
}

TEST_P(ThreadRuntimeTest, MayGoWithOperationsInFlight) {
  struct Keep : Acceptor {
    void accepted(SocketId c, const Endpoint&, const Endpoint&) override { connections.push_back(c); }
    std::vector<SocketId> connections;
  } keep;
  auto listening = runtime_->net().listen({"127.0.0.1", 0}, keep);
  ASSERT_TRUE(listening.ok());
  Op connected, received, never, named;
  runtime_->net().connect(runtime_->net().local_endpoint(*listening), connected);
  ASSERT_TRUE(run_until([&] { return connected.times == 1 && keep.connections.size() == 1; }));
  uint8_t buffer[8];
  runtime_->net().recv(keep.connections[0], buffer, received);
  runtime_->turn(Duration{0});
  runtime_->net().recv(connected.result, buffer, never);
  runtime_->net().connect({"localhost", 1}, named);
  Timer t([] {});
  runtime_->arm_in(t, 1s);
  runtime_.reset();
  EXPECT_FALSE(t.armed());
  EXPECT_EQ(received.times + never.times + named.times, 0);
}

INSTANTIATE_TEST_SUITE_P(Real, ThreadRuntimeTest, ::testing::Values("posix", "io_uring"),
                         [](const auto& info) { return info.param; });

TEST(MakeRuntime, SaysWhatItChoseAndWhy) {
  std::string why;
  auto posix = make_runtime(IoChoice::posix, why);
  ASSERT_TRUE(posix.ok());
  EXPECT_EQ((*posix)->backend(), "posix");
  EXPECT_EQ(why, "posix: as configured");
  auto best = make_runtime(IoChoice::auto_, why);
  ASSERT_TRUE(best.ok());
  EXPECT_EQ(why.substr(0, (*best)->backend().size()), (*best)->backend());
  EXPECT_EQ(make_runtime(runtime_choice(**best), why).value()->backend(), (*best)->backend());
}

}  // namespace
}  // namespace weir::io
