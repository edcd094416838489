#pragma once
#include <memory>
#include <string>
#include <vector>

#include "tests/sim/sim_fs.h"
#include "tests/sim/sim_world.h"

namespace weir::sim {

/// One machine: a disk that outlives its processes, a clock, an address, and at most one process of one or more shards
/// (runtimes).
///
/// A process that ended (kill, power_off) leaves its runtimes as ghosts: they call nobody any more and ignore whatever
/// they are asked, so that the objects of the process can be destroyed in any order, at any later time. Completions in
/// flight are never delivered.
class SimNode {
 public:
  SimNode(SimWorld& world, uint32_t index, std::string host);
  ~SimNode();

  uint32_t index() const { return index_; }
  const std::string& host() const { return host_; }
  SimWorld& world() { return world_; }
  SimFs& fs() { return fs_; }

  /// One more shard of the running process; the first one starts the process (and the machine, if it is off).
  SimRuntime& start_shard();
  SimRuntime& shard(size_t index);
  size_t shard_count() const { return shards_.size(); }

  bool machine_is_on() const { return on_; }
  bool running() const { return !shards_.empty(); }
  bool paused() const { return paused_; }

  /// kill -9: writes in flight are applied or not; the page cache survives; connections end at the peers (reset or end
  /// of stream).
  void kill();
  /// The machine loses power: unsynced writes are kept, dropped or torn by the seed; the peers hear nothing.
  void power_off();
  /// SIGSTOP and SIGCONT: the kernel (connections, files) goes on, the process does not.
  void pause();
  void resume();
  /// From the `count`-th change of its disk on, nothing reaches the platter or the wire; the power goes at the end of
  /// that turn. Finds crashes between the plain calls of one turn.
  void power_off_at_disk_change(uint64_t count);
  /// The change did not come: no power cut.
  void cancel_power_off() {
    if (!doomed_) changes_until_doom_ = 0;
  }

  // --- clock: the node's monotonic clock runs `drift_ppm` faster than the world's; its wall clock is `skew` off.
  void set_clock(int64_t drift_ppm, Duration wall_skew);
  MonoTime clock() const { return to_node(world_.now()); }
  MonoTime to_node(MonoTime world) const;
  MonoTime to_world(MonoTime node) const;
  WallMillis wall() const;

  // --- for the simulator's own parts
  void disk_changes(uint64_t count = 1);
  bool doomed() const { return doomed_; }
  uint16_t next_port() { return next_port_ == 65535 ? next_port_ = 32768 : next_port_++; }

 private:
  void end_process(bool power);

  SimWorld& world_;
  const uint32_t index_;
  const std::string host_;
  SimFs fs_;
  bool on_ = true;
  bool paused_ = false;
  bool doomed_ = false;
  uint64_t changes_until_doom_ = 0;
  int64_t drift_ppm_ = 0;
  MonoTime drift_since_{0};
  MonoTime drift_base_{0};
  Duration wall_skew_{0};
  uint16_t next_port_ = 32768;
  std::vector<std::unique_ptr<SimRuntime>> shards_;
  std::vector<std::unique_ptr<SimRuntime>> ghosts_;
};

}  // namespace weir::sim
