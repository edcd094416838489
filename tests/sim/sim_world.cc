#include "tests/sim/sim_world.h"

#include <algorithm>

#include "base/util/check.h"
#include "tests/sim/sim_net.h"
#include "tests/sim/sim_node.h"
#include "tests/sim/sim_runtime.h"

namespace weir::sim {

SimWorld::SimWorld(uint64_t seed, SimProfile profile)
    : seed_(seed), profile_(profile), random_(seed), network_(std::make_unique<SimNetwork>(*this)) {}

SimWorld::~SimWorld() {
  queue_.clear();
  slots_.clear();  // they refer to nodes and connections
}

std::unique_ptr<SimWorld> SimWorld::single() {
  SimProfile profile;
  profile.jitter = false;
  auto world = std::make_unique<SimWorld>(1, profile);
  world->add_node("sim").start_shard();
  return world;
}

SimNode& SimWorld::add_node(const std::string& host) {
  nodes_.push_back(std::make_unique<SimNode>(*this, static_cast<uint32_t>(nodes_.size()), host));
  return *nodes_.back();
}

SimRuntime& SimWorld::runtime() {
  CHECK(!nodes_.empty(), "the world has no node");
  return nodes_[0]->shard(0);
}

void SimWorld::schedule(MonoTime at, Trace kind, uint32_t who, SimTask run) {
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const uint32_t slot = free_slots_.back();
  free_slots_.pop_back();
  slots_[slot] = Slot{kind, who, std::move(run)};
  queue_.push_back(Event{at < now_ ? now_ : at, next_order_++, slot});
  std::push_heap(queue_.begin(), queue_.end(), Later{});
}

void SimWorld::trace(uint64_t value) {
  hash_ = (hash_ ^ value) * 0x9e3779b97f4a7c15ull;
  hash_ ^= hash_ >> 32;
}

bool SimWorld::step() {
  if (queue_.empty()) return false;
  std::pop_heap(queue_.begin(), queue_.end(), Later{});
  const Event event = queue_.back();
  queue_.pop_back();
  Slot what = std::move(slots_[event.slot]);
  free_slots_.push_back(event.slot);
  CHECK(event.at >= now_, "virtual time went back");
  now_ = event.at;
  ++events_;
  trace(static_cast<uint64_t>(event.at.ns));
  trace(static_cast<uint64_t>(what.kind) << 32 | what.who);
  what.run();
  if (after_event_) after_event_();
  return true;
}

void SimWorld::run_for(Duration duration) {
  const MonoTime end = now_ + duration;
  while (!failed() && !queue_.empty() && queue_.front().at <= end) step();
  if (!failed()) now_ = std::max(now_, end);
}

bool SimWorld::run_until(const std::function<bool()>& pred, Duration limit) {
  const MonoTime end = now_ + limit;
  while (!pred()) {
    if (failed() || queue_.empty() || queue_.front().at > end) return false;
    step();
  }
  return true;
}

void SimWorld::fail(const std::string& why) {
  if (failed()) return;
  failure_ = why.empty() ? "failed" : why;
  if (on_failure_) on_failure_(failure_);
}

Duration SimWorld::latency(Duration minimum, uint64_t spread) {
  if (!profile_.jitter) return minimum;
  const auto ns = static_cast<uint64_t>(minimum.count());
  uint64_t result = ns + random_.below(ns * (spread > 1 ? spread - 1 : 1) + 1);
  if (random_.chance(1, 64)) result *= 10;
  return Duration{static_cast<int64_t>(result)};
}

}  // namespace weir::sim
