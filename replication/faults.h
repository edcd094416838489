#pragma once

namespace weir::replication {

/// Deliberately broken variants of this folder's rules, off unless a test turns one on: they prove that the simulator's
/// checkers would catch the mistake. One set for the process; the simulator runs in one thread.
struct Faults {
  bool hw_from_leader_alone = false;     // isr.cc: the high watermark is the leader's own durable offset
  bool lagging_isr_member_kept = false;  // isr.cc: a member that lags stays in the ISR and the high watermark passes it
  bool no_truncation_by_epoch = false;   // follower.cc, leader.cc, quorum_driver.cc: diverging epochs are not looked at
  bool ack_before_isr = false;           // leader.cc: acks=all is answered when the leader's own disk has the batch
  bool vote_not_durable = false;         // quorum_driver.cc: a vote leaves, and its cell is never written
  bool loss_forgotten = false;           // quorum_state.h: a voter that lost records votes by what it has left
  bool stale_leader_not_fenced = false;  // quorum_state.cc: BeginQuorumEpoch of an older epoch is obeyed
  bool count_old_epoch = false;  // leader_progress.cc: records of older epochs are committed by counting replicas
};
inline Faults& faults() {
  static Faults the;
  return the;
}

}  // namespace weir::replication
