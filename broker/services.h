#pragma once
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "base/config/config.h"
#include "base/io/runtime.h"
#include "base/metrics/recent_latency.h"
#include "base/wire/messages/weir_node_view.h"
#include "replication/controller/quorum_node.h"
#include "replication/metadata/image.h"
#include "replication/partition/replica_manager.h"

namespace weir::broker {

class GroupCoordinator;
class TopicCreator;
class ProducerIds;
class FetchHandler;
class Suspects;

/// Waits for the metadata image on this node to show something. Lives on shard 0.
class MetadataWaiter {
 public:
  explicit MetadataWaiter(io::Runtime& runtime) : runtime_(runtime) {}
  using Predicate = std::function<bool(const replication::MetadataImage&)>;
  /// Calls back once with true when `holds` is true of an image, at once if of `now`, or with false after `timeout`.
  void wait(const replication::ImagePtr& now, Predicate holds, Duration timeout, std::function<void(bool)> done);
  void on_image(const replication::MetadataImage& image);

 private:
  struct Wait {
    Predicate holds;
    std::function<void(bool)> done;
    std::unique_ptr<io::Timer> timer;
  };
  io::Runtime& runtime_;
  std::list<Wait> waits_;
};

/// What API handlers work with. Everything lives on the shard's thread and outlives every request.
struct Services {
  io::Runtime& runtime;
  const config::BrokerConfig& config;
  log::LogSet& logs;
  replication::QuorumNode& quorum;
  replication::ReplicaManager& replicas;
  replication::Transport& peers;
  MetadataWaiter& metadata_waiter;
  TopicCreator& topics;
  ProducerIds& producer_ids;
  GroupCoordinator& groups;
  FetchHandler& fetch;
  Suspects& suspects;
  /// Listeners for which no host is configured: their clients are told the address they dialled.
  std::vector<std::string> dialled_listeners{};
  /// Only these take what controllers say to each other; empty: nodes meet on one listener for all.
  std::vector<std::string> controller_listeners{};
  metrics::RecentLatency produce_latency{};  // from a produce request's arrival to its answer
  /// What this node knows of itself, for the pages of the others; set by main.
  std::function<wire::WeirNodeViewResponse()> node_view{};

  const replication::MetadataImage& image() const { return *replicas.image(); }
  BrokerId node_id() const { return config.node_id; }
  bool takes_controller_apis(const std::string& listener) const;
};

}  // namespace weir::broker
