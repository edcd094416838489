#pragma once
#include <sys/uio.h>

#include <memory>
#include <vector>

#include "base/io/handle_table.h"
#include "base/io/net.h"
#include "base/io/os_socket.h"
#include "base/io/thread_runtime.h"

namespace weir::io {

/// TCP by non-blocking system calls, tried at once and again when epoll (edge-triggered) says so.
class PosixNet final : public Net {
 public:
  PosixNet(ThreadRuntime& runtime, int epoll_fd) : runtime_(runtime), epoll_(epoll_fd), resolver_(runtime) {}
  ~PosixNet() override;

  Result<SocketId> listen(const Endpoint& at, Acceptor& acceptor) override;
  Endpoint local_endpoint(SocketId socket) override;
  void connect(const Endpoint& to, Completion& completion) override;
  void recv(SocketId connection, Bytes into, Completion& completion) override;
  void send(SocketId connection, const std::vector<ConstBytes>& slices, Completion& completion) override;
  void shutdown_send(SocketId connection) override;
  void close(SocketId socket) override;

  /// What epoll said about a socket of ours.
  void on_event(SocketId socket, uint32_t events);
  bool has_ended() const { return !ended_.empty(); }
  /// Delivers what ended.
  void dispatch();

 private:
  struct Connecting {
    explicit Connecting(std::function<void()> on_timeout) : timeout(std::move(on_timeout)) {}
    Completion* completion = nullptr;
    std::vector<SocketAddress> left;  // reversed: the next one is at the back
    Timer timeout;
  };
  struct Socket {
    int fd = -1;
    bool closing = false;
    bool readable = false;
    bool writable = true;
    bool hung_up = false;
    uint32_t undelivered = 0;
    Acceptor* acceptor = nullptr;   // listeners
    std::unique_ptr<Timer> resume;  // of a listener that ran out of descriptors
    std::unique_ptr<Connecting> connecting;
    Completion* recv = nullptr;
    Bytes recv_into;
    Completion* send = nullptr;
    std::vector<iovec> send_left;
    size_t send_at = 0;
    int32_t sent = 0;
  };
  struct Ended {
    SocketId socket;
    Completion* completion;
    int32_t result;
  };
  void end(SocketId id, Socket& socket, Completion*& completion, int32_t result);
  void try_recv(SocketId id, Socket& socket);
  void try_send(SocketId id, Socket& socket);
  void accept_some(SocketId id);
  void try_connect(SocketId id, int32_t last_error);
  void finish_connect(SocketId id, int32_t error);
  void watch(SocketId id, int fd, uint32_t events);

  ThreadRuntime& runtime_;
  const int epoll_;
  Resolver resolver_;
  HandleTable<Socket> sockets_;
  std::vector<Ended> ended_, ended_spare_;
};

}  // namespace weir::io
