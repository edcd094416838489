#include "base/io/posix/posix_net.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/util/check.h"
#include "base/util/diag.h"

namespace weir::io {

namespace {
constexpr int kAcceptsPerTurn = 64;
constexpr size_t kMaxIov = 1024;
constexpr Duration kConnectTimeout = 10s;
constexpr Duration kAcceptPause = 100ms;
}  // namespace

PosixNet::~PosixNet() {
  sockets_.for_each([](Socket& s) {
    if (s.fd >= 0) ::close(s.fd);
  });
}

void PosixNet::watch(SocketId id, int fd, uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = static_cast<uint64_t>(id);
  CHECK(::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl failed", errno);
}

Result<SocketId> PosixNet::listen(const Endpoint& at, Acceptor& acceptor) {
  TRY_ASSIGN(int fd, open_listener(at, Blocking::no));
  auto socket = std::make_unique<Socket>();
  socket->fd = fd;
  socket->acceptor = &acceptor;
  const SocketId id = sockets_.add(std::move(socket));
  watch(id, fd, EPOLLIN);
  return id;
}

Endpoint PosixNet::local_endpoint(SocketId id) {
  Socket* socket = sockets_.find(id);
  return socket && socket->fd >= 0 ? local_endpoint_of(socket->fd) : Endpoint{};
}

void PosixNet::end(SocketId id, Socket& socket, Completion*& completion, int32_t result) {
  ended_.push_back({id, std::exchange(completion, nullptr), result});
  ++socket.undelivered;
}

void PosixNet::dispatch() {
  std::vector<Ended> batch = std::move(ended_spare_);
  batch.swap(ended_);
  for (const Ended& e : batch) {
    Socket* socket = sockets_.find(e.socket);
    CHECK(socket && socket->undelivered > 0, "a completion of a socket that has none");
    --socket->undelivered;
    const bool closed = socket->closing;
    if (closed && socket->undelivered == 0) sockets_.remove(e.socket);
    e.completion->done(*e.completion, closed ? -ECANCELED : e.result);
  }
  batch.clear();
  ended_spare_ = std::move(batch);
}

void PosixNet::connect(const Endpoint& to, Completion& completion) {
  auto socket = std::make_unique<Socket>();
  Socket* s = socket.get();
  const SocketId id = sockets_.add(std::move(socket));
  s->connecting = std::make_unique<Connecting>([this, id] { finish_connect(id, -ETIMEDOUT); });
  s->connecting->completion = &completion;
  runtime_.arm_in(s->connecting->timeout, kConnectTimeout);
  auto start = [this, id](std::vector<SocketAddress> found, int32_t error) {
    Socket* waiting = sockets_.find(id);
    if (!waiting || !waiting->connecting) return;  // timed out meanwhile
    std::reverse(found.begin(), found.end());
    waiting->connecting->left = std::move(found);
    try_connect(id, error ? error : -EHOSTUNREACH);
  };
  if (auto numeric = numeric_address(to); !numeric.empty())
    start(std::move(numeric), 0);
  else
    resolver_.resolve(to, start);
}

void PosixNet::try_connect(SocketId id, int32_t last_error) {
  Socket& socket = *sockets_.find(id);
  for (;;) {
    if (socket.fd >= 0) ::close(std::exchange(socket.fd, -1));
    if (socket.connecting->left.empty()) return finish_connect(id, last_error);
    const SocketAddress address = socket.connecting->left.back();
    socket.connecting->left.pop_back();
    const int fd = open_stream(address, Blocking::no);
    if (fd < 0) {
      last_error = fd;
      continue;
    }
    socket.fd = fd;
    if (::connect(fd, address.get(), address.size) != 0 && errno != EINPROGRESS && errno != EINTR) {
      last_error = -errno;
      continue;
    }
    watch(id, fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
    return;
  }
}

void PosixNet::finish_connect(SocketId id, int32_t error) {
  Socket& socket = *sockets_.find(id);
  Completion* completion = socket.connecting->completion;
  // The timer that may be calling us goes at the end of this call; completions of connects are not tied to the socket's
  // life.
  std::unique_ptr<Connecting> connecting = std::move(socket.connecting);
  if (error) {
    if (socket.fd >= 0) ::close(socket.fd);
    sockets_.remove(id);
  }
  runtime_.complete_later(*completion, error ? error : id);
}

void PosixNet::recv(SocketId id, Bytes into, Completion& completion) {
  Socket* socket = sockets_.find(id);
  if (!socket || socket->closing || socket->fd < 0) return runtime_.complete_later(completion, -EBADF);
  CHECK(!socket->recv, "a connection has at most one recv in flight", id);
  CHECK(!into.empty(), "recv into nothing");
  socket->recv = &completion;
  socket->recv_into = into;
  if (socket->readable) try_recv(id, *socket);
}

void PosixNet::try_recv(SocketId id, Socket& socket) {
  ssize_t n;
  do {
    n = ::recv(socket.fd, socket.recv_into.data(), socket.recv_into.size(), MSG_DONTWAIT);
  } while (n < 0 && errno == EINTR);
  if (n < 0 && errno == EAGAIN) {
    socket.readable = false;
    return;
  }
  if (n > 0 && static_cast<size_t>(n) < socket.recv_into.size() && !socket.hung_up)
    socket.readable = false;  // drained: epoll tells of more
  end(id, socket, socket.recv, n < 0 ? -errno : static_cast<int32_t>(n));
}

void PosixNet::send(SocketId id, const std::vector<ConstBytes>& slices, Completion& completion) {
  Socket* socket = sockets_.find(id);
  if (!socket || socket->closing || socket->fd < 0) return runtime_.complete_later(completion, -EBADF);
  CHECK(!socket->send, "a connection has at most one send in flight", id);
  socket->send = &completion;
  socket->send_left.clear();
  for (ConstBytes s : slices) {
    if (!s.empty()) socket->send_left.push_back({const_cast<uint8_t*>(s.data()), s.size()});
  }
  socket->send_at = 0;
  socket->sent = 0;
  if (socket->writable) try_send(id, *socket);
}

void PosixNet::try_send(SocketId id, Socket& socket) {
  while (socket.send_at < socket.send_left.size()) {
    msghdr message{};
    message.msg_iov = &socket.send_left[socket.send_at];
    message.msg_iovlen = std::min(socket.send_left.size() - socket.send_at, kMaxIov);
    ssize_t n = ::sendmsg(socket.fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) {
      socket.writable = false;
      return;
    }
    if (n < 0) return end(id, socket, socket.send, -errno);
    socket.sent += static_cast<int32_t>(n);
    while (n > 0) {
      iovec& slice = socket.send_left[socket.send_at];
      const size_t part = std::min(static_cast<size_t>(n), slice.iov_len);
      slice.iov_base = static_cast<uint8_t*>(slice.iov_base) + part;
      slice.iov_len -= part;
      n -= static_cast<ssize_t>(part);
      if (slice.iov_len == 0) ++socket.send_at;
    }
  }
  end(id, socket, socket.send, socket.sent);
}

void PosixNet::shutdown_send(SocketId id) {
  Socket* socket = sockets_.find(id);
  if (socket && !socket->closing && socket->fd >= 0) ::shutdown(socket->fd, SHUT_WR);
}

void PosixNet::close(SocketId id) {
  Socket* socket = sockets_.find(id);
  CHECK(socket && !socket->closing && !socket->connecting, "closing a socket that is not open", id);
  socket->closing = true;
  socket->resume.reset();
  ::close(std::exchange(socket->fd, -1));
  if (socket->recv) end(id, *socket, socket->recv, -ECANCELED);
  if (socket->send) end(id, *socket, socket->send, -ECANCELED);
  if (socket->undelivered == 0) sockets_.remove(id);
}

void PosixNet::on_event(SocketId id, uint32_t events) {
  Socket* socket = sockets_.find(id);
  if (!socket || socket->fd < 0) return;  // closed in this turn
  if (socket->acceptor) return accept_some(id);
  if (socket->connecting) {
    if (!(events & (EPOLLOUT | EPOLLERR | EPOLLHUP))) return;
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(socket->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) return try_connect(id, -error);
    finish_connect(id, 0);
  }
  if (events & (EPOLLRDHUP | EPOLLERR | EPOLLHUP)) socket->hung_up = true;
  if (events & (EPOLLIN | EPOLLRDHUP | EPOLLERR | EPOLLHUP)) {
    socket->readable = true;
    if (socket->recv) try_recv(id, *socket);
  }
  if (events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) {
    socket->writable = true;
    if (socket->send) try_send(id, *socket);
  }
}

void PosixNet::accept_some(SocketId id) {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    Socket* listener = sockets_.find(id);
    if (!listener || listener->closing) return;  // closed by the acceptor
    SocketAddress peer;
    peer.size = sizeof peer.storage;
    const int fd = ::accept4(listener->fd, reinterpret_cast<sockaddr*>(&peer.storage), &peer.size,
                             SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno == EAGAIN) return;
      // Out of descriptors or memory: leave the callers in the backlog for a while instead of spinning.
      WEIR_WARN("accept failed: {}", error_of_errno(-errno, "accept").message());
      epoll_event none{};
      ::epoll_ctl(epoll_, EPOLL_CTL_DEL, listener->fd, &none);
      listener->resume = std::make_unique<Timer>([this, id] { watch(id, sockets_.find(id)->fd, EPOLLIN); });
      runtime_.arm_in(*listener->resume, kAcceptPause);
      return;
    }
    set_connection_options(fd);
    auto connection = std::make_unique<Socket>();
    connection->fd = fd;
    const SocketId accepted = sockets_.add(std::move(connection));
    watch(accepted, fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET);
    listener->acceptor->accepted(accepted, local_endpoint_of(fd), endpoint_of(peer));
  }
}

}  // namespace weir::io
