#pragma once
#include <deque>
#include <map>
#include <memory>
#include <unordered_map>

#include "base/io/runtime.h"
#include "replication/transport.h"

namespace weir::broker {

/// Connections to the other nodes: one per (node, lane), made on first use, requests pipelined and answered in order.
class PeerClient : public replication::Transport {
 public:
  explicit PeerClient(io::Runtime& runtime);
  ~PeerClient() override;

  void set_endpoint(BrokerId node, const io::Endpoint& endpoint) override;
  void send(BrokerId to, replication::Lane lane, int16_t api_key, int16_t version,
            std::function<BufferChain(int32_t correlation_id)> encode, Duration timeout,
            std::function<void(Result<Buffer>)> done) override;
  void on_disconnect(std::function<void(BrokerId)> heard) override { heard_.push_back(std::move(heard)); }
  void probe(BrokerId node, Duration timeout, std::function<void(bool reachable)> done) override;
  /// Fails everything open with `cancelled`; nothing is sent afterwards.
  void close();

 private:
  class Channel;
  class Probe;
  std::shared_ptr<Channel> channel(BrokerId node, replication::Lane lane);
  void disconnected(BrokerId node);

  io::Runtime& runtime_;
  std::unordered_map<BrokerId, io::Endpoint> endpoints_;
  std::map<std::pair<BrokerId, replication::Lane>, std::shared_ptr<Channel>> channels_;
  std::vector<std::function<void(BrokerId)>> heard_;
  bool closed_ = false;
};

}  // namespace weir::broker
