#include "replication/partition/replica.h"

#include <algorithm>

#include "base/util/check.h"
#include "base/util/diag.h"

namespace weir::replication {

Replica::Replica(ReplicaEnv& env, log::PartitionLog& log)
    : env_(env),
      tp_(log.topic_partition()),
      topic_id_(log.topic_id()),
      log_(&log),
      high_watermark_(std::clamp(log.high_watermark_checkpoint(), log.log_start_offset(), log.log_end_offset())),
      timer_([this] { woke(); }) {
  log_->set_listener(this);
}

Replica::~Replica() {
  if (log_) log_->set_listener(nullptr);
  for (PartitionWatcher* w : watchers_)
    if (w) watched_by(*w) = nullptr;
}

// --- roles

void Replica::set_role(Role role, const PartitionImage& partition) {
  const bool was_leader = role_ == Role::leader;
  role_ = role;
  leader_ = partition.leader;
  leader_epoch_ = partition.leader_epoch;
  partition_epoch_ = partition.partition_epoch;
  isr_seen_ = partition.isr;
  if (was_leader && role != Role::leader) {
    isr_.reset();
    finish(waits_.abandon(ErrorCode::not_leader_or_follower));
  }
  following_ = FollowerState();
  notify();
}

void Replica::lead(const PartitionImage& partition, const MetadataImage& image) {
  if (role_ == Role::leader && leader_epoch_ == partition.leader_epoch) {
    IsrEffects effects;
    isr_->step(IsrState::ImageSeen{partition}, env_.runtime.now(), effects);
    carry_out(effects);
    return;
  }
  set_role(Role::leader, partition);
  log_->begin_epoch(partition.leader_epoch);
  IsrOptions options;
  options.self = env_.self;
  options.lag_max = env_.lag_max;
  options.min_insync_replicas = min_insync_replicas_;
  isr_.emplace(options, IsrState::Start{partition, log_->log_end_offset(), log_->durable_offset(), high_watermark_},
               env_.runtime.now());
  isr_->set_self_epoch(env_.self_epoch);
  WEIR_INFO("{}: leader at epoch {} from offset {}, high watermark {}", tp_.to_string(), leader_epoch_,
            log_->log_end_offset(), high_watermark_);
  brokers_seen(image);
  own_progress();
}

void Replica::follow(const PartitionImage& partition) {
  if (role_ == Role::follower && leader_epoch_ == partition.leader_epoch && leader_ == partition.leader) {
    partition_epoch_ = partition.partition_epoch;
    isr_seen_ = partition.isr;
    return;
  }
  set_role(Role::follower, partition);
}

void Replica::stand_by(const PartitionImage& partition) {
  if (role_ == Role::none && leader_epoch_ == partition.leader_epoch && leader_ == partition.leader) return;
  set_role(Role::none, partition);
}

void Replica::brokers_seen(const MetadataImage& image) {
  if (!isr_) return;
  isr_->set_self_epoch(env_.self_epoch);
  const MonoTime now = env_.runtime.now();
  std::vector<IsrState::BrokerSeen> seen;
  for (const auto& f : isr_->followers()) {
    const BrokerImage* broker = image.broker(f.id);
    seen.push_back({f.id, broker ? broker->epoch : -1, broker && !broker->fenced && !broker->in_controlled_shutdown});
  }
  for (const auto& e : seen) {
    IsrEffects effects;
    isr_->step(e, now, effects);
    carry_out(effects);
  }
}

void Replica::set_min_insync_replicas(int32_t n) {
  if (n == min_insync_replicas_) return;
  min_insync_replicas_ = n;
  if (!isr_) return;
  isr_->set_min_insync_replicas(n);
  own_progress();
}

void Replica::tick() {
  if (!isr_) return;
  IsrEffects effects;
  isr_->step(IsrState::Tick{}, env_.runtime.now(), effects);
  carry_out(effects);
}

void Replica::retire() {
  PartitionImage nobody;
  nobody.leader_epoch = leader_epoch_;
  set_role(Role::none, nobody);
  detach();
}

void Replica::detach() {
  env_.runtime.disarm(timer_);
  if (log_) log_->set_listener(nullptr);
  log_ = nullptr;
  isr_.reset();
  role_ = Role::none;
}

// --- the leader's side

void Replica::produce(Buffer batches, int16_t acks, Duration timeout, log::PartitionLog::Origin origin,
                      std::function<void(Result<ProduceOutcome>)> done) {
  if (role_ != Role::leader) return done(Error(ErrorCode::not_leader_or_follower, "produce"));
  if (storage_failed_) return done(Error(ErrorCode::kafka_storage_error, "produce"));
  if (acks != 0 && acks != 1 && acks != -1) return done(Error(ErrorCode::invalid_required_acks, "produce"));
  if (acks == -1 && isr_->under_min_isr()) return done(Error(ErrorCode::not_enough_replicas, "produce"));
  auto appended = log_->append_as_leader(std::move(batches), leader_epoch_, origin);
  if (!appended) return done(appended.error());
  const Pending entry{{appended->base_offset, appended->log_append_time, log_->log_start_offset()}, {}};
  // The wait is known before the progress is told: one replica in memory is committed at once.
  if (acks == 0) {
    own_progress();
    return done(entry.outcome);
  }
  const auto id = waits_.add(acks, appended->end_offset, env_.runtime.now() + timeout);
  pending_.emplace(id, Pending{entry.outcome, std::move(done)});
  own_progress();
}

void Replica::own_progress() {
  if (!isr_) return;
  const bool grew = log_->log_end_offset() > isr_->log_end();
  IsrEffects effects;
  isr_->step(IsrState::OwnProgress{log_->log_end_offset(), log_->durable_offset()}, env_.runtime.now(), effects);
  if (grew) notify();
  carry_out(effects);
}

void Replica::carry_out(IsrEffects& effects) {
  DCHECK(isr_->check_invariants().empty(), isr_->check_invariants().c_str());
  if (effects.high_watermark_moved) set_high_watermark(isr_->high_watermark());
  if (effects.isr_changed) {
    isr_seen_ = isr_->isr();
    partition_epoch_ = isr_->partition_epoch();
    notify();
  }
  if (effects.propose) send_proposal(std::move(*effects.propose));
  finish(waits_.step({log_->durable_offset(), high_watermark_, isr_->under_min_isr()}));
  arm();
}

void Replica::send_proposal(std::vector<IsrMember> members) {
  IsrChanger::Change change;
  change.tp = tp_;
  change.topic_id = topic_id_;
  change.leader_epoch = leader_epoch_;
  change.partition_epoch = isr_->partition_epoch();
  std::string names;
  for (const IsrMember& m : members) {
    change.new_isr.emplace_back(m.id, m.epoch);
    names += (names.empty() ? "" : ",") + std::to_string(m.id);
  }
  WEIR_DEBUG("{}: asking for ISR [{}] at epoch {}", tp_.to_string(), names, leader_epoch_);
  env_.isr_changer.change_isr(std::move(change), [weak = weak_from_this(),
                                                  epoch = leader_epoch_](IsrChanger::Outcome outcome) {
    auto self = weak.lock();
    if (!self || !self->isr_ || self->leader_epoch_ != epoch) return;
    if (outcome.error != ErrorCode::none)
      WEIR_DEBUG("{}: ISR change was answered {}", self->tp_.to_string(), error_name(outcome.error));
    IsrEffects effects;
    self->isr_->step(IsrState::Answered{outcome.error, std::move(outcome.image)}, self->env_.runtime.now(), effects);
    self->carry_out(effects);
  });
}

Status Replica::follower_fetched(BrokerId follower, BrokerEpoch broker_epoch, Offset from) {
  if (role_ != Role::leader) return Error(ErrorCode::not_leader_or_follower, "follower fetch");
  if (!isr_->is_replica(follower)) return Error(ErrorCode::not_leader_or_follower, "follower fetch of no replica");
  if (from > log_->log_end_offset()) return Error(ErrorCode::offset_out_of_range, "follower fetch above the log end");
  for (const auto& f : isr_->followers()) {
    if (f.id == follower && broker_epoch != -1 && broker_epoch < f.broker_epoch)
      return Error(ErrorCode::not_leader_or_follower, "follower fetch of an earlier broker epoch");  // KIP-903
  }
  IsrEffects effects;
  isr_->step(IsrState::FollowerFetched{follower, broker_epoch, from}, env_.runtime.now(), effects);
  carry_out(effects);
  return {};
}

void Replica::finish(const std::vector<ProduceWaits::Done>& done) {
  for (const auto& d : done) {
    auto it = pending_.find(d.id);
    CHECK(it != pending_.end(), "a wait ends once", d.id);
    Pending pending = std::move(it->second);
    pending_.erase(it);
    if (d.error == ErrorCode::none)
      pending.done(pending.outcome);
    else
      pending.done(Error(d.error, "produce"));
  }
}

void Replica::on_durable(Offset) {
  if (role_ == Role::leader) {
    own_progress();
  } else if (role_ == Role::follower && log_->durable_offset() >= log_->log_end_offset() && env_.on_follower_durable) {
    env_.on_follower_durable(*this);
  }
}

void Replica::on_storage_failed(const Error& error) {
  WEIR_ERROR("{}: {}", tp_.to_string(), error.message());
  storage_failed_ = true;
  finish(waits_.abandon(ErrorCode::kafka_storage_error));
  notify();
}

void Replica::set_high_watermark(Offset hw) {
  if (hw == high_watermark_) return;
  high_watermark_ = hw;
  log_->set_high_watermark(hw);
  notify();
}

void Replica::arm() {
  const MonoTime now = env_.runtime.now();
  std::optional<MonoTime> at = waits_.next_deadline();
  if (isr_) {
    if (auto wake = isr_->wake_at(now); wake && (!at || *wake < *at)) at = wake;
  }
  if (at && (!timer_.armed() || timer_.due() > *at)) env_.runtime.arm(timer_, *at);
}

void Replica::woke() {
  finish(waits_.expire(env_.runtime.now()));
  tick();
  arm();
}

// --- the follower's side

Replica::FetchPosition Replica::fetch_position() const {
  FetchPosition at;
  at.from = log_->durable_offset();
  at.log_start = log_->log_start_offset();
  at.ready = !storage_failed_ && at.from >= log_->log_end_offset();
  // The epoch of the last record, not of a leadership of ours that wrote none.
  at.last_epoch = at.from > at.log_start ? log_->epoch_of(at.from - 1).value_or(kNoLeaderEpoch) : kNoLeaderEpoch;
  return at;
}

std::optional<Duration> Replica::leader_said(const LeaderSaid& said, Buffer records) {
  const FollowerLog log{log_->log_start_offset(), log_->log_end_offset(), log_->durable_offset(), high_watermark_};
  const log::EpochEnd own = said.diverging ? log_->epoch_end(said.diverging->epoch) : log::EpochEnd{};
  FollowerEffects effects;
  following_.step(said, log, own, effects);
  const auto failed = [this](const char* what, const Status& status) -> std::optional<Duration> {
    if (status.code() != ErrorCode::no_space)
      WEIR_WARN("{}: {}: {}", tp_.to_string(), what, status.error().message());  // that the log set says once
    return 500ms;
  };
  if (effects.truncate_to) {
    WEIR_INFO("{}: truncating to {} from {}: the leader of epoch {} differs", tp_.to_string(), *effects.truncate_to,
              log.log_end, leader_epoch_);
    if (*effects.truncate_to < high_watermark_)
      WEIR_WARN("{}: truncating below the high watermark {}", tp_.to_string(), high_watermark_);
    if (Status s = log_->truncate_to(*effects.truncate_to); !s) return failed("truncation failed", s);
  }
  if (effects.restart_at) {
    WEIR_INFO("{}: starting again at the leader's log start {}", tp_.to_string(), *effects.restart_at);
    if (Status s = log_->truncate_fully_and_start_at(*effects.restart_at); !s) return failed("truncation failed", s);
    high_watermark_ = 0;
  }
  if (effects.append) {
    auto appended = log_->append_as_follower(std::move(records));
    if (!appended) return failed("append of fetched batches failed", appended.error());
    notify();
  }
  const Offset known = said.error == ErrorCode::none && !said.diverging ? said.high_watermark : kNoOffset;
  set_high_watermark(std::max(log_->log_start_offset(),
                              FollowerState::high_watermark(known, high_watermark_, log_->log_end_offset())));
  if (effects.advance_log_start && *effects.advance_log_start <= high_watermark_) {
    if (Status s = log_->advance_log_start(*effects.advance_log_start); !s)
      return failed("advance of the log start failed", s);
  }
  return effects.back_off;
}

void Replica::leader_committed(Offset high_watermark) {
  set_high_watermark(FollowerState::high_watermark(high_watermark, high_watermark_, log_->log_end_offset()));
}

// --- reading, and who waits

Offset Replica::last_stable_offset() const {
  if (!log_) return high_watermark_;
  return std::min(high_watermark_, log_->first_unstable_offset().value_or(high_watermark_));
}

ErrorCode Replica::check_leader_epoch(LeaderEpoch epoch, bool must_lead) const {
  if (log_ == nullptr) return ErrorCode::not_leader_or_follower;
  // KIP-320: the epoch is compared first, so that a client with newer metadata hears "not yet" rather than "not me".
  if (ErrorCode error = compare_leader_epoch(epoch, leader_epoch_); error != ErrorCode::none) return error;
  if (must_lead && role_ != Role::leader) return ErrorCode::not_leader_or_follower;
  if (!must_lead && role_ == Role::none) return ErrorCode::not_leader_or_follower;
  return storage_failed_ ? ErrorCode::kafka_storage_error : ErrorCode::none;
}

void Replica::read(Offset from, size_t max_bytes, bool at_least_one, Isolation isolation,
                   std::function<void(Result<log::ReadResult>)> done) {
  if (log_ == nullptr) return done(Error(ErrorCode::not_leader_or_follower, "read"));
  if (from < log_->log_start_offset() || from > log_->log_end_offset())
    return done(Error(ErrorCode::offset_out_of_range, "read", std::to_string(from)));
  const Offset up_to = isolation == Isolation::log_end          ? log_->log_end_offset()
                       : isolation == Isolation::read_committed ? last_stable_offset()
                                                                : high_watermark_;
  if (from >= up_to) return done(log::ReadResult{{}, from});
  log_->read({from, up_to, max_bytes, at_least_one}, std::move(done));
}

PartitionView Replica::view(MonoTime now) const {
  PartitionView v;
  v.tp = tp_;
  v.leader = leader_;
  v.leader_epoch = leader_epoch_;
  v.isr = isr_seen_;
  v.leads = leads();
  v.log_start = log_start_offset();
  v.high_watermark = high_watermark_;
  v.last_stable = last_stable_offset();
  v.durable = log_ ? log_->durable_offset() : 0;
  v.log_end = log_end_offset();
  if (isr_) {
    v.replicas.push_back({env_.self, v.durable, true, Duration{0}});
    for (const auto& f : isr_->followers()) {
      const bool caught_up = f.durable_end >= isr_->log_end();
      const bool known = f.caught_up_at.ns > INT64_MIN / 4;
      v.replicas.push_back({f.id, f.durable_end, isr_->in_isr(f.id),
                            caught_up ? Duration{0}
                            : known   ? now - f.caught_up_at
                                      : Duration::max()});
    }
  }
  return v;
}

void Replica::watch(PartitionWatcher& watcher) {
  CHECK(!watcher.watching(), "a watcher watches one partition");
  watched_by(watcher) = this;
  slot_of(watcher) = watchers_.size();
  watchers_.push_back(&watcher);
}

void Replica::unwatch(PartitionWatcher& watcher) {
  if (watched_by(watcher) != this) return;
  watched_by(watcher) = nullptr;
  const size_t slot = slot_of(watcher);
  CHECK(slot < watchers_.size() && watchers_[slot] == &watcher, "a watcher is where it says");
  if (notifying_) {
    watchers_[slot] = nullptr;  // swept after the round
    return;
  }
  watchers_[slot] = watchers_.back();
  slot_of(*watchers_[slot]) = slot;
  watchers_.pop_back();
}

void Replica::notify() {
  if (notify_scheduled_ || watchers_.empty()) return;
  notify_scheduled_ = true;
  env_.runtime.defer([self = shared_from_this()] { self->notify_now(); });
}

void Replica::notify_now() {
  notify_scheduled_ = false;
  notifying_ = true;
  const size_t count = watchers_.size();
  for (size_t i = 0; i < count; ++i)
    if (watchers_[i]) watchers_[i]->on_partition_moved();
  notifying_ = false;
  std::erase(watchers_, nullptr);
  for (size_t i = 0; i < watchers_.size(); ++i) slot_of(*watchers_[i]) = i;
}

}  // namespace weir::replication
