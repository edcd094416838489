#pragma once
#include "base/wire/messages/broker_heartbeat.h"
#include "base/wire/messages/broker_registration.h"
#include "base/wire/messages/unregister_broker.h"
#include "replication/controller/broker_sessions.h"
#include "replication/controller/controller_state.h"

namespace weir::replication {

/// The ISRs of partitions that others lead without `broker`, except where that would leave fewer than
/// min.insync.replicas: there nothing could be acknowledged either.
MetadataRecords set_aside(const ControllerContext& c, BrokerId broker);
/// Leaders and ISRs when `broker` can no longer take part: it leaves every ISR where it is not the last member, its
/// partitions get other leaders.
void fence_moves(const ControllerContext& c, BrokerId broker, MetadataRecords& out);
/// Leaders for the leaderless partitions that `broker` can lead now.
void unfence_moves(const ControllerContext& c, BrokerId broker, MetadataRecords& out);
/// The records that fence an unfenced broker, moves included.
MetadataRecords fence_broker(const ControllerContext& c, BrokerId broker);
/// Leadership back to preferred replicas that are in the ISR and active; at most `limit` partitions.
MetadataRecords rebalance_leaders(const ControllerContext& c, size_t limit);

bool unclean_election_enabled(const ControllerContext& c, const std::string& topic);

Result<ControllerDecision<wire::BrokerRegistrationResponse>> decide(const ControllerContext& c,
                                                                    const wire::BrokerRegistrationRequest& r,
                                                                    bool session_alive);
/// `sessions` has heard of the broker already.
Result<ControllerDecision<wire::BrokerHeartbeatResponse>> decide(const ControllerContext& c,
                                                                 const wire::BrokerHeartbeatRequest& r,
                                                                 BrokerSessions& sessions);
Result<ControllerDecision<wire::UnregisterBrokerResponse>> decide(const ControllerContext& c,
                                                                  const wire::UnregisterBrokerRequest& r);

}  // namespace weir::replication
