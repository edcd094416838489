#pragma once
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "base/io/runtime.h"
#include "base/wire/messages/fetch.h"
#include "broker/fetch/fetch_session.h"
#include "broker/net/net_memory.h"
#include "replication/partition/replica_manager.h"

namespace weir::broker {

struct FetchOptions {
  FetchSessionLimits sessions;
  int32_t max_bytes = 55 << 20;  // fetch.max.bytes: cap of one response
};

/// What comes with a fetch beside its body.
struct FetchContext {
  std::string listener;                                    // by its name: whose endpoints the response names (KIP-951)
  std::function<bool(const std::string& topic)> may_read;  // empty: everything
  AnswerMemory* memory = nullptr;                          // bounds the response, beside its own limits
};

class FetchOp;

/// The Fetch API v4-18 of one shard, for consumers and followers, without `__cluster_metadata`: sessions, long polls,
/// limits. Lives on the shard's thread; its replica manager outlives it. A fetch waits without cost: the partitions of
/// its session wake it.
///
/// Fetches of one session are answered in the order they came; a newer one ends the wait of an older one at once (a
/// follower acknowledges what it wrote while its long poll is out).
class FetchHandler {
 public:
  using Reply = std::function<void(wire::FetchResponse)>;

  FetchHandler(io::Runtime& runtime, replication::ReplicaManager& replicas, FetchOptions options = {});
  ~FetchHandler();
  FetchHandler(const FetchHandler&) = delete;

  /// Replies once, from inside the call or later (at the latest after max_wait and a disk read). Replies of a destroyed
  /// handler never come.
  void handle(FetchContext context, wire::FetchRequest request, int16_t version, Reply reply);

  const FetchSessions& sessions() const { return sessions_; }
  size_t waiting() const { return ops_.size(); }

 private:
  friend class FetchOp;
  void finished(FetchOp& op);

  io::Runtime& runtime_;
  replication::ReplicaManager& replicas_;
  FetchOptions options_;
  FetchSessions sessions_;
  std::unordered_map<FetchOp*, std::shared_ptr<FetchOp>> ops_;
  std::unordered_map<FetchSession*, std::vector<FetchOp*>> queues_;  // of sessions: the first is served
};

}  // namespace weir::broker
