#include "web/channel.h"

#include "base/util/check.h"
#include "web/json_writer.h"

namespace weir::web {

Channel::Channel(std::string name, uint64_t first_seq, size_t deltas_max, size_t delta_bytes_max)
    : name_(std::move(name)),
      seq_(first_seq),
      oldest_resume_(first_seq),
      deltas_max_(deltas_max),
      delta_bytes_max_(delta_bytes_max) {}

bool Channel::update(const Items& items) {
  Delta delta{seq_ + 1, {}, 0};
  auto change = [&](const std::string& key, Text text) {
    delta.bytes += key.size() + (text ? text->size() : 0) + 64;
    delta.changes.emplace_back(key, std::move(text));
  };
  auto old = items_.begin();
  for (const auto& [key, json] : items) {
    for (; old != items_.end() && old->first < key; old = items_.erase(old)) change(old->first, nullptr);
    if (old == items_.end() || old->first != key) {
      old = items_.emplace_hint(old, key, std::make_shared<const std::string>(json));
      change(key, old->second);
    } else if (*old->second != json) {
      old->second = std::make_shared<const std::string>(json);
      change(key, old->second);
    }
    ++old;
  }
  for (; old != items_.end(); old = items_.erase(old)) change(old->first, nullptr);
  if (delta.changes.empty()) return false;

  seq_ = delta.seq;
  delta_bytes_ += delta.bytes;
  deltas_.push_back(std::move(delta));
  while (deltas_.size() > deltas_max_ || (delta_bytes_ > delta_bytes_max_ && !deltas_.empty())) {
    delta_bytes_ -= deltas_.front().bytes;
    oldest_resume_ = deltas_.front().seq;
    deltas_.pop_front();
  }
  return true;
}

void Channel::clear() {
  items_.clear();
  deltas_.clear();
  delta_bytes_ = 0;
  oldest_resume_ = ++seq_;
}

bool Channel::passes(const std::string& key, const SubscriptionFilter& filter) {
  return filter.prefix.empty() || key == "meta" || key.starts_with(filter.prefix);
}

std::string Channel::snapshot(int64_t id, const SubscriptionFilter& filter, const std::string& epoch, bool gap) const {
  JsonWriter w;
  w.begin_object()
      .field("op", "snapshot")
      .field("id", id)
      .field("channel", name_)
      .field("epoch", epoch)
      .field("seq", seq_);
  if (gap) w.field("gap", true);
  w.key("items").begin_object();
  for (const auto& [key, text] : items_) {
    if (passes(key, filter)) w.key(key).raw(*text);
  }
  return w.end_object().end_object().take();
}

std::string Channel::delta(int64_t id, uint64_t from_seq, const SubscriptionFilter& filter) const {
  CHECK(can_resume(from_seq), "delta outside of the kept window");
  std::map<std::string_view, const Text*> newest;
  for (const auto& delta : deltas_) {
    if (delta.seq <= from_seq) continue;
    for (const auto& [key, text] : delta.changes) {
      if (passes(key, filter)) newest[key] = &text;
    }
  }
  if (newest.empty()) return {};
  JsonWriter w;
  w.begin_object()
      .field("op", "delta")
      .field("id", id)
      .field("prev", from_seq)
      .field("seq", seq_)
      .key("set")
      .begin_object();
  bool removed = false;
  for (const auto& [key, text] : newest) {
    if (*text)
      w.key(key).raw(**text);
    else
      removed = true;
  }
  w.end_object();
  if (removed) {
    w.key("del").begin_array();
    for (const auto& [key, text] : newest) {
      if (!*text) w.value(key);
    }
    w.end_array();
  }
  return w.end_object().take();
}

}  // namespace weir::web
