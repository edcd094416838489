#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/io/completion.h"
#include "base/util/buffer.h"
#include "base/util/result.h"

namespace weir::io {

/// An open connection or listener. -1: none.
using SocketId = int32_t;

/// "127.0.0.1:9092", "[::1]:9092", "host:9092". Port 0 at listen: any free one.
struct Endpoint {
  std::string host;
  uint16_t port = 0;
  bool operator==(const Endpoint&) const = default;
  std::string to_string() const;
  /// Errors: invalid_argument.
  static Result<Endpoint> parse(std::string_view text);
};

/// Gets each accepted connection, with the addresses of both ends.
class Acceptor {
 public:
  virtual ~Acceptor() = default;
  virtual void accepted(SocketId connection, const Endpoint& local, const Endpoint& peer) = 0;
};

/// TCP, completions as in Disk. A connection has at most one recv and one send in flight. close() ends both at once
/// with -ECANCELED (still delivered through their completions, later) and frees the id once they were delivered. After
/// close() no completion of that socket brings anything but -ECANCELED, and no connection is accepted. A connect that
/// gets no answer ends with -ETIMEDOUT after 10 s.
class Net {
 public:
  virtual ~Net() = default;
  /// Errors: busy_address, permission_denied, invalid_argument. The listener accepts until closed. SO_REUSEADDR is set,
  /// TCP_NODELAY on connections.
  virtual Result<SocketId> listen(const Endpoint& at, Acceptor& acceptor) = 0;
  /// The address a listener really has (port 0 resolved).
  virtual Endpoint local_endpoint(SocketId socket) = 0;
  /// completion.result: the SocketId, or -errno. Resolves names (numeric ones without blocking).
  virtual void connect(const Endpoint& to, Completion& completion) = 0;
  /// completion.result: bytes received (> 0), 0 at the peer's end of stream, or -errno.
  virtual void recv(SocketId connection, Bytes into, Completion& completion) = 0;
  /// Sends all slices in order; result: total bytes or -errno (partial sends are continued by the implementation). The
  /// slices stay alive until done.
  virtual void send(SocketId connection, const std::vector<ConstBytes>& slices, Completion& completion) = 0;
  /// Ends the sending direction after what was sent; the peer receives 0, receiving goes on.
  virtual void shutdown_send(SocketId connection) = 0;
  virtual void close(SocketId socket) = 0;
};

}  // namespace weir::io
