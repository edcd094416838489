#include "replication/controller/broker_sessions.h"

#include <utility>

#include "replication/controller/partition_change.h"

namespace weir::replication {

BrokerSessions::Session BrokerSessions::fresh(MonoTime now) const {
  Session s{.last_contact = now, .last_heard = now};
  s.silence = SilenceLimit(timeout_ / 2, timeout_);
  return s;
}

void BrokerSessions::heard(Session& s, MonoTime now) {
  s.last_heard = now;
  s.aside_at.reset();
  s.aside = false;
  s.lost_at = MonoTime::max();
}

void BrokerSessions::reset(const MetadataImage& image, MonoTime now) {
  sessions_.clear();
  for (const auto& [id, b] : image.brokers) {
    sessions_[id] = fresh(now);
    // A shutdown that began under another controller counts from here.
    if (b->in_controlled_shutdown) sessions_[id].shutdown_offset = image.offset - 1;
  }
}

void BrokerSessions::contact(BrokerId id, Offset metadata_offset, MonoTime now) {
  Session& s = sessions_.try_emplace(id, fresh(now)).first->second;
  s.last_contact = now;
  s.silence.heard(now);
  s.metadata_offset = metadata_offset;
  heard(s, now);
}

void BrokerSessions::registered(BrokerId id, MonoTime now) { sessions_[id] = fresh(now); }

void BrokerSessions::answered(BrokerId id, MonoTime now) {
  if (Session* s = find(id)) heard(*s, now);
}

BrokerSessions::Session* BrokerSessions::find(BrokerId id) {
  auto it = sessions_.find(id);
  return it == sessions_.end() ? nullptr : &it->second;
}

bool BrokerSessions::any_leaving(const MetadataImage& image, BrokerId self) const {
  for (const auto& [id, b] : image.brokers) {
    auto it = sessions_.find(id);
    if (id != self && b->in_controlled_shutdown && !b->fenced && it != sessions_.end() && !it->second.let_go)
      return true;
  }
  return false;
}

std::vector<BrokerId> BrokerSessions::expired(const MetadataImage& image, MonoTime now) const {
  std::vector<BrokerId> out;
  for (const auto& [id, s] : sessions_)
    if (image.alive(id) && now >= lost_at(s)) out.push_back(id);
  return out;
}

std::vector<BrokerId> BrokerSessions::to_ask(const MetadataImage& image, MonoTime now) {
  std::vector<BrokerId> out;
  for (auto& [id, s] : sessions_) {
    const Duration limit = s.silence.limit();
    if (!image.alive(id) || s.aside_at || now < s.last_heard + limit / 2) continue;
    s.aside_at = std::max(s.last_heard + limit, now + limit / 2);  // asked late, it has as long to answer
    out.push_back(id);
  }
  return out;
}

std::vector<BrokerId> BrokerSessions::to_set_aside(const MetadataImage& image, MonoTime now) {
  std::vector<BrokerId> out;
  for (auto& [id, s] : sessions_)
    if (image.alive(id) && s.aside_at && now >= *s.aside_at && !std::exchange(s.aside, true)) out.push_back(id);
  return out;
}

std::set<BrokerId> BrokerSessions::aside() const {
  std::set<BrokerId> out;
  for (const auto& [id, s] : sessions_)
    if (s.aside) out.insert(id);
  return out;
}

MonoTime BrokerSessions::next_look(const MetadataImage& image) const {
  MonoTime next = MonoTime::max();
  for (const auto& [id, s] : sessions_) {
    if (!image.alive(id)) continue;
    next = std::min(next, lost_at(s));
    if (!s.aside) next = std::min(next, s.aside_at.value_or(s.last_heard + s.silence.limit() / 2));
  }
  return next;
}

void BrokerSessions::suspect(BrokerId id, MonoTime now) {
  Session* s = find(id);
  if (!s) return;
  s->aside_at = now + timeout_ / 16;
  s->lost_at = now + timeout_ / 5;
}

void BrokerSessions::forgive(MonoTime now) {
  for (auto& [id, s] : sessions_) {
    s.last_contact = now;
    s.silence.forgive(now);
    heard(s, now);
  }
}

Offset BrokerSessions::lowest_offset(const MetadataImage& image, BrokerId except) const {
  Offset lowest = INT64_MAX;
  for (const auto& [id, s] : sessions_)
    if (id != except && is_active(image, id)) lowest = std::min(lowest, s.metadata_offset);
  return lowest;
}

}  // namespace weir::replication
