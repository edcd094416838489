#pragma once
#include <map>
#include <vector>

#include "base/util/types.h"
#include "replication/quorum/voter_set.h"

namespace weir::replication {

/// What a quorum leader knows of the others in its epoch, and the high watermark that follows. Pure.
class LeaderProgress {
 public:
  struct Replica {
    Offset durable_end = kNoOffset;  // the next offset of its last fetch; -1: not fetched in this epoch
    bool fetched = false;
    MonoTime last_fetch;
    MonoTime last_caught_up;
    bool caught_up_once = false;
    Offset leader_end_at_fetch = 0;
  };

  /// `epoch_start`: the offset of the leader change message.
  void reset(BrokerId self, const VoterSet& voters, Offset epoch_start, MonoTime now);
  void fetched(BrokerId replica, Offset from, Offset leader_end, MonoTime now);
  void forget_observers(const VoterSet& voters, MonoTime silent_since);
  /// The largest offset below which a majority of the voters holds everything durably, when that includes a record of
  /// this epoch: nothing is committed by counting replicas of older epochs (Raft §5.4.2). `current` when there is none
  /// larger.
  Offset high_watermark(const VoterSet& voters, Offset own_durable, Offset current) const;
  /// Voters (self included) heard of at or after `since`.
  size_t voters_heard(const VoterSet& voters, MonoTime since) const;
  /// After a stall of our own: silence up to now says nothing about the others.
  void forgive_silence(MonoTime now);
  const std::map<BrokerId, Replica>& replicas() const { return replicas_; }
  const Replica* find(BrokerId id) const;
  Offset epoch_start() const { return epoch_start_; }

 private:
  BrokerId self_ = kNoBroker;
  Offset epoch_start_ = 0;
  std::map<BrokerId, Replica> replicas_;  // without self; observers too
};

}  // namespace weir::replication
