#pragma once
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/io/net.h"
#include "tests/sim/sim_world.h"

namespace weir::sim {

class SimNet;
struct SimConnection;

/// The wires between the nodes: latency, cuts and breaks. TCP has no loss, duplication or reordering to show to a
/// program: what the network does to it is delay, stall, and the end of a connection after some prefix of the bytes.
class SimNetwork {
 public:
  explicit SimNetwork(SimWorld& world) : world_(world) {}

  /// Nothing passes from `from` to `to` (one way) until healed. Bytes are held; the connection breaks when that takes
  /// long.
  void cut(uint32_t from, uint32_t to);
  void cut_both(uint32_t a, uint32_t b) { cut(a, b), cut(b, a); }
  /// Cuts every link, both ways, between a member of `island` and the rest.
  void isolate(const std::vector<uint32_t>& island);
  void heal(uint32_t from, uint32_t to);
  void heal_all();
  bool is_cut(uint32_t from, uint32_t to) const { return cuts_.count({from, to}) > 0; }
  /// Adds to every latency from `from` to `to`; zero ends it.
  void delay(uint32_t from, uint32_t to, Duration extra);
  /// Breaks one open connection, chosen by the seed; bytes under way are lost. False: there is none.
  bool reset_one();
  size_t open_connections();
  /// What was held goes on, where it can (a heal, a machine that is on again).
  void retry_held();

  // --- for SimNet and SimConnection
  SimWorld& world() { return world_; }
  Duration latency(uint32_t from, uint32_t to);
  SimNode* find_host(const std::string& host, SimNode& asking);
  /// Who listens at that address of the node; null: nobody.
  SimNet* find_listener(SimNode& node, uint16_t port, io::SocketId* listener);
  bool claim(SimNode& node, uint16_t port, SimNet& net, io::SocketId listener);
  void release(SimNode& node, uint16_t port) { listeners_.erase({node_index(node), port}); }
  void add(const std::shared_ptr<SimConnection>& connection) { connections_.push_back(connection); }

 private:
  static uint32_t node_index(SimNode& node);

  SimWorld& world_;
  std::set<std::pair<uint32_t, uint32_t>> cuts_;
  std::map<std::pair<uint32_t, uint32_t>, Duration> delays_;
  std::map<std::pair<uint32_t, uint16_t>, std::pair<SimNet*, io::SocketId>> listeners_;
  std::vector<std::weak_ptr<SimConnection>> connections_;
};

/// The Net of one simulated shard.
class SimNet final : public io::Net {
 public:
  explicit SimNet(SimRuntime& runtime) : runtime_(runtime) {}
  ~SimNet() override;

  Result<io::SocketId> listen(const io::Endpoint& at, io::Acceptor& acceptor) override;
  io::Endpoint local_endpoint(io::SocketId socket) override;
  void connect(const io::Endpoint& to, io::Completion& completion) override;
  void recv(io::SocketId connection, Bytes into, io::Completion& completion) override;
  void send(io::SocketId connection, const std::vector<ConstBytes>& slices, io::Completion& completion) override;
  void shutdown_send(io::SocketId connection) override;
  void close(io::SocketId socket) override;

  SimRuntime& runtime() { return runtime_; }
  size_t open_sockets() const { return ends_.size() + listeners_.size(); }
  void die(bool power);

 private:
  friend class SimNetwork;
  friend struct SimConnection;
  struct Listener {
    io::Endpoint at;
    io::Acceptor* acceptor;
  };
  struct Connect {
    io::Endpoint to;
    io::Completion* completion;
    MonoTime give_up;
    std::shared_ptr<SimConnection> connection;  // once the other side took it
  };
  struct EndRef {
    std::shared_ptr<SimConnection> connection;
    int side;
  };
  void try_connect(uint64_t ticket);
  void knock(uint64_t ticket, SimNode& target);
  void finish_connect(uint64_t ticket, int32_t result);
  io::SocketId adopt(const std::shared_ptr<SimConnection>& connection, int side);

  SimRuntime& runtime_;
  std::map<io::SocketId, Listener> listeners_;
  std::map<io::SocketId, EndRef> ends_;
  std::map<uint64_t, Connect> connects_;
  uint64_t next_connect_ = 1;
  io::SocketId next_id_ = 1;
};

}  // namespace weir::sim
