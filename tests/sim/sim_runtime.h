#pragma once
#include <memory>

#include "base/io/runtime.h"
#include "base/io/task_queue.h"
#include "base/io/timer_queue.h"
#include "tests/sim/sim_disk.h"
#include "tests/sim/sim_net.h"
#include "tests/sim/sim_node.h"

namespace weir::sim {

/// A shard of a simulated process: turns are events of the world. Driven by the world, never by run().
class SimRuntime final : public io::Runtime {
 public:
  SimRuntime(SimNode& node, uint32_t shard);
  ~SimRuntime() override;

  io::Disk& disk() override { return disk_; }
  io::Net& net() override { return net_; }
  Random& random() override { return random_; }
  MonoTime now() const override { return in_turn_ ? turn_time_ : node_.clock(); }
  WallMillis wall_now() const override { return node_.wall(); }
  void defer(std::function<void()> task) override;
  void post(std::function<void()> task) override;
  void arm(io::Timer& timer, MonoTime due) override;
  void disarm(io::Timer& timer) override { timers_.disarm(timer); }
  void run() override;
  void stop() override { stopped_ = true; }
  void note(const char*) override {}
  uint64_t stalls() const override { return 0; }
  std::string_view backend() const override { return "sim"; }

  SimNode& node() { return node_; }
  SimWorld& world() { return node_.world(); }
  uint32_t shard() const { return shard_; }
  bool stopped() const { return stopped_; }
  /// The process ended: nobody is called any more, whatever is asked is ignored.
  bool dead() const { return dead_; }

  // --- for the simulator's own parts
  /// Runs `deliver` in the next turn, as the kernel would hand over a completion.
  void ready(SimTask deliver);
  void ready(io::Completion& completion, int32_t result) {
    ready([&completion, result] { completion.done(completion, result); });
  }
  void wake();
  void die(bool power);
  /// Index of the node whose turn ran last, from 1: for log lines.
  inline static int running_node = 0;

 private:
  void request_turn(MonoTime at);
  void turn();

  SimNode& node_;
  const uint32_t shard_;
  SplitMix64 random_;
  io::TimerQueue timers_;
  SimTasks ready_;
  io::TaskQueue posted_, deferred_;
  bool dead_ = false;
  bool stopped_ = false;
  bool in_turn_ = false;
  MonoTime turn_time_{0};
  MonoTime next_turn_ = MonoTime::max();
  uint64_t turn_ticket_ = 0;  // of the scheduled turn; older events are void
  MonoTime busy_until_{0};
  SimDisk disk_;
  SimNet net_;
};

}  // namespace weir::sim
