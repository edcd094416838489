#pragma once
#include <cstdint>
#include <limits>
#include <set>

#include "base/util/types.h"
#include "base/util/uuid.h"
#include "replication/quorum/voter_set.h"

namespace weir::replication {

/// What a node has promised, on disk before anyone hears of it (LogSet::write_cell "quorum-state").
struct ElectionCell {
  LeaderEpoch epoch = 0;
  BrokerId voted_for = kNoBroker;  // in `epoch`
  BrokerId leader = kNoBroker;     // of `epoch`, once known
  bool operator==(const ElectionCell&) const = default;
};

/// Epochs stay below the last number, so that the next one can always be counted.
inline constexpr LeaderEpoch kEpochMax = std::numeric_limits<LeaderEpoch>::max() - 1;
/// From here on no request leads far ahead: one stray message must not use up the elections that are left.
inline constexpr LeaderEpoch kEpochHigh = std::numeric_limits<LeaderEpoch>::max() - 1'000'000;
inline constexpr LeaderEpoch kEpochStep = 1000;

/// Whether a node in epoch `own` may believe a request that says `epoch`.
inline bool may_ask(LeaderEpoch epoch, LeaderEpoch own) {
  return epoch >= 0 && epoch <= kEpochMax && (epoch < kEpochHigh || epoch - kEpochStep <= own);
}

/// End of a log, as elections compare it: a larger epoch wins, then the longer log (Raft §5.4.1).
struct LogEnd {
  LeaderEpoch epoch = 0;
  Offset offset = 0;
  auto operator<=>(const LogEnd&) const = default;
};

struct VoteAsk {
  LeaderEpoch epoch = 0;  // pre-vote: the candidate's current epoch, else the one it campaigns for
  BrokerId candidate = kNoBroker;
  LogEnd log;
  bool pre_vote = false;  // KIP-996
};
struct VoteAnswer {
  bool granted = false;
  bool fenced = false;   // the ask's epoch is older than ours
  bool refused = false;  // the ask's epoch is none that an election can have reached
  LeaderEpoch epoch = 0;
  BrokerId leader = kNoBroker;
};

/// The votes of one round. A voter counts once, whatever it says again.
class Tally {
 public:
  void reset(BrokerId self) {
    granted_ = {self};
    rejected_.clear();
  }
  void count(BrokerId from, bool granted) {
    if (granted_.count(from) || rejected_.count(from)) return;
    (granted ? granted_ : rejected_).insert(from);
  }
  bool won(const VoterSet& voters) const { return granted_.size() >= voters.majority(); }
  /// No majority can come any more.
  bool lost(const VoterSet& voters) const { return voters.size() - rejected_.size() < voters.majority(); }
  const std::set<BrokerId>& granted() const { return granted_; }

 private:
  std::set<BrokerId> granted_, rejected_;
};

}  // namespace weir::replication
