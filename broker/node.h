#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/config/config.h"
#include "broker/services.h"
#include "log/log_set.h"

namespace weir::broker {

struct NodeOptions {
  config::BrokerConfig config;
  std::string cluster_id;
  std::string log_dir;  // empty: memory only
  Uuid directory_id;
  std::vector<replication::Voter> voters;  // static; empty: this node alone
  int32_t quorum_fetch_bytes = 0;  // how much of the quorum's log a follower asks for at a time; 0: the quorum's own
                                   // choice
  uint64_t journal_bytes = 0;  // of a new commit journal, which grows from there up to weir.journal.bytes; 0: the log's
                               // own choice
  std::function<void(const Error&)> on_storage_failed;  // the log directory is offline for good; may be none
  uint64_t machine_memory_bytes = 0;                    // 0: unknown
  std::function<void()> give_back_memory;               // to the system, what was freed; after much was
  std::function<std::string()> host_name;  // of this machine, as others know it; asked where no host is configured
};

/// A node as it is shipped, above the runtime: logs, quorum, replicas, coordinators, listeners. The simulator runs the
/// same. Lives on one shard's thread.
class Node {
 public:
  /// Opens the logs (recovery happens here) and the listeners. Plain calls. Errors: those of LogSet::open and of
  /// listen, with what to do in `detail`.
  static Result<std::unique_ptr<Node>> open(io::Runtime& runtime, NodeOptions options);
  virtual ~Node() = default;

  /// Joins the cluster. `ready` is called once, when this node serves clients.
  virtual Status start(std::function<void()> ready) = 0;
  /// Hands leadership over, closes the connections and the logs. `done` is called once.
  virtual void stop(std::function<void(Status)> done) = 0;

  virtual Services& services() = 0;
  virtual const log::RecoveryReport& recovery() const = 0;
  /// Name and address of each listener, ports resolved; the controller's last.
  virtual std::vector<replication::ListenerImage> listeners() const = 0;
  virtual bool ready() const = 0;
  virtual size_t connection_count() const = 0;
  virtual uint64_t requests() const = 0;
};

}  // namespace weir::broker
