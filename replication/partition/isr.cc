#include "replication/partition/isr.h"

#include <algorithm>

#include "base/util/check.h"
#include "replication/faults.h"

namespace weir::replication {
namespace {

constexpr Duration kRetryMin = 50ms;
constexpr Duration kRetryMax = 1s;
constexpr Duration kRefusedPause = 200ms;
constexpr Duration kStalePause = 1s;

bool contains(const std::vector<BrokerId>& ids, BrokerId id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

}  // namespace

IsrState::IsrState(IsrOptions options, const Start& start, MonoTime now)
    : options_(options),
      leader_epoch_(start.image.leader_epoch),
      partition_epoch_(start.image.partition_epoch),
      replicas_(start.image.replicas),
      isr_(start.image.isr),
      epoch_start_(start.log_end),
      log_end_(start.log_end),
      durable_(start.durable),
      high_watermark_(std::min(start.high_watermark, start.log_end)) {
  CHECK(start.durable <= start.log_end, "durable offset above the log end", start.durable, start.log_end);
  for (BrokerId id : replicas_) {
    if (id == options_.self) continue;
    Follower f;
    f.id = id;
    if (contains(isr_, id)) f.caught_up_at = now;  // gets lag_max to show itself
    followers_.push_back(f);
  }
}

IsrState::Follower* IsrState::find(BrokerId id) {
  for (Follower& f : followers_)
    if (f.id == id) return &f;
  return nullptr;
}

bool IsrState::in_isr(BrokerId id) const { return contains(isr_, id); }
bool IsrState::in_maximal_isr(BrokerId id) const { return in_isr(id) || (proposed_ && contains(*proposed_, id)); }

bool IsrState::under_min_isr() const {
  const size_t wanted = std::min(static_cast<size_t>(std::max(options_.min_insync_replicas, 1)), replicas_.size());
  return isr_.size() < wanted;
}

bool IsrState::lags(const Follower& f, MonoTime now) const {
  return f.durable_end < log_end_ && now - f.caught_up_at > options_.lag_max;
}

bool IsrState::joins(const Follower& f) const {
  if (in_isr(f.id) || !f.may_join || f.durable_end < high_watermark_ || f.durable_end < epoch_start_) return false;
  // KIP-903: what was fetched by an earlier incarnation of the broker says nothing about this one.
  return f.broker_epoch == -1 || f.registered_epoch == -1 || f.broker_epoch == f.registered_epoch;
}

bool IsrState::waited_for(const Follower& f, MonoTime now) const {
  return f.may_join && f.durable_end >= 0 && (f.broker_epoch == -1 || f.broker_epoch == f.registered_epoch) &&
         f.fetched_at > f.put_out_at && now - f.fetched_at <= options_.join_wait_max &&
         now - f.caught_up_at <= options_.lag_max;
}

void IsrState::step(const OwnProgress& e, MonoTime now, IsrEffects& out) {
  CHECK(e.durable <= e.log_end, "durable offset above the log end", e.durable, e.log_end);
  if (e.log_end > log_end_) {
    // Who was at the end until this append was caught up until now, however long ago it said so: an idle partition
    // costs no fetches.
    for (Follower& f : followers_)
      if (f.durable_end >= log_end_) f.caught_up_at = std::max(f.caught_up_at, now);
  }
  log_end_ = e.log_end;
  durable_ = e.durable;
  advance(now, out);
}

void IsrState::step(const FollowerFetched& e, MonoTime now, IsrEffects& out) {
  Follower* f = find(e.follower);
  CHECK(f != nullptr, "a fetch of who is no replica", e.follower);
  CHECK(e.from <= log_end_, "a follower is ahead of the leader", e.follower, e.from, log_end_);
  if (e.from >= log_end_) {
    f->caught_up_at = std::max(f->caught_up_at, now);
  } else if (f->leader_end_at_fetch != kNoOffset && e.from >= f->leader_end_at_fetch) {
    f->caught_up_at = std::max(f->caught_up_at, f->fetched_at);
  }
  f->broker_epoch = e.broker_epoch;
  f->durable_end = e.from;
  f->leader_end_at_fetch = log_end_;
  f->fetched_at = now;
  propose(now, out);
  advance(now, out);
}

void IsrState::step(const BrokerSeen& e, MonoTime now, IsrEffects& out) {
  Follower* f = find(e.id);
  if (f == nullptr) return;
  f->registered_epoch = e.epoch;
  f->may_join = e.may_join;
  propose(now, out);
  advance(now, out);
}

void IsrState::step(const Tick&, MonoTime now, IsrEffects& out) {
  if (proposed_ && now >= retry_at_) {
    retry_at_ = MonoTime::max();
    out.propose = with_epochs(*proposed_);
  }
  propose(now, out);
  advance(now, out);
}

void IsrState::step(const Answered& e, MonoTime now, IsrEffects& out) {
  if (!proposed_) return;  // newer metadata settled it
  switch (e.error) {
    case ErrorCode::none:
      if (e.image.leader_epoch == leader_epoch_ && e.image.partition_epoch >= partition_epoch_) {
        retry_in_ = Duration{0};
        proposed_.reset();
        retry_at_ = MonoTime::max();
        adopt(e.image, now, out);
        return;
      }
      retry_at_ = now + kStalePause;  // another leader epoch: the metadata will tell
      return;
    case ErrorCode::operation_not_attempted:
    case ErrorCode::ineligible_replica:  // surely not applied
      proposed_.reset();
      retry_at_ = MonoTime::max();
      propose_from_ = now + kRefusedPause;
      advance(now, out);
      return;
    case ErrorCode::fenced_leader_epoch:
    case ErrorCode::invalid_update_version:
    case ErrorCode::new_leader_elected:
    case ErrorCode::unknown_topic_or_partition:
    case ErrorCode::unknown_topic_id:
    case ErrorCode::invalid_request:
      retry_at_ = now + kStalePause;  // our metadata is old; it may have been applied by an earlier try
      return;
    default:  // not known whether it was applied
      retry_in_ = std::clamp(retry_in_ * 2, kRetryMin, kRetryMax);
      retry_at_ = now + retry_in_;
  }
}

void IsrState::step(const ImageSeen& e, MonoTime now, IsrEffects& out) {
  if (e.image.leader_epoch != leader_epoch_ || e.image.partition_epoch < partition_epoch_) return;
  const bool newer = e.image.partition_epoch > partition_epoch_;
  if (newer) {
    proposed_.reset();  // it was applied, or can no more be: the partition epoch it names is gone
    retry_at_ = MonoTime::max();
  }
  adopt(e.image, now, out);
}

void IsrState::adopt(const PartitionImage& image, MonoTime now, IsrEffects& out) {
  partition_epoch_ = image.partition_epoch;
  if (!image.replicas.empty() && replicas_ != image.replicas) {  // AlterPartition's answer has none
    replicas_ = image.replicas;
    std::erase_if(followers_, [&](const Follower& f) { return !contains(replicas_, f.id); });
    for (BrokerId id : replicas_) {
      if (id == options_.self || find(id)) continue;
      followers_.push_back({.id = id});
    }
  }
  if (isr_ != image.isr) {
    for (Follower& f : followers_)  // put back by the controller: gets lag_max to show itself
      if (!contains(isr_, f.id) && contains(image.isr, f.id)) f.caught_up_at = std::max(f.caught_up_at, now);
    for (Follower& f : followers_)  // put out: nobody waits for it before it fetches again
      if (contains(isr_, f.id) && !contains(image.isr, f.id)) f.put_out_at = now;
    isr_ = image.isr;
    out.isr_changed = true;
  }
  advance(now, out);  // first: who was put out behind what can be committed now is not asked back
  propose(now, out);
}

void IsrState::advance(MonoTime now, IsrEffects& out) {
  if (under_min_isr() && !faults().hw_from_leader_alone) return;
  Offset candidate = durable_;
  for (const Follower& f : followers_) {
    if (faults().hw_from_leader_alone) break;
    if (faults().lagging_isr_member_kept && lags(f, now)) continue;
    if (in_maximal_isr(f.id) || waited_for(f, now)) candidate = std::min(candidate, f.durable_end);
  }
  if (candidate <= high_watermark_) return;
  high_watermark_ = candidate;
  out.high_watermark_moved = true;
}

void IsrState::propose(MonoTime now, IsrEffects& out) {
  if (proposed_ || now < propose_from_) return;
  std::vector<BrokerId> wanted;
  for (BrokerId id : isr_) {
    const Follower* f = find(id);
    if (f != nullptr && lags(*f, now) && !faults().lagging_isr_member_kept) continue;
    wanted.push_back(id);
  }
  for (const Follower& f : followers_)
    if (joins(f) && !lags(f, now)) wanted.push_back(f.id);
  if (wanted == isr_ || wanted.empty()) return;
  proposed_ = wanted;
  retry_at_ = MonoTime::max();
  out.propose = with_epochs(wanted);
}

std::vector<IsrMember> IsrState::with_epochs(const std::vector<BrokerId>& isr) const {
  std::vector<IsrMember> members;
  for (BrokerId id : isr) {
    if (id == options_.self) {
      members.push_back({id, self_epoch_});
      continue;
    }
    const Follower* f = find(id);
    members.push_back({id, f == nullptr ? -1 : f->broker_epoch != -1 ? f->broker_epoch : f->registered_epoch});
  }
  return members;
}

std::optional<MonoTime> IsrState::wake_at(MonoTime now) const {
  MonoTime at = retry_at_;
  if (!proposed_ && propose_from_ > now) at = std::min(at, propose_from_);
  if (high_watermark_ < durable_) {
    for (const Follower& f : followers_)
      if (!in_maximal_isr(f.id) && waited_for(f, now))
        at = std::min(at, f.fetched_at + options_.join_wait_max + Duration{1});
  }
  if (at == MonoTime::max()) return std::nullopt;
  return at;
}

std::string IsrState::check_invariants() const {
  if (high_watermark_ > log_end_) return "high watermark above the log end";
  if (durable_ > log_end_) return "durable offset above the log end";
  for (const Follower& f : followers_)
    if (f.durable_end > log_end_) return "a follower above the log end";
  for (BrokerId id : isr_)
    if (!contains(replicas_, id)) return "an ISR member that is no replica";
  return {};
}

}  // namespace weir::replication
