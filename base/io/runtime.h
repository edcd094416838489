#pragma once
#include <functional>
#include <string_view>

#include "base/io/disk.h"
#include "base/io/net.h"
#include "base/util/rng.h"
#include "base/util/types.h"

namespace weir::io {

/// A timer, embedded in its owner. Fires once per arm(), on the runtime's thread. Destroying an armed timer disarms it.
class Timer {
 public:
  explicit Timer(std::function<void()> fire) : fire_(std::move(fire)) {}
  ~Timer();
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  bool armed() const { return runtime_ != nullptr; }
  MonoTime due() const { return due_; }

 private:
  friend class Runtime;
  friend class TimerQueue;
  std::function<void()> fire_;
  class Runtime* runtime_ = nullptr;
  MonoTime due_;
  uint64_t order_ = 0;         // ties fire in the order they were armed
  size_t heap_index_ = 0;      // place in the TimerQueue while armed
  bool* destroyed_ = nullptr;  // set while firing, so that fire_ may destroy its own timer
};

/// What one shard runs on: a thread that sleeps in its ring (or epoll, or the simulator's queue) and calls back.
/// Everything here but post() is called on that thread.
///
/// One turn: take posted tasks, completions and expired timers and call them; then run the deferred tasks (group
/// commit, flushing of replies) until none is left; then sleep. A turn over 10 ms is logged with the name given last to
/// `note()`.
class Runtime {
 public:
  virtual ~Runtime() = default;

  virtual Disk& disk() = 0;
  virtual Net& net() = 0;
  virtual Random& random() = 0;
  /// The monotonic time at the start of this turn.
  virtual MonoTime now() const = 0;
  virtual WallMillis wall_now() const = 0;

  /// Runs `task` at the end of this turn.
  virtual void defer(std::function<void()> task) = 0;
  /// The mailbox: runs `task` on this runtime's thread in a later turn. From any thread.
  virtual void post(std::function<void()> task) = 0;

  /// (Re-)arms; the old due time is forgotten. A due time in the past counts as now(); the timer fires in a later pass,
  /// never from inside arm().
  virtual void arm(Timer& timer, MonoTime due) = 0;
  virtual void disarm(Timer& timer) = 0;
  void arm_in(Timer& timer, Duration in) { arm(timer, now() + in); }

  /// Turns until stop(). The simulator's runtimes are driven by their world instead and CHECK here.
  virtual void run() = 0;
  /// From any thread.
  virtual void stop() = 0;
  /// Names what this turn is doing, for the stall detector's line. `what` lives forever (a literal).
  virtual void note(const char* what) = 0;
  /// Turns over 10 ms so far. From any thread.
  virtual uint64_t stalls() const = 0;
  /// "io_uring", "posix" or "sim".
  virtual std::string_view backend() const = 0;
};

inline Timer::~Timer() {
  if (destroyed_) *destroyed_ = true;
  if (runtime_) runtime_->disarm(*this);
}

}  // namespace weir::io
