#include "base/io/os_socket.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <deque>
#include <mutex>
#include <thread>

#include "base/io/disk.h"
#include "base/io/runtime.h"

namespace weir::io {

namespace {
std::vector<SocketAddress> look_up(const Endpoint& at, int flags, int* gai_error) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(at.port);
  *gai_error = ::getaddrinfo(at.host.empty() ? nullptr : at.host.c_str(), port.c_str(), &hints, &found);
  std::vector<SocketAddress> out;
  if (*gai_error != 0) return out;
  for (addrinfo* a = found; a; a = a->ai_next) {
    SocketAddress address;
    std::memcpy(&address.storage, a->ai_addr, a->ai_addrlen);
    address.size = a->ai_addrlen;
    out.push_back(address);
  }
  ::freeaddrinfo(found);
  return out;
}

int open_socket(int family, Blocking blocking) {
  return ::socket(family, SOCK_STREAM | SOCK_CLOEXEC | (blocking == Blocking::no ? SOCK_NONBLOCK : 0), 0);
}
}  // namespace

OwnedFd::~OwnedFd() { ::close(fd); }

std::vector<SocketAddress> numeric_address(const Endpoint& at) {
  int error = 0;
  return look_up(at, AI_NUMERICHOST, &error);
}

Endpoint endpoint_of(const SocketAddress& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.storage.ss_family == AF_INET) {
    const auto* v4 = reinterpret_cast<const sockaddr_in*>(&address.storage);
    ::inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text);
    return {text, ntohs(v4->sin_port)};
  }
  if (address.storage.ss_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(&address.storage);
    if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
      ::inet_ntop(AF_INET, v6->sin6_addr.s6_addr + 12, text, sizeof text);
    else
      ::inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text);
    return {text, ntohs(v6->sin6_port)};
  }
  return {};
}

Endpoint local_endpoint_of(int fd) {
  SocketAddress address;
  address.size = sizeof address.storage;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&address.storage), &address.size) != 0) return {};
  return endpoint_of(address);
}

Endpoint peer_endpoint_of(int fd) {
  SocketAddress address;
  address.size = sizeof address.storage;
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&address.storage), &address.size) != 0) return {};
  return endpoint_of(address);
}

namespace {

/// bind and listen; 0 or an errno. A process that was killed may hold its port for some more milliseconds: the kernel
/// takes its rings, and the sockets in them, apart after its end.
int take_port(int fd, const SocketAddress& address) {
  constexpr int kTries = 30;
  constexpr timespec kPause{0, 10'000'000};
  for (int i = 0;; ++i) {
    if (::bind(fd, address.get(), address.size) == 0 && ::listen(fd, 1024) == 0) return 0;
    if (errno != EADDRINUSE || i == kTries) return errno;
    ::nanosleep(&kPause, nullptr);
  }
}

}  // namespace

Result<int> open_listener(const Endpoint& at, Blocking blocking) {
  int gai_error = 0;
  std::vector<SocketAddress> addresses = look_up(at, AI_PASSIVE, &gai_error);
  if (addresses.empty())
    return Error(ErrorCode::invalid_argument, "listen", at.to_string() + ": " + ::gai_strerror(gai_error));
  int error = EADDRNOTAVAIL;
  for (const SocketAddress& address : addresses) {
    const int fd = open_socket(address.storage.ss_family, blocking);
    if (fd < 0) {
      error = errno;
      continue;
    }
    const int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    error = take_port(fd, address);
    if (error == 0) return fd;
    ::close(fd);
  }
  return error_of_errno(-error, "listen", at.to_string());
}

int open_stream(const SocketAddress& to, Blocking blocking) {
  const int fd = open_socket(to.storage.ss_family, blocking);
  if (fd < 0) return -errno;
  set_connection_options(fd);
  return fd;
}

void set_connection_options(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

struct Resolver::Shared {
  std::mutex mutex;
  Runtime* runtime;  // null: gone
  bool thread_runs = false;
  std::deque<std::pair<Endpoint, Done>> waiting;

  static void work(const std::shared_ptr<Shared>& self) {
    std::unique_lock lock(self->mutex);
    while (self->runtime && !self->waiting.empty()) {
      auto [name, done] = std::move(self->waiting.front());
      self->waiting.pop_front();
      lock.unlock();
      int gai_error = 0;
      std::vector<SocketAddress> found = look_up(name, 0, &gai_error);
      const int32_t error = gai_error == 0 ? 0 : gai_error == EAI_AGAIN ? -EAGAIN : -EHOSTUNREACH;
      lock.lock();
      if (!self->runtime) break;
      self->runtime->post([done = std::move(done), found = std::move(found), error] { done(found, error); });
    }
    self->thread_runs = false;
  }
};

Resolver::Resolver(Runtime& runtime) : shared_(std::make_shared<Shared>()) { shared_->runtime = &runtime; }

Resolver::~Resolver() {
  std::lock_guard lock(shared_->mutex);
  shared_->runtime = nullptr;
  shared_->waiting.clear();
}

void Resolver::resolve(const Endpoint& name, Done done) {
  std::lock_guard lock(shared_->mutex);
  shared_->waiting.emplace_back(name, std::move(done));
  if (std::exchange(shared_->thread_runs, true)) return;
  std::thread([shared = shared_] { Shared::work(shared); }).detach();
}

}  // namespace weir::io
