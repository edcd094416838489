#pragma once

namespace weir::log {

/// Deliberate bugs, for the simulator to catch ("mutations"): each costs one predictable branch and is off unless a
/// test turns it on. Process-wide, set before logs open; never set outside tests and `weir sim`.
struct Mutations {
  bool ack_before_sync = false;     // durable is told before the journal's write ended
  bool replay_group_twice = false;  // recovery applies each journal group twice, without the check for what is there
                                    // already
  bool accept_duplicate_sequence = false;  // a repeated batch of an idempotent producer is written again
  bool skip_truncate_journal = false;      // a truncation is not journaled
  bool ignore_group_chain = false;         // recovery takes any group with a good checksum and the right sequence
  bool recycle_before_sync = false;        // journal space is reused before the segments are synced
};

#ifndef WEIR_NO_MUTATIONS
inline Mutations g_mutations;
inline Mutations& mutations() { return g_mutations; }
#else
inline constexpr Mutations kNoMutations;
inline constexpr const Mutations& mutations() { return kNoMutations; }
#endif

}  // namespace weir::log
