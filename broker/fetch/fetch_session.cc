#include "broker/fetch/fetch_session.h"

#include "base/util/check.h"

namespace weir::broker {

void SessionPartition::on_partition_moved() { session_.touch(*this); }

std::vector<SessionPartition*> FetchSession::apply(const std::vector<wire::FetchRequest::FetchTopic>& topics,
                                                   const std::vector<wire::FetchRequest::ForgottenTopic>& forgotten) {
  for (const auto& topic : forgotten) {
    for (PartitionId partition : topic.partitions)
      forget({by_id_ ? std::string() : topic.topic, by_id_ ? topic.topic_id : Uuid{}, partition});
  }
  ++applied_;
  std::vector<SessionPartition*> named;
  for (const auto& topic : topics) {
    for (const auto& asked : topic.partitions) {
      FetchKey key{by_id_ ? std::string() : topic.topic, by_id_ ? topic.topic_id : Uuid{}, asked.partition};
      std::unique_ptr<SessionPartition>& slot = partitions_[key];
      if (slot == nullptr) slot = std::make_unique<SessionPartition>(*this, std::move(key));
      SessionPartition& p = *slot;
      p.current_leader_epoch = asked.current_leader_epoch;
      p.fetch_offset = asked.fetch_offset;
      p.last_fetched_epoch = asked.last_fetched_epoch;
      p.max_bytes = asked.partition_max_bytes;
      p.in_flight = false;
      p.refused = ErrorCode::none;
      if (follower_) p.sent_high_watermark = kNoOffset;  // what came while it was writing it may have passed over
      if (p.named_in_ == applied_) continue;
      p.named_in_ = applied_;
      named.push_back(&p);
      put_back(p, false);
    }
  }
  return named;
}

void FetchSession::forget(const FetchKey& key) {
  auto it = partitions_.find(key);
  if (it == partitions_.end()) return;
  if (it->second->dirty_) dirty_.erase(it->second->at_);
  partitions_.erase(it);
}

std::vector<SessionPartition*> FetchSession::take_dirty() {
  std::vector<SessionPartition*> taken(dirty_.begin(), dirty_.end());
  for (SessionPartition* p : taken) p->dirty_ = false;
  dirty_.clear();
  return taken;
}

void FetchSession::touch(SessionPartition& p) {
  put_back(p, false);
  if (wake_) wake_();
}

void FetchSession::put_back(SessionPartition& p, bool first) {
  if (p.dirty_) return;
  p.dirty_ = true;
  p.at_ = dirty_.insert(first ? dirty_.begin() : dirty_.end(), &p);
}

BrokerId replica_of(const wire::FetchRequest& request, int16_t version) {
  return version >= 15 ? request.replica_state.replica_id : request.replica_id;
}

FetchSessions::Opened FetchSessions::open(const wire::FetchRequest& request, int16_t version, MonoTime now,
                                          Random& random) {
  const bool by_id = version >= 13;
  const bool follower = replica_of(request, version) >= 0;
  if (request.session_epoch == 0 || request.session_epoch == -1) {
    if (request.session_id != 0) sessions_.erase(request.session_id);
    int32_t id = 0;
    if (request.session_epoch == 0 && version >= 7 && !request.topics.empty() && make_room(follower, now)) {
      do {
        id = static_cast<int32_t>(random.next() & 0x7fffffff);
      } while (id == 0 || sessions_.count(id) > 0);
    }
    auto session = std::make_shared<FetchSession>(id, by_id, follower);
    session->created_ = session->used_ = now;
    if (id != 0) sessions_.emplace(id, session);
    return {ErrorCode::none, std::move(session), true};
  }
  auto it = sessions_.find(request.session_id);
  if (it == sessions_.end()) return {ErrorCode::fetch_session_id_not_found, nullptr, false};
  FetchSession& session = *it->second;
  if (request.session_epoch != session.next_epoch_) return {ErrorCode::invalid_fetch_session_epoch, nullptr, false};
  if (session.by_id_ != by_id) return {ErrorCode::fetch_session_topic_id_error, nullptr, false};  // KIP-516
  session.next_epoch_ = session.next_epoch_ == INT32_MAX ? 1 : session.next_epoch_ + 1;
  session.used_ = now;
  return {ErrorCode::none, it->second, false};
}

bool FetchSessions::make_room(bool follower, MonoTime now) {
  if (sessions_.size() < limits_.slots) return true;
  auto victim = sessions_.end();
  for (auto it = sessions_.begin(); it != sessions_.end(); ++it) {
    const FetchSession& s = *it->second;
    if (s.follower_ && !follower) continue;  // replication goes before consumers
    const bool idle = now - s.used_ > limits_.min_idle;
    if (!idle && !(follower && !s.follower_)) continue;
    if (victim == sessions_.end() || s.used_ < victim->second->used_) victim = it;
  }
  if (victim == sessions_.end()) return false;
  sessions_.erase(victim);
  ++evictions_;
  return true;
}

}  // namespace weir::broker
