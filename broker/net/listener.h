#pragma once
#include <memory>
#include <string>
#include <unordered_set>

#include "broker/net/connection.h"

namespace weir::broker {

/// Accepts on one address and owns the connections that come there.
class Listener : public io::Acceptor {
 public:
  Listener(io::Runtime& runtime, std::string name, FrameHandler& handler, NetMemory& memory,
           const ConnectionLimits& limits)
      : runtime_(runtime), name_(std::move(name)), handler_(handler), memory_(memory), limits_(limits) {}
  ~Listener() override;

  /// Errors: busy_address, permission_denied, invalid_argument.
  Status open(const io::Endpoint& at);
  /// Stops accepting and closes every connection.
  void close();
  io::Endpoint endpoint() const { return runtime_.net().local_endpoint(socket_); }
  const std::string& name() const { return name_; }
  size_t connection_count() const { return connections_.size(); }
  /// Connections that stopped for want of memory may find some.
  void go_on();
  /// Closes connections that were silent since `before`.
  void close_idle(MonoTime before);
  void forget(Connection& connection);
  void set_connections_max(size_t n) { connections_max_ = n; }

  void accepted(io::SocketId connection, const io::Endpoint& local, const io::Endpoint& peer) override;

 private:
  io::Runtime& runtime_;
  std::string name_;
  FrameHandler& handler_;
  NetMemory& memory_;
  const ConnectionLimits& limits_;
  io::SocketId socket_ = -1;
  size_t connections_max_ = SIZE_MAX;
  std::unordered_set<ConnectionPtr> connections_;
};

}  // namespace weir::broker
