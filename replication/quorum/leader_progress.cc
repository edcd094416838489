#include "replication/quorum/leader_progress.h"

#include <algorithm>

#include "base/util/check.h"
#include "replication/faults.h"

namespace weir::replication {

void LeaderProgress::reset(BrokerId self, const VoterSet& voters, Offset epoch_start, MonoTime now) {
  self_ = self;
  epoch_start_ = epoch_start;
  replicas_.clear();
  for (const Voter& v : voters.all())
    if (v.id != self) replicas_[v.id].last_fetch = now;
}

void LeaderProgress::fetched(BrokerId replica, Offset from, Offset leader_end, MonoTime now) {
  CHECK(replica != self_, "the leader does not fetch from itself", replica);
  CHECK(from <= leader_end, "a valid fetch starts inside the leader's log", from, leader_end);
  Replica& r = replicas_[replica];
  // Caught up now, or with a fetch that reached the end as it was at the fetch before (Kafka:
  // ReplicaState.updateFollowerState).
  if (from >= leader_end || (r.fetched && from >= r.leader_end_at_fetch)) {
    r.last_caught_up = from >= leader_end ? now : r.last_fetch;
    r.caught_up_once = true;
  }
  r.durable_end = from;
  r.fetched = true;
  r.last_fetch = now;
  r.leader_end_at_fetch = leader_end;
}

void LeaderProgress::forget_observers(const VoterSet& voters, MonoTime silent_since) {
  std::erase_if(replicas_,
                [&](const auto& e) { return !voters.contains(e.first) && e.second.last_fetch < silent_since; });
}

Offset LeaderProgress::high_watermark(const VoterSet& voters, Offset own_durable, Offset current) const {
  std::vector<Offset> ends;
  for (const Voter& v : voters.all()) {
    const Replica* r = find(v.id);
    ends.push_back(v.id == self_ ? own_durable : r ? r->durable_end : kNoOffset);
  }
  std::sort(ends.begin(), ends.end(), std::greater<>());
  Offset majority_end = ends[voters.majority() - 1];
  if (majority_end <= epoch_start_ && !faults().count_old_epoch) return current;
  return std::max(current, majority_end);
}

size_t LeaderProgress::voters_heard(const VoterSet& voters, MonoTime since) const {
  size_t n = 0;
  for (const Voter& v : voters.all()) {
    const Replica* r = find(v.id);
    n += v.id == self_ || (r && r->last_fetch >= since);
  }
  return n;
}

void LeaderProgress::forgive_silence(MonoTime now) {
  for (auto& [id, r] : replicas_) r.last_fetch = now;
}

const LeaderProgress::Replica* LeaderProgress::find(BrokerId id) const {
  auto it = replicas_.find(id);
  return it == replicas_.end() ? nullptr : &it->second;
}

}  // namespace weir::replication
