#pragma once
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/util/rng.h"
#include "base/util/types.h"
#include "base/util/uuid.h"
#include "base/wire/messages/fetch.h"
#include "replication/partition/partition.h"

namespace weir::broker {

/// A partition as a fetch names it: by topic id (Fetch v13+) or by name; the other one is empty.
struct FetchKey {
  std::string topic;
  Uuid topic_id;
  PartitionId partition = 0;
  bool operator==(const FetchKey&) const = default;
};
struct FetchKeyHash {
  size_t operator()(const FetchKey& k) const noexcept {
    return std::hash<std::string>()(k.topic) * 31 + std::hash<Uuid>()(k.topic_id) +
           static_cast<size_t>(k.partition) * 0x9E3779B97F4A7C15ull;
  }
};

class FetchSession;

/// One partition of a session: what was asked, what was answered last, and whether it has to be looked at again. It
/// watches the partition, so that one that stands still costs a fetch nothing.
class SessionPartition final : public replication::PartitionWatcher {
 public:
  SessionPartition(FetchSession& session, FetchKey key) : key(std::move(key)), session_(session) {}
  void on_partition_moved() override;

  const FetchKey key;
  // as asked last
  LeaderEpoch current_leader_epoch = kNoLeaderEpoch;
  Offset fetch_offset = 0;
  LeaderEpoch last_fetched_epoch = kNoLeaderEpoch;
  int32_t max_bytes = 0;
  // as answered last; -1: never, or an error
  Offset sent_high_watermark = kNoOffset;
  Offset sent_last_stable = kNoOffset;
  Offset sent_log_start = kNoOffset;
  /// A follower got records and did not name the partition since: it is still writing them, its next word is the
  /// acknowledgment. Nothing is sent until then.
  bool in_flight = false;
  /// Why the leader did not take a follower's fetch (no replica of the partition); until it is named again.
  ErrorCode refused = ErrorCode::none;

 private:
  friend class FetchSession;
  FetchSession& session_;
  bool dirty_ = false;
  uint64_t named_in_ = 0;  // the apply() that named it last
  std::list<SessionPartition*>::iterator at_;
};

/// The partitions that one client fetches again and again (KIP-227), or those of one fetch without a session (id 0).
class FetchSession {
 public:
  FetchSession(int32_t id, bool by_id, bool follower) : id_(id), by_id_(by_id), follower_(follower) {}
  FetchSession(const FetchSession&) = delete;

  /// Adds, changes and forgets partitions as the request says; those it names are dirty and returned, in its order. A
  /// partition named twice counts once.
  std::vector<SessionPartition*> apply(const std::vector<wire::FetchRequest::FetchTopic>& topics,
                                       const std::vector<wire::FetchRequest::ForgottenTopic>& forgotten);
  /// To be looked at, first come first; the caller now has them, clean.
  std::vector<SessionPartition*> take_dirty();
  /// Puts it at the end of the queue; calls on_dirty.
  void touch(SessionPartition& p);
  /// The same without waking; `first`: at the front.
  void put_back(SessionPartition& p, bool first);
  /// Called when something becomes dirty.
  void on_dirty(std::function<void()> wake) { wake_ = std::move(wake); }

  int32_t id() const { return id_; }
  bool by_id() const { return by_id_; }
  bool follower() const { return follower_; }
  size_t size() const { return partitions_.size(); }

 private:
  friend class FetchSessions;
  void forget(const FetchKey& key);

  const int32_t id_;
  const bool by_id_;
  const bool follower_;
  int32_t next_epoch_ = 1;
  uint64_t applied_ = 0;
  MonoTime created_{0};
  MonoTime used_{0};
  std::list<SessionPartition*> dirty_;
  std::unordered_map<FetchKey, std::unique_ptr<SessionPartition>, FetchKeyHash> partitions_;
  std::function<void()> wake_;
};

struct FetchSessionLimits {
  size_t slots = 1000;                 // max.incremental.fetch.session.cache.slots
  Duration min_idle{120'000'000'000};  // a session used more recently is only taken from a consumer for a follower
};

/// The sessions of one shard. A step machine: time and random ids come in.
class FetchSessions {
 public:
  explicit FetchSessions(FetchSessionLimits limits = {}) : limits_(limits) {}

  struct Opened {
    ErrorCode error = ErrorCode::none;      // 70, 71, 106: the whole response
    std::shared_ptr<FetchSession> session;  // never null without an error; id 0: for this request only
    bool full = false;                      // the response names every partition
  };
  /// KIP-227: id 0 / epoch 0 makes a session, any id / epoch -1 ends it and fetches without one, else the next epoch is
  /// expected.
  Opened open(const wire::FetchRequest& request, int16_t version, MonoTime now, Random& random);

  size_t size() const { return sessions_.size(); }
  uint64_t evictions() const { return evictions_; }

 private:
  bool make_room(bool follower, MonoTime now);

  FetchSessionLimits limits_;
  std::unordered_map<int32_t, std::shared_ptr<FetchSession>> sessions_;
  uint64_t evictions_ = 0;
};

/// -1 or below: a consumer.
BrokerId replica_of(const wire::FetchRequest& request, int16_t version);

}  // namespace weir::broker
