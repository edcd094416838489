#pragma once
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/util/rng.h"
#include "base/util/types.h"
#include "tests/sim/sim_task.h"

namespace weir::sim {

class SimNode;
class SimRuntime;
class SimNetwork;

/// How the world behaves without injected faults. All times are virtual.
struct SimProfile {
  bool jitter = true;              // false: every latency is its minimum, every run the same whatever the seed
  Duration disk_read = 40us;       // minimum of a read that misses the page cache
  Duration disk_write = 10us;      // minimum of a buffered write
  Duration disk_sync = 150us;      // minimum of a sync or a durable write
  Duration net_local = 15us;       // one way, within a node
  Duration net_remote = 60us;      // one way, between nodes
  Duration turn = 2us;             // what a turn costs at least
  size_t net_window = 256 * 1024;  // bytes a connection holds in one direction: in flight and received but not read
  Duration connect_timeout = std::chrono::seconds(10);
  Duration break_after = std::chrono::seconds(8);  // a connection with unacknowledged bytes over a cut link breaks
                                                   // after about this
};

/// What an event was; part of the trace hash.
enum class Trace : uint32_t { turn, disk, segment, connect, network, fault, other };

/// Virtual time and one queue of events for any number of nodes, in one thread. The seed decides everything: equal
/// seeds and equal calls give equal runs, compared by trace_hash().
class SimWorld {
 public:
  explicit SimWorld(uint64_t seed, SimProfile profile = {});
  ~SimWorld();
  SimWorld(const SimWorld&) = delete;
  SimWorld& operator=(const SimWorld&) = delete;
  /// One node with one runtime, no jitter, no faults: for unit tests of what lies above base/io.
  static std::unique_ptr<SimWorld> single();

  /// `host` is its address for everyone; it also answers at localhost and 127.0.0.1 for itself.
  SimNode& add_node(const std::string& host);
  SimNode& node(size_t index) { return *nodes_[index]; }
  size_t node_count() const { return nodes_.size(); }
  /// The runtime of single().
  SimRuntime& runtime();
  SimNetwork& network() { return *network_; }

  // --- running
  MonoTime now() const { return now_; }
  /// Executes the next event; false when there is none.
  bool step();
  void run_for(Duration duration);
  /// True when `pred` became true within `limit` of virtual time; asked after every event.
  bool run_until(const std::function<bool()>& pred, Duration limit = std::chrono::seconds(60));
  /// Called after every event; the place of the checkers.
  void after_each_event(std::function<void()> check) { after_event_ = std::move(check); }
  /// Records a broken invariant (the first one counts), calls the hook and ends the running run_*().
  void fail(const std::string& why);
  void on_failure(std::function<void(const std::string&)> hook) { on_failure_ = std::move(hook); }
  bool failed() const { return !failure_.empty(); }
  const std::string& failure() const { return failure_; }

  // --- for the parts of the simulator
  void schedule(MonoTime at, Trace kind, uint32_t who, SimTask run);
  void schedule_in(Duration in, Trace kind, uint32_t who, SimTask run) {
    schedule(now_ + in, kind, who, std::move(run));
  }
  /// Mixes a value into the trace hash.
  void trace(uint64_t value);
  uint64_t trace_hash() const { return hash_; }
  uint64_t seed() const { return seed_; }
  uint64_t events() const { return events_; }
  Random& random() { return random_; }
  const SimProfile& profile() const { return profile_; }
  /// `minimum`, or with jitter up to `spread` times as much, and one time in 64 ten times that.
  Duration latency(Duration minimum, uint64_t spread = 3);

 private:
  /// What the heap moves about is small; what is to be done stays where it is.
  struct Event {
    MonoTime at;
    uint64_t order;
    uint32_t slot;
  };
  struct Slot {
    Trace kind;
    uint32_t who;
    SimTask run;
  };
  struct Later {
    bool operator()(const Event& a, const Event& b) const { return a.at != b.at ? a.at > b.at : a.order > b.order; }
  };

  const uint64_t seed_;
  const SimProfile profile_;
  SplitMix64 random_;
  MonoTime now_{0};
  uint64_t next_order_ = 0;
  uint64_t events_ = 0;
  uint64_t hash_ = 0xcbf29ce484222325ull;
  std::vector<Event> queue_;  // heap
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_slots_;
  std::unique_ptr<SimNetwork> network_;
  std::vector<std::unique_ptr<SimNode>> nodes_;
  std::function<void()> after_event_;
  std::function<void(const std::string&)> on_failure_;
  std::string failure_;
};

}  // namespace weir::sim
