#include "tools/client/connection.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "base/wire/messages/api_versions.h"

namespace weir::client {
namespace {

// Kafka's default for socket.request.max.bytes is 100 MiB; an answer above this is garbage, or no Kafka at all.
constexpr int32_t kFrameBytesMax = 256 << 20;

std::string os_error(int code) {
  std::string text = std::strerror(code);
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') text[0] = static_cast<char>(text[0] + 32);
  return text;
}

/// A connected non-blocking socket, or -errno.
int connect_to(const addrinfo& address, int timeout_ms) {
  int fd = ::socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -errno;
  int code = ::connect(fd, address.ai_addr, address.ai_addrlen) == 0 ? 0 : errno;
  if (code == EINPROGRESS) {
    pollfd wait{fd, POLLOUT, 0};
    int n;
    do n = ::poll(&wait, 1, timeout_ms);
    while (n < 0 && errno == EINTR);
    socklen_t size = sizeof code;
    if (n == 0)
      code = ETIMEDOUT;
    else if (n < 0)
      code = errno;
    else if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size) != 0)
      code = errno;
  }
  if (code != 0) return ::close(fd), -code;
  int one = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return fd;
}

}  // namespace

int64_t Connection::now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

Result<std::unique_ptr<Connection>> Connection::open(const io::Endpoint& to, const ConnectionOptions& options) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  std::string host = to.host.empty() ? "127.0.0.1" : to.host;
  if (int code = ::getaddrinfo(host.c_str(), std::to_string(to.port).c_str(), &hints, &found); code != 0) {
    return Error(ErrorCode::connection_failed, "client", to.to_string() + ": " + ::gai_strerror(code));
  }
  int fd = -ECONNREFUSED;
  for (const addrinfo* a = found; a && fd < 0; a = a->ai_next) fd = connect_to(*a, options.connect_timeout_ms);
  ::freeaddrinfo(found);
  if (fd < 0) return Error(ErrorCode::connection_failed, "client", to.to_string() + ": " + os_error(-fd));
  std::unique_ptr<Connection> connection(new Connection(fd, to, options));
  TRY(connection->handshake());
  return connection;
}

Connection::~Connection() { ::close(fd_); }

Error Connection::fail(ErrorCode code, const std::string& why) {
  broken_ = true;
  return Error(code, "client", peer_.to_string() + ": " + why);
}

Status Connection::handshake() {
  using Request = wire::ApiVersionsRequest;
  using Response = wire::ApiVersionsResponse;
  versions_[Request::kApiKey] = {0, 3};
  Request request;
  request.client_software_name = "weir";
  request.client_software_version = "1.0.0";
  wire::ApiVersionsResponse response;
  for (int16_t version : {3, 0}) {
    TRY_ASSIGN(Sent sent, send(request, version));
    TRY_ASSIGN(Buffer body, read(sent));
    // KIP-511: a broker that lacks the version says so in version 0.
    bool refused = body.size() >= 2 &&
                   load_be<int16_t>(body.data()) == static_cast<int16_t>(ErrorCode::unsupported_version);
    if (refused && version > 0) continue;
    auto decoded = wire::decode<Response>(body, sent.version);
    if (!decoded) return fail(ErrorCode::connection_failed, "this is no Kafka broker: " + decoded.error().message());
    response = std::move(*decoded);
    break;
  }
  if (response.error_code != 0) return fail(static_cast<ErrorCode>(response.error_code), "ApiVersions was refused");
  versions_.clear();
  for (const auto& api : response.api_keys) versions_[api.api_key] = {api.min_version, api.max_version};
  return {};
}

Result<int16_t> Connection::pick_version(int16_t api_key, int16_t min, int16_t max) const {
  const wire::ApiRow* row = wire::find_api(api_key);
  std::string name(row ? row->name : "?");
  auto it = versions_.find(api_key);
  if (it == versions_.end())
    return Error(ErrorCode::unsupported_version, "client", peer_.to_string() + " does not offer " + name);
  int16_t version = std::min(max, it->second.max);
  if (version < std::max(min, it->second.min)) {
    return Error(ErrorCode::unsupported_version, "client",
                 peer_.to_string() + " offers " + name + " " + std::to_string(it->second.min) + " to " +
                     std::to_string(it->second.max) + " only");
  }
  return version;
}

Status Connection::wait_for(short events, int64_t deadline_ms) {
  for (;;) {
    int64_t left = deadline_ms - now_ms();
    if (left <= 0)
      return fail(ErrorCode::request_timed_out,
                  "no answer within " + std::to_string(options_.request_timeout_ms) + " ms");
    pollfd wait{fd_, events, 0};
    int n = ::poll(&wait, 1, static_cast<int>(std::min<int64_t>(left, 1'000'000)));
    if (n > 0) return {};
    if (n < 0 && errno != EINTR) return fail(ErrorCode::connection_failed, os_error(errno));
  }
}

Status Connection::write(const BufferChain& frame, int64_t deadline_ms) {
  if (broken_) return fail(ErrorCode::connection_failed, "the connection is broken");
  for (size_t i = 0; i < frame.size(); ++i) {
    const Buffer& piece = frame[i];
    for (size_t done = 0; done < piece.size();) {
      ssize_t n = ::send(fd_, piece.data() + done, piece.size() - done,
                         MSG_NOSIGNAL | (i + 1 < frame.size() ? MSG_MORE : 0));
      if (n > 0)
        done += static_cast<size_t>(n);
      else if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
        TRY(wait_for(POLLOUT, deadline_ms));
      else if (n < 0 && errno != EINTR)
        return fail(ErrorCode::connection_failed, os_error(errno));
    }
  }
  return {};
}

Status Connection::read_exactly(Bytes into, int64_t deadline_ms) {
  for (size_t done = 0; done < into.size();) {
    ssize_t n = ::recv(fd_, into.data() + done, into.size() - done, 0);
    if (n > 0)
      done += static_cast<size_t>(n);
    else if (n == 0)
      return fail(ErrorCode::connection_failed, "the broker closed the connection");
    else if (errno == EAGAIN || errno == EWOULDBLOCK)
      TRY(wait_for(POLLIN, deadline_ms));
    else if (errno != EINTR)
      return fail(ErrorCode::connection_failed, os_error(errno));
  }
  return {};
}

Result<Buffer> Connection::read(const Sent& sent) {
  if (broken_) return fail(ErrorCode::connection_failed, "the connection is broken");
  Buffer frame;
  do {
    uint8_t prefix[4];
    TRY(read_exactly(prefix, sent.deadline_ms));
    auto size = load_be<int32_t>(prefix);
    if (size < 4 || size > kFrameBytesMax)
      return fail(ErrorCode::connection_failed,
                  "an answer of " + std::to_string(size) + " bytes: this is no Kafka broker");
    frame = Buffer::allocate(static_cast<size_t>(size));
    TRY(read_exactly(frame.mutable_bytes(), sent.deadline_ms));
    // Smaller ids: answers that their callers gave up on.
  } while (load_be<int32_t>(frame.data()) < sent.correlation_id);
  auto parsed = wire::parse_response(frame, sent.api_key, sent.version);
  if (!parsed) return fail(parsed.code(), "the answer cannot be read");
  if (parsed->correlation_id != sent.correlation_id) return fail(ErrorCode::malformed, "an answer to another request");
  return parsed->body;
}

}  // namespace weir::client
