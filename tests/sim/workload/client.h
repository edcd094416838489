#pragma once
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/wire/frame.h"
#include "broker/net/peer_client.h"
#include "tests/sim/sim_node.h"
#include "tests/sim/sim_runtime.h"
#include "tests/sim/workload/ledger.h"

namespace weir::sim {

using replication::Lane;

/// A client process on a machine of its own, speaking the wire protocol: connections, metadata, timers.
class Client {
 public:
  struct Partition {
    BrokerId leader = kNoBroker;
    LeaderEpoch epoch = kNoLeaderEpoch;
  };
  struct Topic {
    Uuid id;
    std::vector<Partition> partitions;
  };
  using Code = ErrorCode;

  /// `brokers`: how many there are; node ids 1…, hosts "n1"….
  Client(SimWorld& world, Ledger& ledger, const std::string& name, int brokers);
  virtual ~Client();
  /// No call is made any more; before the machine's runtime goes.
  void shut();

  SimNode& machine() { return machine_; }
  const std::string& name() const { return name_; }

 protected:
  /// `done` comes once, with an answer or an error of the connection.
  template <class Response, class Request>
  void call(BrokerId to, Lane lane, Request request, int16_t version, Duration timeout,
            std::function<void(Result<Response>)> done) {
    peers_->send(
        to, lane, Request::kApiKey, version,
        [request = std::move(request), version, this](int32_t correlation) {
          return wire::encode_request(request, version, correlation, name_);
        },
        timeout,
        [version, done = std::move(done)](Result<Buffer> body) {
          if (!body) return done(body.error());
          done(wire::decode<Response>(*body, version));
        });
  }
  void after(Duration delay, std::function<void()> task);
  BrokerId any_broker() { return static_cast<BrokerId>(1 + random().below(static_cast<uint64_t>(brokers_))); }
  Random& random() { return runtime_.random(); }
  io::Runtime& runtime() { return runtime_; }
  Ledger& ledger() { return ledger_; }

  /// Asks for the metadata of `topics_`; calls on_metadata() when it came. One at a time, paced.
  void refresh();
  virtual void on_metadata() {}
  /// Takes over what a response says of a newer leader.
  const Partition* partition(const TopicPartition& tp) const;
  const Topic* topic(const std::string& name) const;
  void want(const std::string& topic) { wanted_.insert(topic); }

 private:
  void take(const std::string& name, const Uuid& id, size_t count, const std::function<Partition(size_t)>& at);

  Ledger& ledger_;
  const std::string name_;
  const int brokers_;
  SimNode& machine_;
  SimRuntime& runtime_;
  std::unique_ptr<broker::PeerClient> peers_;
  std::list<std::unique_ptr<io::Timer>> timers_;
  std::set<std::string> wanted_;
  std::map<std::string, Topic> topics_;
  bool refreshing_ = false, refresh_again_ = false;
};

}  // namespace weir::sim
