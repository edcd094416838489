#include "broker/net/listener.h"

#include "base/util/diag.h"

namespace weir::broker {

Listener::~Listener() { close(); }

Status Listener::open(const io::Endpoint& at) {
  TRY_ASSIGN(socket_, runtime_.net().listen(at, *this));
  return {};
}

void Listener::close() {
  if (socket_ >= 0) runtime_.net().close(socket_);
  socket_ = -1;
  auto all = std::move(connections_);
  connections_.clear();
  for (const ConnectionPtr& c : all) c->close("the node stops");
}

void Listener::go_on() {
  const std::vector<ConnectionPtr> all(connections_.begin(), connections_.end());
  for (const ConnectionPtr& c : all) c->go_on();
}

void Listener::close_idle(MonoTime before) {
  std::vector<ConnectionPtr> idle;
  for (const ConnectionPtr& c : connections_) {
    if (c->last_active() < before) idle.push_back(c);
  }
  for (const ConnectionPtr& c : idle) c->close("idle");
}

void Listener::forget(Connection& connection) { connections_.erase(connection.shared_from_this()); }

void Listener::accepted(io::SocketId socket, const io::Endpoint& local, const io::Endpoint& peer) {
  if (socket_ < 0 || connections_.size() >= connections_max_) {
    WEIR_WARN("refusing {}: {} connections are open (max.connections)", peer.to_string(), connections_.size());
    runtime_.net().close(socket);
    return;
  }
  auto c = std::make_shared<Connection>(runtime_, socket, local, peer, name_, handler_, memory_, limits_);
  connections_.insert(c);
  c->start();
}

}  // namespace weir::broker
