#pragma once

namespace weir::replication {

/// Deliberately broken variants of this folder's rules, off unless a test turns one on: they prove that the simulator's checkers would catch the mistake.
/// One set for the process; the simulator runs in one thread.
struct Faults {
  bool hw_from_leader_alone = false;     // isr.cc: the high watermark is the leader's own durable offset
  bool lagging_isr_member_kept = false;  // isr.cc: a member that lags stays in the ISR and the high watermark passes it
  bool no_truncation_by_epoch = false;   // follower.cc, leader.cc: diverging epochs are not looked at
  bool ack_before_isr = false;           // leader.cc: acks=all is answered when the leader's own disk has the batch
};
inline Faults& faults() {
  static Faults the;
  return the;
}

}  // namespace weir::replication
