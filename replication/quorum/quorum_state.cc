#include "replication/quorum/quorum_state.h"

#include <algorithm>

#include "base/util/check.h"
#include "base/util/diag.h"
#include "replication/faults.h"

namespace weir::replication {

namespace {
constexpr Duration kLate{100'000'000};       // a timer this late says that this process stood still, not the others
constexpr Duration kStartDelay{20'000'000};  // before the first round after a start: peers that start with us get to
                                             // listen
constexpr Duration kRoundFirst{60'000'000};  // the first pre-vote round; later ones double up to the election timeout
constexpr Duration kObserverMemory{300'000'000'000};
}  // namespace

QuorumState::QuorumState(BrokerId self, VoterSet voters, QuorumTiming timing, const QuorumLog& log, Random& random)
    : self_(self), voters_(std::move(voters)), timing_(timing), log_(log), random_(random) {
  CHECK(voters_.size() > 0, "a quorum has voters");
}

void QuorumState::start(ElectionCell cell, Offset high_watermark, LogEnd had, MonoTime now, QuorumEffects& out) {
  cell_ = cell;
  had_ = had;
  // A log may be ahead of the cell when following does not wait for it; votes never are. Who led is asked anew: it may
  // have restarted as well.
  if (log_.last_epoch() > cell_.epoch) cell_ = {log_.last_epoch(), kNoBroker, kNoBroker};
  cell_.leader = kNoBroker;
  high_watermark_ = std::min(high_watermark, log_.end_offset());
  role_ = QuorumRole::unattached;
  out.leader_changed = true;
  bootstrap_turn_ = random_.below(voters_.size());
  if (!is_voter()) return;
  if (voters_.size() == 1) return become_prospective(now, out);
  wake_at_ = now + kStartDelay + draw(kStartDelay);
}

// --- roles

void QuorumState::set_cell(ElectionCell cell, QuorumEffects& out) {
  CHECK(cell.epoch >= cell_.epoch, "epochs only grow", cell.epoch, cell_.epoch);
  CHECK(cell.epoch > cell_.epoch || cell_.voted_for == kNoBroker || cell.voted_for == cell_.voted_for,
        "a vote is never taken back", cell.epoch);
  if (cell == cell_) return;
  cell_ = cell;
  out.persist = true;
}

void QuorumState::leave_role(QuorumEffects& out) {
  if (leads()) out.lost_leadership = true;
  out.leader_changed = true;
  leader_gone_ = heard_in_epoch_ = round_over_ = false;
  rounds_ = 0;
}

void QuorumState::become_unattached(LeaderEpoch epoch, MonoTime now, QuorumEffects& out) {
  leave_role(out);
  set_cell({epoch, epoch == cell_.epoch ? cell_.voted_for : kNoBroker, kNoBroker}, out);
  role_ = QuorumRole::unattached;
  wake_at_ = is_voter() && !stopping_ ? now + election_timeout() : MonoTime::max();
}

void QuorumState::become_follower(LeaderEpoch epoch, BrokerId leader, MonoTime now, QuorumEffects& out) {
  CHECK(leader != self_ && leader != kNoBroker, "one follows another node", leader);
  CHECK(!leads() || epoch > cell_.epoch || faults().stale_leader_not_fenced, "an epoch has one leader", epoch, leader);
  leave_role(out);
  set_cell({epoch, epoch == cell_.epoch ? cell_.voted_for : kNoBroker, leader}, out);
  role_ = QuorumRole::follower;
  wake_at_ = now + timing_.fetch_timeout;
}

void QuorumState::become_prospective(MonoTime now, QuorumEffects& out) {
  CHECK(is_voter() && !stopping_, "only a voter campaigns", self_);
  if (role_ != QuorumRole::prospective) out.leader_changed = true;
  role_ = QuorumRole::prospective;
  round_over_ = false;
  tally_.reset(self_);
  if (tally_.won(voters_)) return become_candidate(now, out);
  ask_all(true, out);
  Duration patience = std::min(timing_.election_timeout, kRoundFirst * (1 << std::min(rounds_++, 6)));
  wake_at_ = now + patience + draw(patience);
}

void QuorumState::become_candidate(MonoTime now, QuorumEffects& out) {
  round_over_ = false;
  if (cell_.epoch >= kEpochMax) {
    WEIR_ERROR("quorum: epoch {} is the last there is: no election can follow it", cell_.epoch);
    round_over_ = true;
    wake_at_ = now + election_timeout();
    return;
  }
  role_ = QuorumRole::candidate;
  set_cell({cell_.epoch + 1, self_, kNoBroker}, out);
  out.leader_changed = true;
  tally_.reset(self_);
  if (tally_.won(voters_)) return become_leader(now, out);
  ask_all(false, out);
  wake_at_ = now + election_timeout();
}

void QuorumState::become_leader(MonoTime now, QuorumEffects& out) {
  CHECK(cell_.voted_for == self_, "a leader voted for itself", cell_.voted_for);
  leave_role(out);
  role_ = QuorumRole::leader;
  set_cell({cell_.epoch, self_, self_}, out);
  progress_.reset(self_, voters_, log_.end_offset(), now);
  out.became_leader = true;
  for (const Voter& v : voters_.all())
    if (v.id != self_) out.begin_epoch_to.push_back(v.id);
  wake_at_ = now + timing_.begin_epoch_retry;
}

void QuorumState::ask_all(bool pre_vote, QuorumEffects& out) {
  for (const Voter& v : voters_.all())
    if (v.id != self_)
      out.votes.push_back({v.id, {.epoch = cell_.epoch, .candidate = self_, .log = log_end(), .pre_vote = pre_vote}});
}

// --- votes

bool QuorumState::may_grant(const VoteAsk& ask, MonoTime now) const {
  if (!is_voter() || ask.log < promised_end()) return false;
  switch (role_) {
    case QuorumRole::leader:
      return false;
    case QuorumRole::follower:
      // KIP-996: who hears from a leader does not help to unseat it.
      return ask.pre_vote && (leader_gone_ || !heard_in_epoch_ || now - heard_from_leader_ >= timing_.fetch_timeout);
    case QuorumRole::candidate:
      return ask.pre_vote;
    case QuorumRole::unattached:
    case QuorumRole::prospective:
      break;
  }
  // The leader of this epoch was elected: a second candidate of it is out of date.
  return ask.pre_vote ||
         (cell_.leader == kNoBroker && (cell_.voted_for == kNoBroker || cell_.voted_for == ask.candidate));
}

VoteAnswer QuorumState::on_vote(const VoteAsk& ask, MonoTime now, QuorumEffects& out) {
  if (!may_ask(ask.epoch, cell_.epoch)) return {.refused = true, .epoch = cell_.epoch, .leader = leader()};
  if (ask.epoch < cell_.epoch) return {.fenced = true, .epoch = cell_.epoch, .leader = leader()};
  if (ask.epoch > cell_.epoch) become_unattached(ask.epoch, now, out);
  bool granted = may_grant(ask, now);
  if (granted && !ask.pre_vote) {
    set_cell({cell_.epoch, ask.candidate, kNoBroker}, out);
    if (role_ != QuorumRole::unattached) {
      leave_role(out);
      role_ = QuorumRole::unattached;
    }
    wake_at_ = stopping_ ? MonoTime::max() : now + election_timeout();
  } else if (granted && role_ == QuorumRole::prospective && (ask.log > log_end() || ask.candidate < self_)) {
    // Two that campaign at once would split the vote: the one with the shorter log, then the larger id, steps back for
    // a moment.
    round_over_ = true;
    wake_at_ = std::max(wake_at_, now + kRoundFirst + draw(kRoundFirst));
  }
  return {.granted = granted, .epoch = cell_.epoch, .leader = leader()};
}

void QuorumState::on_vote_answer(BrokerId from, const VoteAsk& ask, const VoteAnswer& answer, MonoTime now,
                                 QuorumEffects& out) {
  on_leader_heard(answer.leader, answer.epoch, now, out);
  bool running = ask.pre_vote ? role_ == QuorumRole::prospective : role_ == QuorumRole::candidate;
  if (!running || round_over_ || ask.epoch != cell_.epoch || !voters_.contains(from)) return;
  tally_.count(from, answer.granted);
  if (tally_.won(voters_)) return ask.pre_vote ? become_candidate(now, out) : become_leader(now, out);
  if (!tally_.lost(voters_)) return;
  if (role_ == QuorumRole::prospective && cell_.leader != kNoBroker && !leader_gone_) {
    // The others hear from the leader that we missed: try it again.
    become_follower(cell_.epoch, cell_.leader, now, out);
    wake_at_ = now + election_timeout();
    return;
  }
  round_over_ = true;
  wake_at_ = std::min(wake_at_,
                      now + kStartDelay + draw(leader_gone_ ? 2 * kStartDelay : timing_.election_timeout / 4));
}

// --- leaders of others

void QuorumState::on_leader_heard(BrokerId leader, LeaderEpoch epoch, MonoTime now, QuorumEffects& out) {
  if (epoch < cell_.epoch || epoch > kEpochMax) return;
  bool another = leader != kNoBroker && leader != self_;
  if (epoch > cell_.epoch)
    return another ? become_follower(epoch, leader, now, out) : become_unattached(epoch, now, out);
  if (!another || cell_.leader == leader) return;
  if (cell_.leader == kNoBroker) return become_follower(epoch, leader, now, out);
  WEIR_ERROR("quorum: node {} is said to lead epoch {}, which {} leads", leader, epoch, cell_.leader);
}

ErrorCode QuorumState::on_begin_epoch(BrokerId leader, LeaderEpoch epoch, MonoTime now, QuorumEffects& out) {
  if (!may_ask(epoch, cell_.epoch)) return ErrorCode::invalid_request;
  if (epoch < cell_.epoch) {
    if (!faults().stale_leader_not_fenced) return ErrorCode::fenced_leader_epoch;
    cell_ = {epoch, kNoBroker, kNoBroker};
    out.persist = true;
  }
  // From the leader itself: it lives, whatever we thought.
  if (epoch == cell_.epoch && leader == cell_.leader && role_ == QuorumRole::prospective)
    become_follower(epoch, leader, now, out);
  leader_gone_ = false;
  on_leader_heard(leader, epoch, now, out);
  return ErrorCode::none;
}

ErrorCode QuorumState::on_end_epoch(BrokerId leader, LeaderEpoch epoch, const std::vector<BrokerId>& successors,
                                    MonoTime now, QuorumEffects& out) {
  if (!may_ask(epoch, cell_.epoch)) return ErrorCode::invalid_request;
  if (epoch < cell_.epoch) return ErrorCode::fenced_leader_epoch;
  on_leader_heard(leader, epoch, now, out);
  if (role_ != QuorumRole::follower || cell_.leader != leader) return ErrorCode::none;
  leader_gone_ = true;
  if (!is_voter() || stopping_) return ErrorCode::none;
  auto at = std::find(successors.begin(), successors.end(), self_) - successors.begin();
  wake_at_ = std::min(wake_at_, now + timing_.rank_delay * at);
  return ErrorCode::none;
}

void QuorumState::on_leader_gone(BrokerId leader, MonoTime now) {
  if (role_ != QuorumRole::follower || cell_.leader != leader) return;
  leader_gone_ = true;
  if (!is_voter() || stopping_) return;
  wake_at_ = std::min(wake_at_, now + timing_.rank_delay * static_cast<int64_t>(voters_.rank(self_, leader)) +
                                    draw(timing_.rank_delay / 8));
}

// --- fetches

FetchVerdict QuorumState::on_fetch(const FetchAsk& ask, MonoTime now, QuorumEffects& out) {
  if (ask.epoch < cell_.epoch) return {.error = ErrorCode::fenced_leader_epoch};
  if (ask.epoch > cell_.epoch) return {.error = ErrorCode::unknown_leader_epoch};
  if (!leads()) return {.error = ErrorCode::not_leader_or_follower};
  if (ask.replica == self_ || ask.replica < kNoBroker || ask.offset < 0) return {.error = ErrorCode::invalid_request};
  if (ask.offset > 0) {
    log::EpochEnd end = log_.epoch_end(ask.last_epoch);
    if (end.epoch != ask.last_epoch || end.end_offset < ask.offset) {
      if (end.epoch == kNoLeaderEpoch) end = {0, 0};
      return {.diverging = LogEnd{end.epoch, end.end_offset}};
    }
  }
  if (ask.replica != kNoBroker) {
    progress_.fetched(ask.replica, ask.offset, log_.end_offset(), now);
    update_high_watermark(out);
  }
  return {};
}

bool QuorumState::on_fetch_answer(BrokerId from, LeaderEpoch epoch, const FetchAnswer& answer, MonoTime now,
                                  QuorumEffects& out) {
  // An observer that only looks for the leader may have asked it by chance: then the answer is good at once.
  on_leader_heard(answer.leader, answer.epoch, now, out);
  if (answer.error != ErrorCode::none) return false;
  if (epoch != cell_.epoch || role_ != QuorumRole::follower || cell_.leader != from) return false;
  heard_in_epoch_ = true;
  heard_from_leader_ = now;
  leader_gone_ = false;
  wake_at_ = now + timing_.fetch_timeout;
  return true;
}

Offset QuorumState::truncation_point(LogEnd diverging) const {
  log::EpochEnd local = log_.epoch_end(diverging.epoch);
  if (local.epoch == kNoLeaderEpoch) return 0;
  return std::min({local.end_offset, diverging.offset, log_.end_offset()});
}

void QuorumState::on_leader_high_watermark(Offset high_watermark, QuorumEffects& out) {
  high_watermark = std::min(high_watermark, log_.end_offset());
  if (role_ != QuorumRole::follower || high_watermark <= high_watermark_) return;
  high_watermark_ = high_watermark;
  out.high_watermark_moved = true;
}

void QuorumState::update_high_watermark(QuorumEffects& out) {
  Offset next = progress_.high_watermark(voters_, log_.durable_offset(), high_watermark_);
  CHECK(next >= high_watermark_ && next <= log_.end_offset(), "the high watermark grows inside the log", next,
        high_watermark_, log_.end_offset());
  if (next == high_watermark_) return;
  high_watermark_ = next;
  out.high_watermark_moved = true;
}

void QuorumState::on_durable(QuorumEffects& out) {
  if (leads()) update_high_watermark(out);
}

// --- time

void QuorumState::on_tick(MonoTime now, QuorumEffects& out) {
  if (now < wake_at_) return;
  bool late = now - wake_at_ > kLate;
  switch (role_) {
    case QuorumRole::leader:
      if (late) progress_.forgive_silence(now);
      return tick_leader(now, out);
    case QuorumRole::follower:
      if (!is_voter()) {
        bootstrap_turn_++;
        return become_unattached(cell_.epoch, now, out);
      }
      if (stopping_)
        return become_unattached(cell_.epoch, now, out);  // or its disk failed: it hears of leaders, and campaigns no
                                                          // more
      if (late && !leader_gone_) {
        // The answer may lie unread in the socket: read first, then judge.
        wake_at_ = now + timing_.election_timeout / 2;
        return;
      }
      if (incomplete()) return become_unattached(cell_.epoch, now, out);
      return become_prospective(now, out);
    case QuorumRole::unattached:
    case QuorumRole::prospective:
    case QuorumRole::candidate:
      break;
  }
  const bool campaigns = is_voter() && !stopping_;
  if (campaigns && !incomplete()) return become_prospective(now, out);
  wake_at_ = campaigns ? now + election_timeout() : MonoTime::max();
}

void QuorumState::tick_leader(MonoTime now, QuorumEffects& out) {
  // Check quorum (KIP-595): a leader that a majority has left alone must not go on believing.
  if (progress_.voters_heard(voters_, now - timing_.fetch_timeout * 3 / 2) < voters_.majority()) {
    WEIR_WARN("quorum: no majority fetched for {} ms, epoch {} is given up",
              timing_.fetch_timeout.count() * 3 / 2 / 1'000'000, cell_.epoch);
    return become_unattached(cell_.epoch, now, out);
  }
  bool all_fetch = true;
  for (const Voter& v : voters_.all()) {
    if (v.id == self_) continue;
    const auto* r = progress_.find(v.id);
    if (r && r->fetched && now - r->last_fetch < timing_.fetch_timeout / 2) continue;
    all_fetch = false;
    out.begin_epoch_to.push_back(v.id);
  }
  progress_.forget_observers(voters_, now - kObserverMemory);
  wake_at_ = now + (all_fetch ? timing_.fetch_timeout / 4 : timing_.begin_epoch_retry);
}

void QuorumState::on_stop(MonoTime now, QuorumEffects& out) {
  stopping_ = true;
  if (leads()) {
    out.ended_epoch = cell_.epoch;
    for (const Voter& v : voters_.all())
      if (v.id != self_) out.end_epoch_to.push_back(v.id);
    out.successors = out.end_epoch_to;
    auto end_of = [&](BrokerId id) { return progress_.find(id) ? progress_.find(id)->durable_end : kNoOffset; };
    std::stable_sort(out.successors.begin(), out.successors.end(),
                     [&](BrokerId a, BrokerId b) { return end_of(a) > end_of(b); });
    return become_unattached(cell_.epoch, now, out);
  }
  if (role_ != QuorumRole::follower) wake_at_ = MonoTime::max();
}

// --- queries

BrokerId QuorumState::fetch_from() const {
  if (role_ == QuorumRole::follower) return cell_.leader;
  if (!is_voter() && role_ == QuorumRole::unattached) return voters_.all()[bootstrap_turn_ % voters_.size()].id;
  return kNoBroker;
}

void QuorumState::fetch_failed() {
  if (!is_voter() && role_ == QuorumRole::unattached) bootstrap_turn_++;
}

const char* QuorumState::role_name() const {
  switch (role_) {
    case QuorumRole::leader:
      return "leader";
    case QuorumRole::follower:
      return is_voter() ? "follower" : "observer";
    case QuorumRole::candidate:
      return "candidate";
    case QuorumRole::prospective:
      return "prospective";
    case QuorumRole::unattached:
      break;
  }
  return cell_.voted_for != kNoBroker ? "voted" : "unattached";
}

void QuorumState::check_invariants() const {
  CHECK(!leads() || (cell_.leader == self_ && cell_.voted_for == self_), "a leader was voted for", cell_.leader,
        cell_.voted_for);
  CHECK(role_ != QuorumRole::follower || (cell_.leader != kNoBroker && cell_.leader != self_),
        "a follower has a leader", cell_.leader);
  CHECK(role_ != QuorumRole::candidate || cell_.voted_for == self_, "a candidate voted for itself", cell_.voted_for);
  CHECK(high_watermark_ <= log_.end_offset(), "the high watermark is inside the log", high_watermark_,
        log_.end_offset());
  CHECK(stopping_ || !is_voter() || wake_at_ != MonoTime::max(), "a voter's timer runs", role_name());
}

}  // namespace weir::replication
