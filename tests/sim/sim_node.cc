#include "tests/sim/sim_node.h"

#include <utility>

#include "base/util/check.h"
#include "tests/sim/sim_net.h"
#include "tests/sim/sim_runtime.h"

namespace weir::sim {

namespace {
constexpr WallMillis kWallStart = 1'767'225'600'000;  // 2026-01-01 00:00 UTC
}

SimNode::SimNode(SimWorld& world, uint32_t index, std::string host)
    : world_(world), index_(index), host_(std::move(host)), fs_(world.random()) {}

SimNode::~SimNode() = default;

SimRuntime& SimNode::start_shard() {
  if (!std::exchange(on_, true)) world_.network().retry_held();
  shards_.push_back(std::make_unique<SimRuntime>(*this, static_cast<uint32_t>(shards_.size())));
  return *shards_.back();
}

SimRuntime& SimNode::shard(size_t index) {
  CHECK(index < shards_.size(), "the node has no such shard", index, shards_.size());
  return *shards_[index];
}

void SimNode::end_process(bool power) {
  for (auto& shard : shards_) shard->die(power);
  for (auto& shard : shards_) ghosts_.push_back(std::move(shard));
  shards_.clear();
  fs_.drop_locks();
  paused_ = false;
}

void SimNode::kill() {
  world_.trace(0x6b696c6c ^ index_);
  end_process(false);
}

void SimNode::power_off() {
  world_.trace(0x706f7765 ^ index_);
  end_process(true);
  fs_.lose_power();
  on_ = false;
  doomed_ = false;
  changes_until_doom_ = 0;
}

void SimNode::pause() { paused_ = true; }

void SimNode::resume() {
  if (!paused_) return;
  paused_ = false;
  for (auto& shard : shards_) shard->wake();
}

void SimNode::power_off_at_disk_change(uint64_t count) {
  CHECK(count > 0, "counts from one");
  changes_until_doom_ = count;
}

void SimNode::disk_changes(uint64_t count) {
  if (changes_until_doom_ == 0 || doomed_) return;
  if (changes_until_doom_ > count) {
    changes_until_doom_ -= count;
    return;
  }
  doomed_ = true;
  fs_.freeze_image();
  world_.schedule(world_.now(), Trace::fault, index_, [this] {
    if (doomed_) power_off();
  });
}

void SimNode::set_clock(int64_t drift_ppm, Duration wall_skew) {
  drift_base_ = clock();
  drift_since_ = world_.now();
  drift_ppm_ = drift_ppm;
  wall_skew_ = wall_skew;
  for (auto& shard : shards_) shard->wake();
}

MonoTime SimNode::to_node(MonoTime world) const {
  const __int128 passed = (world - drift_since_).count();
  return {drift_base_.ns + static_cast<int64_t>(passed * (1'000'000 + drift_ppm_) / 1'000'000)};
}

MonoTime SimNode::to_world(MonoTime node) const {
  if (node == MonoTime::max()) return node;
  const __int128 passed = (node - drift_base_).count();
  const __int128 rate = 1'000'000 + drift_ppm_;
  return {drift_since_.ns + static_cast<int64_t>((passed * 1'000'000 + rate - 1) / rate)};  // rounded up: never fires
                                                                                            // early
}

WallMillis SimNode::wall() const { return kWallStart + (clock().ns + wall_skew_.count()) / 1'000'000; }

}  // namespace weir::sim
