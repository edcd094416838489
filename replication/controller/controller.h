#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "base/io/runtime.h"
#include "replication/controller/brokers.h"
#include "replication/controller/controller_state.h"
#include "replication/controller/elections.h"
#include "replication/controller/isr_changes.h"
#include "replication/controller/partition_change.h"
#include "replication/controller/topic_configs.h"
#include "replication/controller/topics.h"
#include "replication/decider/decider_runtime.h"
#include "replication/quorum/quorum_options.h"
#include "replication/transport.h"

namespace weir::replication {

/// The active controller: a decider on the metadata log, awake only while this node leads the quorum and has replayed
/// all that was written before. It also watches the brokers: by sessions, and by the connections to them (a refused
/// port is a dead process, known at once).
class Controller {
 public:
  struct Hooks {
    std::function<Result<Offset>(const MetadataRecords&)> append;
    std::function<Offset()> log_end;
  };
  Controller(io::Runtime& runtime, Transport& transport, BrokerId self, ControllerOptions options, Hooks hooks);
  ~Controller();

  /// Precondition: `committed` holds every record of the log. `former`: the leader before, -1 when it is not known; it
  /// lost its seat by being silent, so as a broker it gets less than a whole session.
  void activate(const MetadataImage& committed, BrokerId former);
  /// Leadership is lost: what waits is answered NOT_CONTROLLER, what was not committed is forgotten.
  void deactivate();
  bool active() const { return term_ != nullptr; }
  void committed(Offset offset);
  /// Every image of this node, active or not.
  void on_image(const MetadataImage& image);
  /// A connection to a broker broke.
  void on_disconnect(BrokerId broker);
  /// Active, and a broker other than this one waits for leave to end.
  bool others_leave() const { return term_ && sessions_.any_leaving(term_->state.image(), self_); }
  /// nullptr when not active. With what is not committed yet.
  const MetadataImage* speculative() const { return term_ ? &term_->state.image() : nullptr; }

  void handle(const wire::BrokerRegistrationRequest& r, RequestContext, Reply<wire::BrokerRegistrationResponse> reply);
  void handle(const wire::BrokerHeartbeatRequest& r, RequestContext, Reply<wire::BrokerHeartbeatResponse> reply);
  void handle(const wire::UnregisterBrokerRequest& r, RequestContext, Reply<wire::UnregisterBrokerResponse> reply);
  void handle(const wire::CreateTopicsRequest& r, RequestContext, Reply<wire::CreateTopicsResponse> reply);
  void handle(const wire::DeleteTopicsRequest& r, RequestContext, Reply<wire::DeleteTopicsResponse> reply);
  void handle(const wire::CreatePartitionsRequest& r, RequestContext, Reply<wire::CreatePartitionsResponse> reply);
  void handle(const wire::AlterPartitionRequest& r, RequestContext, Reply<wire::AlterPartitionResponse> reply);
  void handle(const wire::AllocateProducerIdsRequest& r, RequestContext,
              Reply<wire::AllocateProducerIdsResponse> reply);
  void handle(const wire::IncrementalAlterConfigsRequest& r, RequestContext,
              Reply<wire::IncrementalAlterConfigsResponse> reply);
  void handle(const wire::AlterConfigsRequest& r, RequestContext, Reply<wire::AlterConfigsResponse> reply);
  void handle(const wire::ElectLeadersRequest& r, RequestContext, Reply<wire::ElectLeadersResponse> reply);
  void handle(const wire::UpdateFeaturesRequest& r, RequestContext, Reply<wire::UpdateFeaturesResponse> reply);

 private:
  /// One term as active controller.
  struct Term : DeciderLog<wire::MetadataRecord> {
    Term(const MetadataImage& committed, const Hooks& hooks) : state(committed), hooks(hooks), runtime(state, *this) {}
    Result<Offset> append(const MetadataRecords& records) override { return hooks.append(records); }
    ControllerState state;
    const Hooks& hooks;
    DeciderRuntime<ControllerState, wire::MetadataRecord> runtime;
  };

  ControllerContext context() const;
  template <class Response, class Request, class Decide>
  void run(const Request& request, Reply<Response> reply, Decide decide);
  void fence(BrokerId broker, const char* why);
  void probe(BrokerId broker);
  /// A direct question: its answer says that the broker lives, whatever its heartbeats wait for. The connection stays
  /// open, so that its end is heard of.
  void ask(BrokerId broker);
  void check_sessions();
  void arm_sessions();
  void rebalance();

  io::Runtime& runtime_;
  Transport& transport_;
  const BrokerId self_;
  const ControllerOptions options_;
  const Hooks hooks_;
  std::shared_ptr<Term> term_;
  BrokerSessions sessions_;
  std::set<BrokerId> probing_;
  std::map<BrokerId, MonoTime> unfenced_at_;  // as seen here
  io::Timer session_timer_;
  io::Timer rebalance_timer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace weir::replication
