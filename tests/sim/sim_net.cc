#include "tests/sim/sim_net.h"

#include <algorithm>
#include <cerrno>

#include "base/util/check.h"
#include "tests/sim/sim_connection.h"
#include "tests/sim/sim_node.h"
#include "tests/sim/sim_runtime.h"

namespace weir::sim {

uint32_t SimNetwork::node_index(SimNode& node) { return node.index(); }

void SimNetwork::cut(uint32_t from, uint32_t to) {
  if (from == to) return;
  cuts_.insert({from, to});
  world_.trace(uint64_t{from} << 32 | to);
}

void SimNetwork::isolate(const std::vector<uint32_t>& island) {
  auto inside = [&](uint32_t n) { return std::find(island.begin(), island.end(), n) != island.end(); };
  for (uint32_t a = 0; a < world_.node_count(); ++a) {
    for (uint32_t b = 0; b < world_.node_count(); ++b) {
      if (inside(a) != inside(b)) cut(a, b);
    }
  }
}

void SimNetwork::heal(uint32_t from, uint32_t to) {
  if (cuts_.erase({from, to}) == 0) return;
  retry_held();
}

void SimNetwork::heal_all() {
  cuts_.clear();
  delays_.clear();
  retry_held();
}

void SimNetwork::retry_held() {
  std::vector<std::shared_ptr<SimConnection>> open;
  for (auto& weak : connections_) {
    if (auto connection = weak.lock()) open.push_back(std::move(connection));
  }
  connections_.assign(open.begin(), open.end());
  for (auto& connection : open) connection->resume();
}

void SimNetwork::delay(uint32_t from, uint32_t to, Duration extra) { delays_[{from, to}] = extra; }

Duration SimNetwork::latency(uint32_t from, uint32_t to) {
  const SimProfile& profile = world_.profile();
  Duration latency = world_.latency(from == to ? profile.net_local : profile.net_remote);
  if (auto it = delays_.find({from, to}); it != delays_.end()) latency += it->second;
  return latency;
}

size_t SimNetwork::open_connections() {
  size_t n = 0;
  for (auto& weak : connections_) {
    auto connection = weak.lock();
    n += connection && connection->open();
  }
  return n;
}

bool SimNetwork::reset_one() {
  std::vector<std::shared_ptr<SimConnection>> open;
  for (auto& weak : connections_) {
    auto connection = weak.lock();
    if (connection && connection->open() && connection->ends[0].node != connection->ends[1].node)
      open.push_back(std::move(connection));
  }
  if (open.empty()) return false;
  open[world_.random().below(open.size())]->tear();
  return true;
}

SimNode* SimNetwork::find_host(const std::string& host, SimNode& asking) {
  if (host == asking.host() || host == "localhost" || host == "127.0.0.1" || host == "::1" || host == "0.0.0.0" ||
      host.empty())
    return &asking;
  for (size_t i = 0; i < world_.node_count(); ++i) {
    if (world_.node(i).host() == host) return &world_.node(i);
  }
  return nullptr;
}

SimNet* SimNetwork::find_listener(SimNode& node, uint16_t port, io::SocketId* listener) {
  auto it = listeners_.find({node.index(), port});
  if (it == listeners_.end()) return nullptr;
  *listener = it->second.second;
  return it->second.first;
}

bool SimNetwork::claim(SimNode& node, uint16_t port, SimNet& net, io::SocketId listener) {
  return listeners_.emplace(std::pair{node.index(), port}, std::pair{&net, listener}).second;
}

SimNet::~SimNet() = default;

Result<io::SocketId> SimNet::listen(const io::Endpoint& at, io::Acceptor& acceptor) {
  if (runtime_.dead()) return Error(ErrorCode::closed, "listen");
  SimNode& node = runtime_.node();
  if (runtime_.world().network().find_host(at.host, node) != &node && at.host != "::") {
    return Error(ErrorCode::invalid_argument, "listen", at.to_string() + ": not an address of this node");
  }
  const io::Endpoint real{at.host, at.port ? at.port : node.next_port()};
  const io::SocketId id = next_id_++;
  if (!runtime_.world().network().claim(node, real.port, *this, id))
    return Error(ErrorCode::busy_address, "listen", at.to_string());
  listeners_[id] = Listener{real, &acceptor};
  return id;
}

io::Endpoint SimNet::local_endpoint(io::SocketId socket) {
  if (auto it = listeners_.find(socket); it != listeners_.end()) return it->second.at;
  if (auto it = ends_.find(socket); it != ends_.end()) return it->second.connection->ends[it->second.side].address;
  return {};
}

void SimNet::connect(const io::Endpoint& to, io::Completion& completion) {
  if (runtime_.dead()) return;
  const uint64_t ticket = next_connect_++;
  connects_[ticket] = Connect{to, &completion, runtime_.world().now() + runtime_.world().profile().connect_timeout,
                              nullptr};
  try_connect(ticket);
}

void SimNet::try_connect(uint64_t ticket) {
  auto it = connects_.find(ticket);
  if (it == connects_.end()) return;
  SimWorld& world = runtime_.world();
  SimNode& node = runtime_.node();
  SimNode* target = world.network().find_host(it->second.to.host, node);
  const uint32_t self = node.index();
  if (!target) return finish_connect(ticket, -EHOSTUNREACH);
  if (node.doomed()) return;
  if (world.network().is_cut(self, target->index()) || world.network().is_cut(target->index(), self) ||
      !target->machine_is_on()) {
    if (world.now() >= it->second.give_up) return finish_connect(ticket, -ETIMEDOUT);
    world.schedule_in(std::chrono::seconds(1), Trace::connect, self, [this, ticket] { try_connect(ticket); });
    return;
  }
  world.schedule_in(world.network().latency(self, target->index()), Trace::connect, target->index(),
                    [this, ticket, target] { knock(ticket, *target); });
}

void SimNet::knock(uint64_t ticket, SimNode& target) {
  auto it = connects_.find(ticket);
  if (it == connects_.end()) return;
  SimWorld& world = runtime_.world();
  SimNode& node = runtime_.node();
  if (world.network().is_cut(node.index(), target.index()) || !target.machine_is_on()) return try_connect(ticket);
  const Duration back = world.network().latency(target.index(), node.index());
  io::SocketId listener = -1;
  SimNet* server = world.network().find_listener(target, it->second.to.port, &listener);
  if (!server) {
    world.schedule_in(back, Trace::connect, node.index(), [this, ticket] { finish_connect(ticket, -ECONNREFUSED); });
    return;
  }
  auto connection = std::make_shared<SimConnection>(world.network());
  world.network().add(connection);
  it->second.connection = connection;
  connection->ends[0].node = node.index();
  connection->ends[0].net = this;
  connection->ends[0].address = {node.host(), node.next_port()};
  connection->ends[1].node = target.index();
  connection->ends[1].address = {target.host(), it->second.to.port};
  const io::SocketId accepted = server->adopt(connection, 1);
  server->runtime_.ready([server, connection, accepted, listener] {
    if (!connection->ends[1].net) return;  // closed before it was accepted
    auto found = server->listeners_.find(listener);
    if (found == server->listeners_.end()) return server->close(accepted);
    found->second.acceptor->accepted(accepted, connection->ends[1].address, connection->ends[0].address);
  });
  world.schedule_in(back, Trace::connect, node.index(), [this, ticket] { finish_connect(ticket, 0); });
}

void SimNet::finish_connect(uint64_t ticket, int32_t result) {
  auto it = connects_.find(ticket);
  if (it == connects_.end()) return;
  Connect connect = std::move(it->second);
  connects_.erase(it);
  if (result == 0) result = adopt(connect.connection, 0);
  runtime_.ready(*connect.completion, result);
}

io::SocketId SimNet::adopt(const std::shared_ptr<SimConnection>& connection, int side) {
  const io::SocketId id = next_id_++;
  connection->ends[side].net = this;
  connection->ends[side].id = id;
  ends_[id] = EndRef{connection, side};
  return id;
}

void SimNet::recv(io::SocketId socket, Bytes into, io::Completion& completion) {
  auto it = ends_.find(socket);
  if (it == ends_.end()) return runtime_.ready(completion, -EBADF);
  it->second.connection->recv(it->second.side, into, completion);
}

void SimNet::send(io::SocketId socket, const std::vector<ConstBytes>& slices, io::Completion& completion) {
  auto it = ends_.find(socket);
  if (it == ends_.end()) return runtime_.ready(completion, -EBADF);
  it->second.connection->send(it->second.side, slices, completion);
}

void SimNet::shutdown_send(io::SocketId socket) {
  if (auto it = ends_.find(socket); it != ends_.end()) it->second.connection->finish_sending(it->second.side);
}

void SimNet::close(io::SocketId socket) {
  if (runtime_.dead()) return;
  if (auto it = listeners_.find(socket); it != listeners_.end()) {
    runtime_.world().network().release(runtime_.node(), it->second.at.port);
    listeners_.erase(it);
    return;
  }
  auto it = ends_.find(socket);
  CHECK(it != ends_.end(), "closing a socket that is not open", socket);
  EndRef end = it->second;
  ends_.erase(it);
  end.connection->close(end.side, false);
}

void SimNet::die(bool power) {
  for (auto& [id, listener] : listeners_) runtime_.world().network().release(runtime_.node(), listener.at.port);
  listeners_.clear();
  auto end_one = [&](SimConnection& connection, int side) {
    if (power)
      connection.vanish(side);
    else
      connection.close(side, true);
  };
  for (auto& [id, end] : std::exchange(ends_, {})) end_one(*end.connection, end.side);
  for (auto& [ticket, connect] : std::exchange(connects_, {})) {
    if (connect.connection) end_one(*connect.connection, 0);
  }
}

}  // namespace weir::sim
