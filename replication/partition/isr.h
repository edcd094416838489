#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/types.h"
#include "replication/metadata/image.h"

namespace weir::replication {

struct IsrOptions {
  BrokerId self = kNoBroker;
  Duration lag_max{30'000'000'000};       // replica.lag.time.max.ms
  Duration join_wait_max{1'000'000'000};  // how long the high watermark waits for a caught-up replica on its way into
                                          // the ISR
  int32_t min_insync_replicas = 1;
};

struct IsrMember {
  BrokerId id = kNoBroker;
  BrokerEpoch epoch = -1;
  bool operator==(const IsrMember&) const = default;
};

/// What a step asks its driver to do.
struct IsrEffects {
  bool high_watermark_moved = false;
  bool isr_changed = false;                       // the committed one
  std::optional<std::vector<IsrMember>> propose;  // send to the controller, with leader_epoch() and partition_epoch()
};

/// The leader's view of its followers for one leader epoch: who is in sync, and how far the partition is committed.
/// Pure: no I/O, no clock.
///
/// - High watermark = the least *durable* offset of the members of the maximal ISR (committed, and what a pending
/// change would add: KIP-497); a replica that is
///   caught up and may join is waited for a moment, so that it can join under constant load. It never falls, and stands
///   while the committed ISR is smaller than min.insync.replicas (KIP-966, strict min ISR).
/// - A member leaves when it was not caught up with the log's end for lag_max. A replica joins when its durable end
/// reached the high watermark and the start of
///   this leader epoch, and the controller would take it (alive, same broker epoch: KIP-903).
/// - One change is pending at a time; while its fate is unknown it is sent again, never forgotten.
class IsrState {
 public:
  /// Becoming leader. `log_end` is where this epoch starts; `high_watermark` what was known as follower.
  struct Start {
    PartitionImage image;
    Offset log_end = 0;
    Offset durable = 0;
    Offset high_watermark = 0;
  };
  struct OwnProgress {
    Offset log_end = 0;
    Offset durable = 0;
  };
  /// Precondition: `from` is at most the leader's log end and lies on the leader's history.
  struct FollowerFetched {
    BrokerId follower = kNoBroker;
    BrokerEpoch broker_epoch = -1;
    Offset from = 0;
  };
  /// What the metadata says of a broker.
  struct BrokerSeen {
    BrokerId id = kNoBroker;
    BrokerEpoch epoch = -1;
    bool may_join = false;  // registered, not fenced, not shutting down
  };
  struct Tick {};
  struct Answered {
    ErrorCode error = ErrorCode::none;
    PartitionImage image;
  };
  /// Newer metadata of the same leader epoch.
  struct ImageSeen {
    PartitionImage image;
  };

  IsrState(IsrOptions options, const Start& start, MonoTime now);

  void step(const OwnProgress& e, MonoTime now, IsrEffects& out);
  void step(const FollowerFetched& e, MonoTime now, IsrEffects& out);
  void step(const BrokerSeen& e, MonoTime now, IsrEffects& out);
  void step(const Tick& e, MonoTime now, IsrEffects& out);
  void step(const Answered& e, MonoTime now, IsrEffects& out);
  void step(const ImageSeen& e, MonoTime now, IsrEffects& out);
  void set_min_insync_replicas(int32_t n) { options_.min_insync_replicas = n; }
  void set_self_epoch(BrokerEpoch epoch) { self_epoch_ = epoch; }

  Offset high_watermark() const { return high_watermark_; }
  Offset log_end() const { return log_end_; }
  Offset durable() const { return durable_; }
  LeaderEpoch leader_epoch() const { return leader_epoch_; }
  PartitionEpoch partition_epoch() const { return partition_epoch_; }
  const std::vector<BrokerId>& isr() const { return isr_; }
  bool change_pending() const { return proposed_.has_value(); }
  bool is_replica(BrokerId id) const { return find(id) != nullptr; }
  bool under_min_isr() const;
  /// When a Tick is wanted at the latest, beside the regular ones.
  std::optional<MonoTime> wake_at(MonoTime now) const;

  struct Follower {
    BrokerId id = kNoBroker;
    BrokerEpoch broker_epoch = -1;      // of its last fetch
    BrokerEpoch registered_epoch = -1;  // of the metadata
    bool may_join = false;
    Offset durable_end = kNoOffset;
    Offset leader_end_at_fetch = kNoOffset;
    MonoTime fetched_at{INT64_MIN / 2};
    MonoTime caught_up_at{INT64_MIN / 2};
    MonoTime put_out_at{INT64_MIN / 2};  // by a committed change
  };
  const std::vector<Follower>& followers() const { return followers_; }
  bool in_isr(BrokerId id) const;
  /// Empty when all invariants hold, else what is broken.
  std::string check_invariants() const;

 private:
  Follower* find(BrokerId id);
  const Follower* find(BrokerId id) const { return const_cast<IsrState*>(this)->find(id); }
  bool in_maximal_isr(BrokerId id) const;
  bool lags(const Follower& f, MonoTime now) const;
  bool joins(const Follower& f) const;
  bool waited_for(const Follower& f, MonoTime now) const;
  void adopt(const PartitionImage& image, MonoTime now, IsrEffects& out);
  void advance(MonoTime now, IsrEffects& out);
  void propose(MonoTime now, IsrEffects& out);
  std::vector<IsrMember> with_epochs(const std::vector<BrokerId>& isr) const;

  IsrOptions options_;
  BrokerEpoch self_epoch_ = -1;
  LeaderEpoch leader_epoch_;
  PartitionEpoch partition_epoch_;
  std::vector<BrokerId> replicas_;
  std::vector<BrokerId> isr_;                      // committed
  std::optional<std::vector<BrokerId>> proposed_;  // sent to the controller, outcome not known
  std::vector<Follower> followers_;
  Offset epoch_start_;
  Offset log_end_;
  Offset durable_;
  Offset high_watermark_;
  MonoTime retry_at_ = MonoTime::max();   // when the proposal is sent again
  MonoTime propose_from_{INT64_MIN / 2};  // after a refusal: not before
  Duration retry_in_{0};
};

}  // namespace weir::replication
