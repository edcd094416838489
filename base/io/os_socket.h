#pragma once
#include <sys/socket.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/io/net.h"

namespace weir::io {

class Runtime;

/// A descriptor that is closed with its owner.
struct OwnedFd {
  explicit OwnedFd(int f) : fd(f) {}
  OwnedFd(const OwnedFd&) = delete;
  OwnedFd& operator=(const OwnedFd&) = delete;
  ~OwnedFd();
  const int fd;
};

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

/// Whether calls on a socket wait: epoll wants no, io_uring yes (it answers -EAGAIN on a non-blocking one).
enum class Blocking { no, yes };

/// Sockets as the real backends share them. Descriptors are close-on-exec.
std::vector<SocketAddress> numeric_address(const Endpoint& at);  // empty: a name
Endpoint endpoint_of(const SocketAddress& address);
Endpoint local_endpoint_of(int fd);
Endpoint peer_endpoint_of(int fd);
Result<int> open_listener(const Endpoint& at, Blocking blocking);
/// A socket for connecting to `to`, or -errno.
int open_stream(const SocketAddress& to, Blocking blocking);
void set_connection_options(int fd);

/// Looks names up on a helper thread and posts the answer to a runtime. May go while a lookup is under way.
class Resolver {
 public:
  explicit Resolver(Runtime& runtime);
  ~Resolver();
  /// `done` gets the addresses, or none and a -errno.
  using Done = std::function<void(std::vector<SocketAddress>, int32_t error)>;
  void resolve(const Endpoint& name, Done done);

 private:
  struct Shared;
  std::shared_ptr<Shared> shared_;
};

}  // namespace weir::io
