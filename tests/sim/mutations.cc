#include "tests/sim/mutations.h"

#include "log/faults.h"
#include "replication/faults.h"

namespace weir::sim {

const std::vector<Mutation>& mutations() {
  using replication::faults;
  static const std::vector<Mutation> all{
      {"hw-from-leader-alone", "the high watermark is the leader's own durable offset",
       +[]() -> bool& { return faults().hw_from_leader_alone; }},
      {"lagging-isr-member-kept", "a member that lags stays in the ISR and the high watermark passes it",
       +[]() -> bool& { return faults().lagging_isr_member_kept; }},
      {"no-truncation-by-epoch", "followers keep what the new leader does not have",
       +[]() -> bool& { return faults().no_truncation_by_epoch; }},
      {"ack-before-isr", "acks=all is answered when the leader's own disk has the batch",
       +[]() -> bool& { return faults().ack_before_isr; }},
      {"vote-not-durable", "a vote leaves, and is never on disk", +[]() -> bool& { return faults().vote_not_durable; }},
      {"stale-leader-not-fenced", "an older epoch's leader is obeyed",
       +[]() -> bool& { return faults().stale_leader_not_fenced; }},
      {"count-old-epoch", "the quorum's records of older epochs are committed by counting replicas",
       +[]() -> bool& { return faults().count_old_epoch; }, "tests/replication/quorum/quorum_state_test.cc"},
      {"loss-forgotten", "a voter that lost records votes by what it has left",
       +[]() -> bool& { return faults().loss_forgotten; }},
      {"ack-before-sync", "durable is told before the journal's write ended",
       +[]() -> bool& { return log::mutations().ack_before_sync; }},
      {"replay-group-twice", "recovery applies each journal group twice",
       +[]() -> bool& { return log::mutations().replay_group_twice; }},
      {"accept-duplicate-sequence", "a repeated batch of an idempotent producer is written again",
       +[]() -> bool& { return log::mutations().accept_duplicate_sequence; }},
      {"skip-truncate-journal", "a truncation is not journaled",
       +[]() -> bool& { return log::mutations().skip_truncate_journal; }},
      {"ignore-group-chain", "recovery takes any group with a good checksum and the right sequence",
       +[]() -> bool& { return log::mutations().ignore_group_chain; }, "tests/log/commit_journal_test.cc"},
      {"recycle-before-sync", "journal space is reused before the segments are synced",
       +[]() -> bool& { return log::mutations().recycle_before_sync; }},
  };
  return all;
}

Status set_mutation(const std::string& name) {
  bool found = name.empty();
  for (const Mutation& m : mutations()) {
    m.flag() = name == m.name;
    found |= name == m.name;
  }
  if (!found) return Error(ErrorCode::invalid_argument, "mutation", "there is no mutation '" + name + "'");
  return {};
}

}  // namespace weir::sim
