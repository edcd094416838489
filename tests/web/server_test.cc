#include "web/server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <string>

#include "tests/web/fake_backend.h"

// On loopback with port 0, over plain sockets, so that malformed input can be sent. Waits are reads with a deadline,
// never sleeps.
namespace weir::web {
namespace {
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using Clock = std::chrono::steady_clock;

class Socket {
 public:
  explicit Socket(uint16_t port, int receive_buffer = 0) : fd_(socket(AF_INET, SOCK_STREAM, 0)) {
    if (receive_buffer) setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(fd_, reinterpret_cast<sockaddr*>(&at), sizeof(at)) == 0;
  }
  ~Socket() { close(fd_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  bool connected() const { return connected_; }
  void send(std::string_view text) {
    while (!text.empty()) {
      ssize_t n = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
      if (n <= 0) return;
      text.remove_prefix(static_cast<size_t>(n));
    }
  }
  /// More bytes into `in`; false at the end of the stream or after the deadline.
  bool receive(int timeout_ms = 5000) {
    pollfd p{fd_, POLLIN, 0};
    if (poll(&p, 1, timeout_ms) <= 0) return false;
    char buffer[65536];
    ssize_t n = recv(fd_, buffer, sizeof(buffer), 0);
    if (n <= 0) return false;
    in.append(buffer, static_cast<size_t>(n));
    return true;
  }
  std::string until_closed() {
    while (receive()) {
    }
    return std::move(in);
  }
  /// One HTTP answer with its body.
  std::string answer() {
    size_t head;
    while ((head = in.find("\r\n\r\n")) == std::string::npos) {
      if (!receive()) return std::move(in);
    }
    size_t length = 0;
    if (size_t at = in.find("Content-Length: "); at < head) length = std::stoul(in.substr(at + 16));
    while (in.size() < head + 4 + length && receive()) {
    }
    std::string out = in.substr(0, head + 4 + length);
    in.erase(0, out.size());
    return out;
  }

  std::string in;

 private:
  int fd_;
  bool connected_ = false;
};

/// A WebSocket client as small as RFC 6455 allows: one masked text frame out, unmasked frames in.
class Ws {
 public:
  explicit Ws(uint16_t port, const std::string& headers = "", int receive_buffer = 0) : socket_(port, receive_buffer) {
    socket_.send("GET /v1/live HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
                 "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
                 "dGhlIHNhbXBsZSBub25jZQ==\r\n" +
                 headers + "\r\n");
    handshake = socket_.answer();
  }
  void send(std::string_view text) {
    std::string frame = {static_cast<char>(0x81)};
    if (text.size() < 126) {
      frame += static_cast<char>(0x80 | text.size());
    } else {
      frame += static_cast<char>(0x80 | 126);
      frame += static_cast<char>(text.size() >> 8);
      frame += static_cast<char>(text.size());
    }
    frame += std::string(4, '\0');  // a mask of zeros
    frame += text;
    socket_.send(frame);
  }
  /// The next text message; empty when closed or after `timeout_ms`. Pings are left unanswered.
  std::string message(int timeout_ms = 5000) {
    auto& in = socket_.in;
    while (true) {
      size_t head = 2;
      if (in.size() >= head) {
        auto byte = [&](size_t i) { return static_cast<uint64_t>(static_cast<unsigned char>(in[i])); };
        uint64_t length = byte(1) & 0x7F;
        if (length == 126) head = 4;
        if (length == 127) head = 10;
        if (in.size() >= head) {
          if (length == 126) length = byte(2) << 8 | byte(3);
          if (length == 127) {
            length = 0;
            for (size_t i = 2; i < 10; ++i) length = length << 8 | byte(i);
          }
          if (in.size() >= head + length) {
            int opcode = static_cast<int>(byte(0) & 15);
            std::string text = in.substr(head, length);
            in.erase(0, head + length);
            if (opcode == 1) return text;
            if (opcode == 9) ++pings;
            if (opcode == 8) return {};
            continue;
          }
        }
      }
      if (!socket_.receive(timeout_ms)) return {};
    }
  }
  /// The next message that holds `part`.
  std::string message_with(const std::string& part) {
    for (int i = 0; i < 1000; ++i) {
      auto text = message();
      if (text.empty() || text.find(part) != std::string::npos) return text;
    }
    return {};
  }
  std::string handshake;
  int pings = 0;

 private:
  Socket socket_;
};

uint64_t seq_of(const std::string& message) { return std::stoull(message.substr(message.find("\"seq\":") + 6)); }

class WebServerTest : public testing::Test {
 protected:
  void start() {
    auto status = server.start({{"127.0.0.1", 0}}, backend, options);
    ASSERT_TRUE(status.ok()) << status.error().message();
    port = server.endpoints()[0].port;
  }
  std::string request(const std::string& line, const std::string& headers = "", const std::string& body = "") {
    Socket socket(port);
    socket.send(line + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) + "\r\nConnection: close\r\n" + headers +
                (body.empty() ? "" : "Content-Length: " + std::to_string(body.size()) + "\r\n") + "\r\n" + body);
    return socket.answer();
  }
  FakeBackend backend;
  WebOptions options;
  WebServer server;
  uint16_t port = 0;
};

TEST_F(WebServerTest, HealthReadyMetrics) {
  start();
  EXPECT_THAT(request("GET /healthz"), StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(request("GET /readyz"), StartsWith("HTTP/1.1 200"));
  backend.is_ready = false;
  EXPECT_THAT(request("GET /readyz"), StartsWith("HTTP/1.1 503"));
  auto metrics = request("GET /metrics");
  EXPECT_THAT(metrics, HasSubstr("text/plain; version=0.0.4"));
  EXPECT_THAT(metrics, HasSubstr("weir_build_info 1"));
}

TEST_F(WebServerTest, PageWithPolicyAndEtag) {
  start();
  auto page = request("GET /");
  EXPECT_THAT(page, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(page, HasSubstr("Content-Security-Policy: default-src 'self'"));
  EXPECT_THAT(page, HasSubstr("X-Content-Type-Options: nosniff"));
  EXPECT_THAT(page, HasSubstr("Cache-Control: no-cache"));
  EXPECT_THAT(request("GET /topics/orders?q=1"), HasSubstr("text/html"));
  EXPECT_THAT(request("GET /nothing"), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(request("GET /../etc/passwd"), StartsWith("HTTP/1.1 404"));
  auto etag = page.substr(page.find("ETag: ") + 6);
  etag = etag.substr(0, etag.find("\r\n"));
  EXPECT_THAT(request("GET /", "If-None-Match: " + etag + "\r\n"), StartsWith("HTTP/1.1 304"));
}

TEST_F(WebServerTest, JsonResources) {
  start();
  EXPECT_THAT(request("GET /v1/cluster"), HasSubstr(R"("quorum":{"leader":1,"epoch":3)"));
  EXPECT_THAT(request("GET /v1/nodes/2"), HasSubstr(R"("alive":false)"));
  EXPECT_THAT(request("GET /v1/nodes/9"), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(request("GET /v1/topics"), HasSubstr(R"("states":"ou")"));
  EXPECT_THAT(request("GET /v1/topics/orders"), HasSubstr(R"("min_insync_replicas":1)"));
  EXPECT_THAT(request("GET /v1/partitions?topic=orders"), HasSubstr(R"("partition":1)"));
  EXPECT_THAT(request("GET /v1/partitions?topic=other"), HasSubstr(R"("partitions":[])"));
  EXPECT_THAT(request("GET /v1/groups/payments"), HasSubstr(R"("lag":null)"));
  EXPECT_THAT(request("GET /v1/jobs"), HasSubstr(R"(INSERT INTO \"x\")"));
  EXPECT_THAT(request("GET /v1/dashboard"), HasSubstr(R"("current_metrics":{})"));
  EXPECT_THAT(request("GET /v1/dashboard?range_ms=x"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(request("GET /v1/unknown"), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(request("GET /v1/live"), StartsWith("HTTP/1.1 426"));
}

TEST_F(WebServerTest, HeadAndKeepAlive) {
  start();
  Socket socket(port);
  std::string host = "Host: localhost\r\n\r\n";
  socket.send("HEAD /healthz HTTP/1.1\r\n" + host);
  std::string head;
  while (head.find("\r\n\r\n") == std::string::npos && socket.receive()) head = socket.in;
  EXPECT_THAT(head, HasSubstr("Content-Length: 3"));
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
  socket.in.clear();
  socket.send("GET /healthz HTTP/1.1\r\n" + host + "GET /readyz HTTP/1.1\r\n" + host);
  EXPECT_THAT(socket.answer(), HasSubstr("ok"));
  EXPECT_THAT(socket.answer(), HasSubstr("ready"));
}

TEST_F(WebServerTest, MalformedAndOversizedInput) {
  options.header_bytes_max = 4096;
  options.body_bytes_max = 10'000;
  start();
  for (const char* bad :
       {"GARBAGE\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET / HTTP/1.1\r\nno colon here\r\n\r\n",
        "\x16\x03\x01\x02\x01\xFC\x03\x03\r\n\r\n", "POST /v1/jobs HTTP/1.1\r\nContent-Length: -5\r\n\r\n"}) {
    Socket socket(port);
    socket.send(bad);
    EXPECT_THAT(socket.answer(), StartsWith("HTTP/1.1 400")) << bad;
  }
  EXPECT_THAT(request("GET /", "X-Long: " + std::string(8000, 'x') + "\r\n"), StartsWith("HTTP/1.1 431"));
  EXPECT_THAT(request("POST /v1/jobs", "Content-Type: application/json\r\n", std::string(20'000, 'x')),
              StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(request("PUT /v1/jobs"), StartsWith("HTTP/1.1 405"));
  EXPECT_THAT(request("GET http://127.0.0.1/"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(request("GET /healthz"), StartsWith("HTTP/1.1 200"));
}

TEST_F(WebServerTest, WritesNeedOwnOriginJsonAndTheirRoute) {
  start();
  const std::string json = "Content-Type: application/json\r\n";
  EXPECT_THAT(request("POST /v1/jobs", json, R"({"sql":"SELECT 1","vars":{"a":"b"}})"),
              HasSubstr(R"({"message":"done"})"));
  ASSERT_EQ(backend.commands.size(), 1u);
  EXPECT_EQ(backend.commands[0].sql, "SELECT 1");
  EXPECT_EQ(backend.commands[0].vars["a"], "b");
  EXPECT_THAT(request("POST /v1/jobs", json + "Origin: http://evil.example\r\n", R"({"sql":"x"})"),
              StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(request("POST /v1/jobs", "Content-Type: text/plain\r\n", R"({"sql":"x"})"), StartsWith("HTTP/1.1 415"));
  EXPECT_THAT(request("POST /v1/jobs", json, R"({"sql":)"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(request("POST /v1/jobs", json, R"([1])"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(request("POST /v1/jobs", json, R"({"sql":7})"), HasSubstr("'sql' must be a string"));
  EXPECT_THAT(request("DELETE /v1/jobs/missing"), StartsWith("HTTP/1.1 404"));
  EXPECT_THAT(request("POST /v1/jobs/a%20b/pause"), StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(backend.commands.back().kind, CommandKind::pause_job);
  EXPECT_EQ(backend.commands.back().name, "a b");
  EXPECT_THAT(request("POST /v1/topics", json, R"({"name":"t","partitions":3,"configs":{"retention.ms":"1"}})"),
              StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(backend.commands.back().partitions, 3);
  EXPECT_THAT(request("POST /v1/topics", json, R"({"name":"t","partitions":0})"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(request("POST /v1/partitions/t/4/elect"), StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(backend.commands.back().partition, 4);
  size_t before = backend.commands.size();
  EXPECT_THAT(request("GET /v1/jobs/a/pause"), Not(HasSubstr("done")));
  EXPECT_EQ(backend.commands.size(), before);
}

TEST_F(WebServerTest, TokenIsAskedForWhenConfigured) {
  options.token = "s3cret";
  start();
  EXPECT_THAT(request("DELETE /v1/jobs/a"), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(request("DELETE /v1/jobs/a", "Authorization: Bearer no\r\n"), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(request("DELETE /v1/jobs/a", "Authorization: Bearer s3cret\r\n"), StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(backend.commands[0].principal, "token");
  EXPECT_THAT(request("GET /v1/jobs"), StartsWith("HTTP/1.1 200"));
}

TEST_F(WebServerTest, ForeignHostAndOriginAreRefused) {
  start();
  Socket socket(port);
  socket.send("GET /v1/cluster HTTP/1.1\r\nHost: rebound.example\r\n\r\n");
  EXPECT_THAT(socket.answer(), StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(Ws(port, "Origin: http://evil.example\r\n").handshake, StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(Ws(port, "Origin: http://127.0.0.1:" + std::to_string(port) + "\r\n").handshake,
              StartsWith("HTTP/1.1 101"));
}

TEST_F(WebServerTest, LiveSnapshotDeltaAndResume) {
  start();
  uint64_t seen = 0;
  std::string epoch;
  {
    Ws ws(port);
    auto hello = ws.message();
    EXPECT_THAT(hello, HasSubstr("\"op\":\"hello\""));
    epoch = hello.substr(hello.find("\"epoch\":\"") + 9, 16);
    ws.send(R"({"op":"sub","id":1,"channel":"replication","params":{"topic":"orders"}})");
    EXPECT_THAT(ws.message(), HasSubstr("\"op\":\"snapshot\""));
    backend.set_cluster(FakeBackend::sample(200));
    auto delta = ws.message_with("\"op\":\"delta\"");
    EXPECT_THAT(delta, HasSubstr("\"high_watermark\":200"));
    seen = seq_of(delta);
  }
  Ws again(port);
  again.message();
  again.send(R"({"op":"sub","id":5,"channel":"replication","params":{"topic":"orders"},"from_seq":)" +
             std::to_string(seen) + ",\"epoch\":\"" + epoch + "\"}");
  auto first = again.message();
  EXPECT_THAT(first, HasSubstr("\"op\":\"delta\",\"id\":5,\"prev\":" + std::to_string(seen)));
  backend.set_cluster(FakeBackend::sample(300));
  EXPECT_THAT(again.message_with("\"high_watermark\":300"), HasSubstr("\"op\":\"delta\""));
}

TEST_F(WebServerTest, SeriesRowArrivesAtOnce) {
  start();
  backend.sink->table(sample_table());
  Ws ws(port);
  ws.send(R"({"op":"sub","id":1,"channel":"series","params":{"range_ms":60000}})");
  EXPECT_THAT(ws.message_with("\"op\":\"snapshot\""), HasSubstr("\"channel\":\"series\""));
  auto begun = Clock::now();
  backend.sink->rows({sample_row("checkout", 1000, 42)});
  EXPECT_THAT(ws.message_with("[\"checkout\"]"), HasSubstr("[42,null]"));
  EXPECT_LT(Clock::now() - begun, std::chrono::seconds(1));
}

TEST_F(WebServerTest, BadLiveMessagesAreAnsweredNotFatal) {
  options.message_bytes_max = 2000;
  start();
  Ws ws(port);
  ws.message();
  ws.send("not json");
  EXPECT_THAT(ws.message(), HasSubstr("\"op\":\"error\""));
  ws.send(R"({"op":"sub","id":1,"channel":"secrets"})");
  EXPECT_THAT(ws.message(), HasSubstr("no channel 'secrets'"));
  ws.send(R"({"op":"sub","id":-1,"channel":"jobs"})");
  EXPECT_THAT(ws.message(), HasSubstr("\"op\":\"error\""));
  ws.send(R"({"op":"unsub","id":77})");
  ws.send(R"({"op":"ping"})");
  EXPECT_EQ(ws.message(), R"({"op":"pong"})");
  ws.send(std::string(4000, ' '));
  EXPECT_EQ(ws.message(), "");
  EXPECT_THAT(request("GET /healthz"), StartsWith("HTTP/1.1 200"));
}

TEST_F(WebServerTest, SlowClientHoldsNobodyUpAndIsToldOfTheGap) {
  options.resume_deltas_max = 5;
  options.rows_interval = std::chrono::milliseconds(1);
  options.gather = std::chrono::milliseconds(1);
  start();
  backend.sink->table(sample_table());
  Ws slow(port, "", 4096), quick(port);
  slow.send(R"({"op":"sub","id":1,"channel":"series"})");
  quick.send(R"({"op":"sub","id":1,"channel":"series"})");
  slow.message_with("\"op\":\"snapshot\"");
  quick.message_with("\"op\":\"snapshot\"");
  for (int i = 0; i < 60; ++i) {  // several MB, of which the slow one reads nothing
    std::vector<SeriesRow> rows;
    std::string name(300, 'k');
    for (int r = 0; r < 100; ++r) rows.push_back(sample_row(name + std::to_string(r), i * 1000, i));
    backend.sink->rows(std::move(rows));
    ASSERT_NE(quick.message_with(",[" + std::to_string(i) + ",null]"), "") << i;
  }
  auto caught_up = slow.message_with("\"gap\":true");
  EXPECT_THAT(caught_up, HasSubstr("\"op\":\"snapshot\""));
  EXPECT_THAT(caught_up, HasSubstr("[59,null]"));
}

TEST_F(WebServerTest, PingsAndDropsWhoDoesNotAnswer) {
  options.ping_interval = std::chrono::milliseconds(50);
  start();
  Ws ws(port);
  ws.message();
  EXPECT_EQ(ws.message(), "");  // closed by the server: the pings were not answered
  EXPECT_GE(ws.pings, 1);
}

TEST_F(WebServerTest, ConnectionsAreBounded) {
  options.connections_max = 2;
  start();
  Ws first(port), second(port);
  EXPECT_THAT(second.handshake, StartsWith("HTTP/1.1 101"));
  Socket third(port);
  third.send("GET /healthz HTTP/1.1\r\n\r\n");
  EXPECT_THAT(third.until_closed(), Not(HasSubstr("200 OK")));
}

TEST_F(WebServerTest, HalfARequestIsDroppedAfterItsTime) {
  options.request_timeout = std::chrono::milliseconds(100);
  start();
  Socket socket(port);
  socket.send("GET /healthz HTT");
  EXPECT_EQ(socket.until_closed(), "");
}

TEST_F(WebServerTest, StopEndsEverything) {
  start();
  Ws ws(port);
  ws.message();
  ws.send(R"({"op":"sub","id":1,"channel":"cluster"})");
  auto sink = backend.sink;
  server.stop();
  EXPECT_EQ(backend.sink, nullptr);
  sink->rows({sample_row("late", 0, 1)});
  EXPECT_FALSE(Socket(port).connected());
  server.stop();
}

TEST_F(WebServerTest, AnswersAfterStopAreIgnored) {
  start();
  {
    std::lock_guard lock(backend.mutex);
    backend.hold = true;
  }
  Socket socket(port);
  socket.send("GET /v1/cluster HTTP/1.1\r\nHost: localhost\r\n\r\n");
  while (backend.cluster_polls == 0) EXPECT_FALSE(socket.receive(5));
  server.stop();
  for (auto& held : backend.held) held(backend.cluster);
}

TEST_F(WebServerTest, BusyAndBadAddressesAreClearErrors) {
  start();
  WebServer other;
  FakeBackend second;
  auto busy = other.start({{"127.0.0.1", port}}, second);
  EXPECT_EQ(busy.code(), ErrorCode::busy_address);
  EXPECT_THAT(busy.error().message(), HasSubstr(std::to_string(port)));
  WebServer foreign;
  EXPECT_EQ(foreign.start({{"192.0.2.1", 0}}, second).code(), ErrorCode::invalid_argument);
}

TEST(ParseEndpoint, Forms) {
  EXPECT_EQ(parse_endpoint("http://127.0.0.1:8081")->port, 8081);
  EXPECT_EQ(parse_endpoint("[::1]:0")->host, "::1");
  EXPECT_EQ(parse_endpoint(":8080")->host, "0.0.0.0");
  EXPECT_EQ(parse_endpoint("HTTP://localhost:80/")->host, "localhost");
  for (const char* bad : {"", "localhost", "host:", "host:99999", "ftp://h:1", "::1:80", "[::1:80", "h:8x"})
    EXPECT_FALSE(parse_endpoint(bad).ok()) << bad;
}

}  // namespace
}  // namespace weir::web
