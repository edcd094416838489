#pragma once
#include <deque>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "base/io/runtime.h"
#include "base/wire/messages/fetch.h"
#include "replication/partition/replica.h"
#include "replication/transport.h"

namespace weir::replication {

struct FetcherOptions {
  BrokerId self = kNoBroker;
  BrokerId leader = kNoBroker;
  Duration wait_max{500'000'000};
  int32_t response_max_bytes = 10 << 20;
  int32_t partition_max_bytes = 1 << 20;
};

/// All partitions that this shard follows from one leader node: one fetch session (KIP-227), pipelined. Lives on the
/// shard's thread.
///
/// The fetch offset is the acknowledgment: it says what is durable here. So a partition that got records is left out
/// until they are durable, while the others are fetched on; as soon as a group commit ends, what it made durable is
/// named in a new fetch, which also ends the wait of the one that is out. An idle session is one long poll, whatever
/// the number of partitions.
class Fetcher {
 public:
  Fetcher(io::Runtime& runtime, Transport& transport, const ReplicaEnv& env, FetcherOptions options);
  ~Fetcher();
  Fetcher(const Fetcher&) = delete;

  /// Follows from where its log ends; known already: from a new leader epoch.
  void add(Replica& replica);
  void remove(Replica& replica);
  /// Its log is durable up to its end.
  void durable(Replica& replica);
  bool empty() const { return followed_.empty(); }
  size_t in_flight() const { return in_flight_; }

 private:
  enum class State : uint8_t {
    due,      // to be named in the next fetch
    asked,    // named; records may come
    writing,  // got records that are not durable yet
    resting,  // an error: out of the session until `rest_until`
  };
  struct Followed {
    std::shared_ptr<Replica> replica;
    State state = State::due;
    bool queued = false;  // in due_
    bool in_session = false;
    Offset asked_from = 0;
    uint64_t asked_in = 0;  // number of the request that named it last: earlier ones' answers are to older questions
    MonoTime rest_until;
  };
  using Key = std::pair<Uuid, PartitionId>;
  struct KeyHash {
    size_t operator()(const Key& k) const noexcept {
      return std::hash<Uuid>()(k.first) + static_cast<size_t>(k.second) * 0x9E3779B97F4A7C15ull;
    }
  };

  void schedule();
  void pump();
  bool may_send() const;
  void send();
  bool name(const Key& key, Followed& f, std::map<Uuid, size_t>& topics, wire::FetchRequest& request);
  void answered(uint64_t number, Result<wire::FetchResponse> response);
  void take(Followed& f, const Key& key, uint64_t number, const wire::FetchResponse::PartitionData& data);
  void make_due(const Key& key, Followed& f);
  void set_state(Followed& f, State state);
  void rest(const Key& key, Followed& f, Duration duration);
  void woke();
  void reset_session(Duration pause);

  io::Runtime& runtime_;
  Transport& transport_;
  const ReplicaEnv& env_;
  const FetcherOptions options_;
  std::unordered_map<Key, Followed, KeyHash> followed_;
  std::deque<Key> due_;
  std::vector<Key> forgotten_;
  size_t writing_ = 0;
  size_t resting_ = 0;

  int32_t session_id_ = 0;
  int32_t stale_session_id_ = 0;  // to be closed by the next full fetch
  int32_t next_epoch_ = 0;
  size_t in_flight_ = 0;
  uint64_t requests_ = 0;
  uint64_t generation_ = 0;  // of the session: answers of an earlier one are void
  bool scheduled_ = false;
  bool grace_over_ = true;  // others don't wait any more for what is being written
  Duration backing_{0};
  MonoTime paused_until_{0};
  io::Timer timer_;  // grace, rests and pauses
  MonoTime grace_until_{0};
  std::shared_ptr<Fetcher*> alive_;
};

}  // namespace weir::replication
