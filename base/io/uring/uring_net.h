#pragma once
#include <memory>
#include <vector>

#include "base/io/handle_table.h"
#include "base/io/net.h"
#include "base/io/os_socket.h"
#include "base/io/thread_runtime.h"
#include "base/io/uring/ring.h"

namespace weir::io {

/// TCP by io_uring: multishot accept, one recv and one send request a connection. Descriptors block, as io_uring wants
/// them.
class UringNet final : public Net {
 public:
  UringNet(ThreadRuntime& runtime, Ring& ring) : runtime_(runtime), ring_(ring), resolver_(runtime) {}
  ~UringNet() override;

  Result<SocketId> listen(const Endpoint& at, Acceptor& acceptor) override;
  Endpoint local_endpoint(SocketId socket) override;
  void connect(const Endpoint& to, Completion& completion) override;
  void recv(SocketId connection, Bytes into, Completion& completion) override;
  void send(SocketId connection, const std::vector<ConstBytes>& slices, Completion& completion) override;
  void shutdown_send(SocketId connection) override;
  void close(SocketId socket) override;

  void ended(UringOp* op, int32_t result, unsigned flags);

 private:
  struct Connecting {
    explicit Connecting(std::function<void()> on_timeout) : timeout(std::move(on_timeout)) {}
    Completion* completion = nullptr;
    std::vector<SocketAddress> left;  // reversed: the next one is at the back
    SocketAddress trying;
    bool timed_out = false;
    Timer timeout;
  };
  struct Socket {
    int fd = -1;
    bool closing = false;
    bool maybe_more = true;  // the last recv left bytes behind, as far as the kernel knew
    Acceptor* acceptor = nullptr;
    std::unique_ptr<Timer> resume;  // of a listener that ran out of descriptors
    std::unique_ptr<Connecting> connecting;
    UringOp* recv = nullptr;  // also accept and connect
    UringOp* send = nullptr;
    bool idle() const { return !recv && !send; }
  };
  void start_accept(SocketId id, Socket& socket);
  void accept_ended(UringOp* op, int32_t result, bool more);
  void try_connect(SocketId id, int32_t last_error);
  void finish_connect(SocketId id, int32_t error);
  void connect_timed_out(SocketId id);
  void release(SocketId id, Socket& socket);

  ThreadRuntime& runtime_;
  Ring& ring_;
  Resolver resolver_;
  HandleTable<Socket> sockets_;
};

}  // namespace weir::io
