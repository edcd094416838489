#include "base/io/uring/uring_net.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/util/check.h"
#include "base/util/diag.h"

namespace weir::io {

namespace {
using Kind = UringOp::Kind;
constexpr Duration kConnectTimeout = 10s;
constexpr Duration kAcceptPause = 100ms;
}  // namespace

UringNet::~UringNet() {
  sockets_.for_each([](Socket& s) {
    if (s.fd >= 0) ::close(s.fd);
  });
}

void UringNet::release(SocketId id, Socket& socket) {
  if (socket.fd >= 0) ::close(socket.fd);
  sockets_.remove(id);
}

Result<SocketId> UringNet::listen(const Endpoint& at, Acceptor& acceptor) {
  TRY_ASSIGN(int fd, open_listener(at, Blocking::yes));
  auto socket = std::make_unique<Socket>();
  socket->fd = fd;
  socket->acceptor = &acceptor;
  Socket& listener = *socket;
  const SocketId id = sockets_.add(std::move(socket));
  start_accept(id, listener);
  return id;
}

void UringNet::start_accept(SocketId id, Socket& socket) {
  UringOp* op = ring_.take();
  op->kind = Kind::accept;
  op->fd = socket.fd;
  op->id = id;
  socket.recv = op;
  ring_.push(op);
}

void UringNet::accept_ended(UringOp* op, int32_t result, bool more) {
  const SocketId id = op->id;
  Socket& listener = *sockets_.find(id);
  if (!more) {
    ring_.recycle(op);
    listener.recv = nullptr;
  }
  if (listener.closing) {
    if (result >= 0) ::close(result);
    if (!more) release(id, listener);
    return;
  }
  if (result < 0 && result != -ECONNABORTED && result != -EINTR && result != -EAGAIN) {
    // Out of descriptors or memory: leave the callers in the backlog for a while instead of spinning.
    WEIR_WARN("accept failed: {}", error_of_errno(result, "accept").message());
    if (more) return;
    listener.resume = std::make_unique<Timer>([this, id] { start_accept(id, *sockets_.find(id)); });
    runtime_.arm_in(*listener.resume, kAcceptPause);
    return;
  }
  if (!more) start_accept(id, listener);
  if (result < 0) return;
  set_connection_options(result);
  auto connection = std::make_unique<Socket>();
  connection->fd = result;
  Acceptor* acceptor = listener.acceptor;
  const SocketId accepted = sockets_.add(std::move(connection));
  acceptor->accepted(accepted, local_endpoint_of(result), peer_endpoint_of(result));
}

Endpoint UringNet::local_endpoint(SocketId id) {
  Socket* socket = sockets_.find(id);
  return socket && socket->fd >= 0 && !socket->closing ? local_endpoint_of(socket->fd) : Endpoint{};
}

void UringNet::connect(const Endpoint& to, Completion& completion) {
  auto socket = std::make_unique<Socket>();
  Socket* s = socket.get();
  const SocketId id = sockets_.add(std::move(socket));
  s->connecting = std::make_unique<Connecting>([this, id] { connect_timed_out(id); });
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

void UringNet::try_connect(SocketId id, int32_t last_error) {
  Socket& socket = *sockets_.find(id);
  Connecting& connecting = *socket.connecting;
  for (;;) {
    if (socket.fd >= 0) ::close(std::exchange(socket.fd, -1));
    if (connecting.left.empty() || connecting.timed_out)
      return finish_connect(id, connecting.timed_out ? -ETIMEDOUT : last_error);
    connecting.trying = connecting.left.back();
    connecting.left.pop_back();
    const int fd = open_stream(connecting.trying, Blocking::yes);
    if (fd >= 0) {
      socket.fd = fd;
      break;
    }
    last_error = fd;
  }
  UringOp* op = ring_.take();
  op->kind = Kind::connect;
  op->fd = socket.fd;
  op->id = id;
  op->target = &connecting.trying.storage;
  op->target_size = connecting.trying.size;
  socket.recv = op;
  ring_.push(op);
}

void UringNet::connect_timed_out(SocketId id) {
  Socket& socket = *sockets_.find(id);
  socket.connecting->timed_out = true;
  if (socket.recv)
    ring_.cancel(socket.recv);
  else
    finish_connect(id, -ETIMEDOUT);  // the name is still being looked up
}

void UringNet::finish_connect(SocketId id, int32_t error) {
  Socket& socket = *sockets_.find(id);
  std::unique_ptr<Connecting> connecting = std::move(socket.connecting);
  if (error) release(id, socket);
  runtime_.complete_later(*connecting->completion, error ? error : id);
}

void UringNet::recv(SocketId id, Bytes into, Completion& completion) {
  Socket* socket = sockets_.find(id);
  if (!socket || socket->closing || socket->fd < 0) return runtime_.complete_later(completion, -EBADF);
  CHECK(!socket->recv, "a connection has at most one recv in flight", id);
  CHECK(!into.empty(), "recv into nothing");
  UringOp* op = ring_.take();
  op->kind = Kind::recv;
  op->fd = socket->fd;
  op->id = id;
  op->completion = &completion;
  op->poll_first = !socket->maybe_more;
  op->slices.push_back({into.data(), into.size()});
  socket->recv = op;
  ring_.push(op);
}

void UringNet::send(SocketId id, const std::vector<ConstBytes>& slices, Completion& completion) {
  Socket* socket = sockets_.find(id);
  if (!socket || socket->closing || socket->fd < 0) return runtime_.complete_later(completion, -EBADF);
  CHECK(!socket->send, "a connection has at most one send in flight", id);
  UringOp* op = ring_.take();
  op->kind = Kind::send;
  op->fd = socket->fd;
  op->id = id;
  op->completion = &completion;
  for (ConstBytes s : slices) {
    if (!s.empty()) op->slices.push_back({const_cast<uint8_t*>(s.data()), s.size()});
  }
  if (op->slices.empty()) {
    ring_.recycle(op);
    return runtime_.complete_later(completion, 0);
  }
  socket->send = op;
  ring_.push(op);
}

void UringNet::shutdown_send(SocketId id) {
  Socket* socket = sockets_.find(id);
  if (socket && !socket->closing && socket->fd >= 0) ::shutdown(socket->fd, SHUT_WR);
}

void UringNet::close(SocketId id) {
  Socket* socket = sockets_.find(id);
  CHECK(socket && !socket->closing && !socket->connecting, "closing a socket that is not open", id);
  socket->closing = true;
  socket->resume.reset();
  if (socket->idle()) return release(id, *socket);
  // The kernel holds the socket until its requests ended; a listener must refuse from now on.
  if (socket->acceptor) ::shutdown(socket->fd, SHUT_RDWR);
  if (socket->recv) ring_.cancel(socket->recv);
  if (socket->send) ring_.cancel(socket->send);
}

void UringNet::ended(UringOp* op, int32_t result, unsigned flags) {
  if (op->kind == Kind::accept) return accept_ended(op, result, flags & IORING_CQE_F_MORE);
  const SocketId id = op->id;
  Socket& socket = *sockets_.find(id);
  if (op->kind == Kind::connect) {
    ring_.recycle(op);
    socket.recv = nullptr;
    if (result != 0)
      try_connect(id, result);
    else
      finish_connect(id, 0);
    return;
  }
  if (!socket.closing) {
    if (result == -EINTR || result == -EAGAIN) return ring_.push(op);
    if (op->kind == Kind::send && result > 0 && !op->advance(static_cast<size_t>(result))) return ring_.push(op);
  }
  if (op->kind == Kind::send) {
    socket.send = nullptr;
    if (result > 0) result = op->total;
  } else {
    socket.recv = nullptr;
    socket.maybe_more = result <= 0 || (flags & IORING_CQE_F_SOCK_NONEMPTY);
  }
  Completion* completion = op->completion;
  ring_.recycle(op);
  if (socket.closing) {
    result = -ECANCELED;
    if (socket.idle()) release(id, socket);
  }
  completion->done(*completion, result);
}

}  // namespace weir::io
