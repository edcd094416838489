#pragma once
#include <map>
#include <vector>

#include "base/wire/messages/broker_heartbeat.h"
#include "base/wire/messages/broker_registration.h"
#include "base/wire/messages/elect_leaders.h"
#include "base/wire/messages/unregister_broker.h"
#include "replication/controller/controller_state.h"

namespace weir::replication {

/// What the active controller knows of the brokers beside the log: when each was heard of. Not replicated; a new controller starts with a full session for all.
class BrokerSessions {
 public:
  struct Session {
    MonoTime last_contact;
    Offset metadata_offset = kNoOffset;  // last record it has replayed
    Offset shutdown_offset = kNoOffset;  // last record of its controlled shutdown; -1: it does not shut down
    bool let_go = false;                 // it was told that it may end
  };

  void reset(const MetadataImage& image, MonoTime now);
  void contact(BrokerId id, Offset metadata_offset, MonoTime now);
  void registered(BrokerId id, MonoTime now);
  void forget(BrokerId id) { sessions_.erase(id); }
  Session* find(BrokerId id);
  /// A broker other than `self` shuts down and waits for leave to end.
  bool any_leaving(const MetadataImage& image, BrokerId self) const;
  /// Unfenced brokers that were silent for `timeout`.
  std::vector<BrokerId> expired(const MetadataImage& image, Duration timeout, MonoTime now) const;
  /// When the next of them expires; max: nobody to watch.
  MonoTime next_expiry(const MetadataImage& image, Duration timeout) const;
  /// `id` has been silent for long already, as the quorum saw: it must be heard of within `grace`.
  void suspect(BrokerId id, Duration timeout, Duration grace, MonoTime now);
  /// After a stall of our own: everyone gets a fresh session.
  void forgive(MonoTime now);
  /// The least metadata offset over the active brokers other than `except`.
  Offset lowest_offset(const MetadataImage& image, BrokerId except) const;

 private:
  std::map<BrokerId, Session> sessions_;
};

/// Leaders and ISRs when `broker` can no longer take part: it leaves every ISR where it is not the last member, its partitions get other leaders.
void fence_moves(const ControllerContext& c, BrokerId broker, MetadataRecords& out);
/// Leaders for the leaderless partitions that `broker` can lead now.
void unfence_moves(const ControllerContext& c, BrokerId broker, MetadataRecords& out);
/// The records that fence an unfenced broker, moves included.
MetadataRecords fence_broker(const ControllerContext& c, BrokerId broker);
/// Leadership back to preferred replicas that are in the ISR and active; at most `limit` partitions.
MetadataRecords rebalance_leaders(const ControllerContext& c, size_t limit);

bool unclean_election_enabled(const ControllerContext& c, const std::string& topic);

Result<ControllerDecision<wire::BrokerRegistrationResponse>> decide(const ControllerContext& c, const wire::BrokerRegistrationRequest& r,
                                                                   bool session_alive);
/// `sessions` has heard of the broker already.
Result<ControllerDecision<wire::BrokerHeartbeatResponse>> decide(const ControllerContext& c, const wire::BrokerHeartbeatRequest& r,
                                                                BrokerSessions& sessions);
Result<ControllerDecision<wire::UnregisterBrokerResponse>> decide(const ControllerContext& c, const wire::UnregisterBrokerRequest& r);
Result<ControllerDecision<wire::ElectLeadersResponse>> decide(const ControllerContext& c, const wire::ElectLeadersRequest& r);

}  // namespace weir::replication
