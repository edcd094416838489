#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/io/runtime.h"
#include "base/wire/messages/broker_heartbeat.h"
#include "base/wire/messages/broker_registration.h"

namespace weir::replication {

/// A broker's life as the controller sees it: registers, sends heartbeats, is unfenced once it has replayed its own
/// registration, leaves in good order. One request in flight. Registers again when its epoch is stale.
class BrokerLifecycle {
 public:
  /// Requests to the active controller, retried by the channel until `timeout`.
  struct Channel {
    std::function<void(const wire::BrokerRegistrationRequest&, Duration timeout,
                       std::function<void(Result<wire::BrokerRegistrationResponse>)>)>
        enlist;
    std::function<void(const wire::BrokerHeartbeatRequest&, Duration timeout,
                       std::function<void(Result<wire::BrokerHeartbeatResponse>)>)>
        heartbeat;
  };
  struct Options {
    wire::BrokerRegistrationRequest registration;
    Duration heartbeat_interval;
    Duration session_timeout;
  };
  BrokerLifecycle(io::Runtime& runtime, Options options, Channel channel);
  ~BrokerLifecycle();

  void start();
  /// Committed metadata up to `offset` is applied here.
  void on_metadata(Offset offset);
  /// Controlled shutdown; `done` when the controller lets go of this broker. The caller has its own time limit.
  void shut_down(std::function<void()> done);

  BrokerEpoch epoch() const { return epoch_; }
  bool fenced() const { return fenced_; }
  void on_epoch(std::function<void(BrokerEpoch)> heard) { on_epoch_ = std::move(heard); }
  void on_unfenced(std::function<void()> heard) { on_unfenced_ = std::move(heard); }

 private:
  void next();
  void enlist();
  void beat();

  io::Runtime& runtime_;
  Options options_;
  const Channel channel_;
  io::Timer timer_;
  bool started_ = false;
  bool in_flight_ = false;
  bool fenced_ = true;
  bool told_unfenced_ = false;
  BrokerEpoch epoch_ = -1;
  Offset applied_ = 0;  // end of what is replayed
  std::function<void()> shut_down_;
  bool gone_ = false;
  std::function<void(BrokerEpoch)> on_epoch_;
  std::function<void()> on_unfenced_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace weir::replication
