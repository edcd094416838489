#include "tests/sim/sim_runtime.h"

#include <algorithm>

#include "base/util/check.h"

namespace weir::sim {

SimRuntime::SimRuntime(SimNode& node, uint32_t shard)
    : node_(node), shard_(shard), random_(node.world().random().next()), disk_(*this), net_(*this) {}

SimRuntime::~SimRuntime() = default;

void SimRuntime::ready(SimTask deliver) {
  if (dead_) return;
  ready_.add(std::move(deliver));
  wake();
}

void SimRuntime::wake() {
  MonoTime at = world().now();
  if (world().profile().jitter) at = at + Duration{static_cast<int64_t>(world().random().below(4000))};
  request_turn(at);
}

void SimRuntime::defer(std::function<void()> task) {
  if (dead_) return;
  deferred_.add(std::move(task));
  if (!in_turn_) wake();
}

void SimRuntime::post(std::function<void()> task) {
  if (dead_) return;
  posted_.add(std::move(task));
  wake();
}

void SimRuntime::arm(io::Timer& timer, MonoTime due) {
  if (dead_) return;
  timers_.arm(timer, due, now(), *this);
  if (!in_turn_) request_turn(node_.to_world(timers_.next_due()));
}

void SimRuntime::run() { CHECK(false, "a simulated runtime is driven by its world"); }

void SimRuntime::request_turn(MonoTime at) {
  if (dead_ || at == MonoTime::max()) return;
  at = std::max({at, busy_until_, world().now()});
  if (next_turn_ <= at) return;
  next_turn_ = at;
  world().schedule(at, Trace::turn, node_.index() << 8 | shard_, [this, ticket = ++turn_ticket_] {
    if (ticket != turn_ticket_ || dead_) return;
    next_turn_ = MonoTime::max();
    if (!node_.paused()) turn();
  });
}

void SimRuntime::turn() {
  in_turn_ = true;
  turn_time_ = node_.clock();
  running_node = static_cast<int>(node_.index()) + 1;
  posted_.run_batch();
  if (!dead_) ready_.run_batch();
  if (!dead_) timers_.fire_due(turn_time_);
  if (!dead_) deferred_.run_all();
  in_turn_ = false;
  if (dead_) return;
  busy_until_ = world().now() + world().latency(world().profile().turn, 6);
  if (!ready_.empty() || !posted_.empty()) request_turn(busy_until_);
  request_turn(node_.to_world(timers_.next_due()));
}

void SimRuntime::die(bool power) {
  CHECK(!in_turn_, "a process cannot be ended from within its own turn; schedule it");
  dead_ = true;
  timers_.disarm_all();
  ready_.clear();
  posted_.clear();
  deferred_.clear();
  disk_.die();
  net_.die(power);
}

}  // namespace weir::sim
