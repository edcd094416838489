#pragma once
#include <optional>
#include <vector>

#include "base/util/error.h"
#include "base/util/rng.h"
#include "base/util/types.h"
#include "log/partition_log.h"
#include "replication/faults.h"
#include "replication/quorum/election.h"
#include "replication/quorum/leader_progress.h"
#include "replication/quorum/voter_set.h"

namespace weir::replication {

/// What the quorum's machine reads of the metadata log.
class QuorumLog {
 public:
  virtual ~QuorumLog() = default;
  virtual Offset end_offset() const = 0;
  virtual Offset durable_offset() const = 0;
  virtual LeaderEpoch last_epoch() const = 0;  // 0 when the log is empty
  /// As PartitionLog::epoch_end.
  virtual log::EpochEnd epoch_end(LeaderEpoch epoch) const = 0;
};

struct FetchAsk {
  BrokerId replica = kNoBroker;
  LeaderEpoch epoch = 0;
  Offset offset = 0;           // the replica's durable end
  LeaderEpoch last_epoch = 0;  // of its last record
};
struct FetchVerdict {
  ErrorCode error = ErrorCode::none;  // none, fenced_leader_epoch, unknown_leader_epoch, not_leader_or_follower
  std::optional<LogEnd> diverging;
};
struct FetchAnswer {
  ErrorCode error = ErrorCode::none;
  BrokerId leader = kNoBroker;
  LeaderEpoch epoch = 0;
  std::optional<LogEnd> diverging;
};

/// What a step wants done. The driver makes the cell durable first: no message or answer of this or a later step leaves
/// before.
struct QuorumEffects {
  struct Vote {
    BrokerId to;
    VoteAsk ask;
  };
  bool persist = false;  // write cell()
  std::vector<Vote> votes;
  std::vector<BrokerId> begin_epoch_to;  // BeginQuorumEpoch of cell()
  std::vector<BrokerId> end_epoch_to;    // EndQuorumEpoch of `ended_epoch`, with `successors`
  LeaderEpoch ended_epoch = 0;
  std::vector<BrokerId> successors;  // longest log first
  bool became_leader = false;        // begin_epoch on the log and append the leader change message
  bool lost_leadership = false;
  bool leader_changed = false;  // cell().leader or epoch moved: fetch from somebody else
  bool high_watermark_moved = false;
};

enum class QuorumRole : uint8_t { unattached, prospective, candidate, leader, follower };

struct QuorumTiming {
  Duration fetch_timeout{2'000'000'000};
  Duration election_timeout{500'000'000};
  Duration begin_epoch_retry{200'000'000};
  Duration rank_delay{25'000'000};  // between voters that see the same leader die
};

/// The rules of the metadata quorum: Raft, pulled by followers as KRaft has it (KIP-595, KIP-996). Pure: events, time
/// and random draws come in, effects go out. Everything a node must not forget is in cell(). One node's, one thread.
class QuorumState {
 public:
  QuorumState(BrokerId self, VoterSet voters, QuorumTiming timing, const QuorumLog& log, Random& random);

  /// `cell` as read from disk with an epoch below kEpochMax (the driver refuses others), `high_watermark` as
  /// checkpointed. `had`: the end of the log before the disk lost some of it, if it did. A single voter leads when this
  /// returns.
  void start(ElectionCell cell, Offset high_watermark, LogEnd had, MonoTime now, QuorumEffects& out);

  VoteAnswer on_vote(const VoteAsk& ask, MonoTime now, QuorumEffects& out);
  void on_vote_answer(BrokerId from, const VoteAsk& ask, const VoteAnswer& answer, MonoTime now, QuorumEffects& out);
  /// Errors: fenced_leader_epoch, invalid_request.
  ErrorCode on_begin_epoch(BrokerId leader, LeaderEpoch epoch, MonoTime now, QuorumEffects& out);
  ErrorCode on_end_epoch(BrokerId leader, LeaderEpoch epoch, const std::vector<BrokerId>& successors, MonoTime now,
                         QuorumEffects& out);
  /// Somebody said who leads `epoch` (-1: it does not know).
  void on_leader_heard(BrokerId leader, LeaderEpoch epoch, MonoTime now, QuorumEffects& out);

  FetchVerdict on_fetch(const FetchAsk& ask, MonoTime now, QuorumEffects& out);
  /// An answer to a fetch sent to `from` in `epoch`. True: it is the current leader's and without error; append its
  /// records or truncate by `diverging`.
  bool on_fetch_answer(BrokerId from, LeaderEpoch epoch, const FetchAnswer& answer, MonoTime now, QuorumEffects& out);
  /// Where a follower cuts its log when the leader said `diverging` (KIP-595 §Fetch). At most the log end.
  Offset truncation_point(LogEnd diverging) const;
  /// The leader's high watermark, after its records were appended here.
  void on_leader_high_watermark(Offset high_watermark, QuorumEffects& out);

  /// Leader: the own durable offset moved.
  void on_durable(QuorumEffects& out);
  /// The leader's process is gone for certain (its port refuses): campaign without waiting for the timeout.
  void on_leader_gone(BrokerId leader, MonoTime now);
  void on_tick(MonoTime now, QuorumEffects& out);
  /// Steps down in good order and never campaigns again.
  void on_stop(MonoTime now, QuorumEffects& out);

  const ElectionCell& cell() const { return cell_; }
  QuorumRole role() const { return role_; }
  bool leads() const { return role_ == QuorumRole::leader; }
  bool is_voter() const { return voters_.contains(self_); }
  const VoterSet& voters() const { return voters_; }
  const LeaderProgress& progress() const { return progress_; }
  const Tally& tally() const { return tally_; }
  Offset high_watermark() const { return high_watermark_; }
  /// The leader as believed here, also while campaigning against it is not certain; -1: none.
  BrokerId leader() const { return role_ == QuorumRole::follower || leads() ? cell_.leader : kNoBroker; }
  /// Whom to fetch from; -1: nobody. For an observer without a leader a voter that may know.
  BrokerId fetch_from() const;
  void fetch_failed();  // the next voter in turn, for an observer
  MonoTime wake_at() const { return wake_at_; }
  const char* role_name() const;
  void check_invariants() const;

 private:
  void become_unattached(LeaderEpoch epoch, MonoTime now, QuorumEffects& out);
  void become_follower(LeaderEpoch epoch, BrokerId leader, MonoTime now, QuorumEffects& out);
  void become_prospective(MonoTime now, QuorumEffects& out);
  void become_candidate(MonoTime now, QuorumEffects& out);
  void become_leader(MonoTime now, QuorumEffects& out);
  void leave_role(QuorumEffects& out);
  void set_cell(ElectionCell cell, QuorumEffects& out);
  void ask_all(bool pre_vote, QuorumEffects& out);
  void tick_leader(MonoTime now, QuorumEffects& out);
  void update_high_watermark(QuorumEffects& out);
  bool may_grant(const VoteAsk& ask, MonoTime now) const;
  /// What a candidate must hold for this node's vote. Raft counts on a voter to keep what it acknowledged: one that
  /// lost some of it votes as if it had it still, and does not campaign before it has it again.
  LogEnd promised_end() const { return faults().loss_forgotten ? log_end() : std::max(log_end(), had_); }
  bool incomplete() const { return log_end() < promised_end() && voters_.size() > 1; }
  LogEnd log_end() const { return {log_.last_epoch(), log_.end_offset()}; }
  Duration election_timeout() { return timing_.election_timeout + draw(timing_.election_timeout); }
  Duration draw(Duration below) {
    return Duration{static_cast<int64_t>(random_.below(static_cast<uint64_t>(below.count())))};
  }

  const BrokerId self_;
  VoterSet voters_;
  const QuorumTiming timing_;
  const QuorumLog& log_;
  Random& random_;

  ElectionCell cell_;
  LogEnd had_;
  QuorumRole role_ = QuorumRole::unattached;
  Tally tally_;
  LeaderProgress progress_;
  Offset high_watermark_ = 0;
  MonoTime wake_at_ = MonoTime::max();
  MonoTime heard_from_leader_;   // follower: last good fetch answer
  bool heard_in_epoch_ = false;  // follower: there was one
  bool leader_gone_ = false;     // follower, prospective: the leader's process is known to be gone
  bool round_over_ = false;      // candidate, prospective: lost; the timer starts the next round
  bool stopping_ = false;
  int rounds_ = 0;             // pre-vote rounds since the last leader: their pace slows
  size_t bootstrap_turn_ = 0;  // observer: which voter is asked for the leader
};

}  // namespace weir::replication
