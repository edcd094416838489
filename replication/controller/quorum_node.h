#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/io/runtime.h"
#include "base/wire/messages/allocate_producer_ids.h"
#include "base/wire/messages/alter_configs.h"
#include "base/wire/messages/alter_partition.h"
#include "base/wire/messages/begin_quorum_epoch.h"
#include "base/wire/messages/broker_heartbeat.h"
#include "base/wire/messages/broker_registration.h"
#include "base/wire/messages/create_partitions.h"
#include "base/wire/messages/create_topics.h"
#include "base/wire/messages/delete_topics.h"
#include "base/wire/messages/describe_quorum.h"
#include "base/wire/messages/elect_leaders.h"
#include "base/wire/messages/end_quorum_epoch.h"
#include "base/wire/messages/fetch.h"
#include "base/wire/messages/incremental_alter_configs.h"
#include "base/wire/messages/unregister_broker.h"
#include "base/wire/messages/update_features.h"
#include "base/wire/messages/vote.h"
#include "log/log_set.h"
#include "replication/controller/controller_options.h"
#include "replication/metadata/image.h"
#include "replication/partition/replica_manager.h"
#include "replication/quorum/quorum_options.h"
#include "replication/quorum/voter_set.h"
#include "replication/transport.h"

namespace weir::replication {

struct QuorumNodeOptions {
  BrokerId node_id = kNoBroker;
  bool is_controller = true;  // process.roles
  bool is_broker = true;
  std::string cluster_id;
  Uuid directory_id;           // of the metadata log directory
  std::vector<Uuid> log_dirs;  // registered by the broker
  std::vector<Voter> voters;   // with the endpoints at which peers are reached (Transport::set_endpoint is called for
                               // them)
  std::vector<ListenerImage> listeners;  // registered by the broker (advertised.listeners)
  std::string peer_listener;  // inter.broker.listener.name: which of a broker's listeners peers use; empty: the first
                              // one
  std::optional<std::string> rack;
  Uuid incarnation_id;                       // zero: drawn
  Duration heartbeat_interval{400'000'000};  // broker.heartbeat.interval.ms (ours)
  QuorumOptions quorum;
  ControllerOptions controller;
};

/// What pages and metrics show.
struct QuorumView {
  const char* role = "unattached";  // unattached, voted, prospective, candidate, leader, follower, observer
  BrokerId leader = kNoBroker;
  LeaderEpoch epoch = 0;
  Offset high_watermark = 0, log_end = 0, durable = 0;
  std::vector<QuorumReplicaView> replicas;  // all of them on the leader; elsewhere the voters with only ids
  bool controller_active = false;           // leads, and its state is complete
  BrokerEpoch broker_epoch = -1;            // this broker's registration
  bool broker_fenced = true;
};

/// The node's part in the cluster's metadata: quorum (voter or observer), controller when it leads, broker registration
/// and heartbeats, and the way to the active controller. Lives on shard 0. Owns `__cluster_metadata` in `logs`; nobody
/// else writes it.
///
/// Requests: `handle` serves a request that came to this node as the controller or quorum member, and answers
/// NOT_CONTROLLER / NOT_LEADER_OR_FOLLOWER when it is not. `call` takes the same controller requests to whoever is the
/// active controller (also here), and is what client requests go through. A request that a peer forwarded carries the
/// client id kPeerClientId in its header: hand those to `handle`, never to `call`, so that they cannot travel in
/// circles.
class QuorumNode : public IsrChanger {
 public:
  static std::unique_ptr<QuorumNode> make(io::Runtime& runtime, log::LogSet& logs, Transport& transport,
                                          QuorumNodeOptions options);
  ~QuorumNode() override = default;

  /// Opens or makes the metadata log and starts the timers. Errors: the log's; inconsistent_cluster_id.
  virtual Status start() = 0;
  /// Controlled shutdown of the broker (leaders move away), then of the quorum member (EndQuorumEpoch: the next
  /// election is instant). `done` is called once, after at most `timeout`.
  virtual void stop(Duration timeout, std::function<void()> done) = 0;

  /// Listeners hear of each new image in order; the first call comes at once with the current image when there is one.
  /// They outlive this object.
  virtual void add_listener(MetadataListener& listener) = 0;
  /// The newest committed image; never null (empty before the first).
  virtual const ImagePtr& image() const = 0;
  /// This node leads the quorum and its controller is active.
  virtual bool is_leader() const = 0;
  virtual QuorumView view() const = 0;
  /// Called when this broker is (re-)registered, with its epoch.
  virtual void on_broker_epoch(std::function<void(BrokerEpoch)> heard) = 0;
  /// Called when this broker is unfenced for the first time since it registered: the node may say "ready".
  virtual void on_unfenced(std::function<void()> heard) = 0;

  // --- quorum
  virtual void handle(const wire::VoteRequest&, RequestContext, Reply<wire::VoteResponse>) = 0;
  virtual void handle(const wire::BeginQuorumEpochRequest&, RequestContext, Reply<wire::BeginQuorumEpochResponse>) = 0;
  virtual void handle(const wire::EndQuorumEpochRequest&, RequestContext, Reply<wire::EndQuorumEpochResponse>) = 0;
  /// A Fetch whose only topic is __cluster_metadata (by name or kMetadataTopicId). Long-polls.
  virtual void handle(const wire::FetchRequest&, RequestContext, Reply<wire::FetchResponse>) = 0;
  virtual void handle(const wire::DescribeQuorumRequest&, RequestContext, Reply<wire::DescribeQuorumResponse>) = 0;

  // --- controller
  virtual void handle(const wire::BrokerRegistrationRequest&, RequestContext,
                      Reply<wire::BrokerRegistrationResponse>) = 0;
  virtual void handle(const wire::BrokerHeartbeatRequest&, RequestContext, Reply<wire::BrokerHeartbeatResponse>) = 0;
  virtual void handle(const wire::UnregisterBrokerRequest&, RequestContext, Reply<wire::UnregisterBrokerResponse>) = 0;
  virtual void handle(const wire::CreateTopicsRequest&, RequestContext, Reply<wire::CreateTopicsResponse>) = 0;
  virtual void handle(const wire::DeleteTopicsRequest&, RequestContext, Reply<wire::DeleteTopicsResponse>) = 0;
  virtual void handle(const wire::CreatePartitionsRequest&, RequestContext, Reply<wire::CreatePartitionsResponse>) = 0;
  virtual void handle(const wire::AlterPartitionRequest&, RequestContext, Reply<wire::AlterPartitionResponse>) = 0;
  virtual void handle(const wire::AllocateProducerIdsRequest&, RequestContext,
                      Reply<wire::AllocateProducerIdsResponse>) = 0;
  virtual void handle(const wire::IncrementalAlterConfigsRequest&, RequestContext,
                      Reply<wire::IncrementalAlterConfigsResponse>) = 0;
  virtual void handle(const wire::AlterConfigsRequest&, RequestContext, Reply<wire::AlterConfigsResponse>) = 0;
  virtual void handle(const wire::ElectLeadersRequest&, RequestContext, Reply<wire::ElectLeadersResponse>) = 0;
  virtual void handle(const wire::UpdateFeaturesRequest&, RequestContext, Reply<wire::UpdateFeaturesResponse>) = 0;

  // --- to the active controller, wherever it is; retried over leader changes until `timeout`. Errors:
  // request_timed_out.
  template <class Response>
  using CallDone = std::function<void(Result<Response>)>;
  virtual void call(const wire::CreateTopicsRequest&, int16_t version, Duration timeout,
                    CallDone<wire::CreateTopicsResponse>) = 0;
  virtual void call(const wire::DeleteTopicsRequest&, int16_t version, Duration timeout,
                    CallDone<wire::DeleteTopicsResponse>) = 0;
  virtual void call(const wire::CreatePartitionsRequest&, int16_t version, Duration timeout,
                    CallDone<wire::CreatePartitionsResponse>) = 0;
  virtual void call(const wire::IncrementalAlterConfigsRequest&, int16_t version, Duration timeout,
                    CallDone<wire::IncrementalAlterConfigsResponse>) = 0;
  virtual void call(const wire::AlterConfigsRequest&, int16_t version, Duration timeout,
                    CallDone<wire::AlterConfigsResponse>) = 0;
  virtual void call(const wire::ElectLeadersRequest&, int16_t version, Duration timeout,
                    CallDone<wire::ElectLeadersResponse>) = 0;
  virtual void call(const wire::UpdateFeaturesRequest&, int16_t version, Duration timeout,
                    CallDone<wire::UpdateFeaturesResponse>) = 0;
  virtual void call(const wire::UnregisterBrokerRequest&, int16_t version, Duration timeout,
                    CallDone<wire::UnregisterBrokerResponse>) = 0;
  virtual void call(const wire::DescribeQuorumRequest&, int16_t version, Duration timeout,
                    CallDone<wire::DescribeQuorumResponse>) = 0;
  /// Fills in this broker's id and epoch.
  virtual void allocate_producer_ids(Duration timeout, CallDone<wire::AllocateProducerIdsResponse>) = 0;
};

}  // namespace weir::replication
