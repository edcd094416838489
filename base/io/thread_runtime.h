#pragma once
#include <algorithm>
#include <atomic>
#include <vector>

#include "base/io/runtime.h"
#include "base/io/task_queue.h"
#include "base/io/timer_queue.h"
#include "base/util/rng.h"

namespace weir::io {

/// What the real runtimes share: turns, timers, tasks, mailbox, clock, stall detector. A backend adds how to sleep, how
/// to be woken, and its Disk and Net. Built on any thread; operations may be started before the first turn; from the
/// first turn on one thread only. Destroying it drops what is in flight without calling anybody.
class ThreadRuntime : public Runtime {
 public:
  ThreadRuntime();
  ~ThreadRuntime() override;

  Random& random() override { return random_; }
  MonoTime now() const override { return now_; }
  WallMillis wall_now() const override;
  void defer(std::function<void()> task) override { deferred_.add(std::move(task)); }
  void post(std::function<void()> task) override;
  void arm(Timer& timer, MonoTime due) override { timers_.arm(timer, due, now_, *this); }
  void disarm(Timer& timer) override { timers_.disarm(timer); }
  void run() override;
  void stop() override;
  void note(const char* what) override { note_ = what; }
  uint64_t stalls() const override { return stalls_.load(std::memory_order_relaxed); }

  /// One turn that sleeps at most `max_wait`; for tests and tools that wait for something on this thread.
  void turn(Duration max_wait);

  /// Delivers `result` in the next turn (of operations that end before they reach the kernel).
  void complete_later(Completion& completion, int32_t result) { ready_.push_back({&completion, result}); }

 protected:
  /// Sleeps until something is to be dispatched, wake() was called or `timeout` is over. Calls nobody.
  virtual void wait(Duration timeout) = 0;
  /// Calls back for what wait() found.
  virtual void dispatch() = 0;
  /// Ends a wait(), also one that has not begun. From any thread.
  virtual void wake() = 0;
  /// The runtime whose turn this thread is in; null: none.
  static ThreadRuntime* current();
  static MonoTime clock();

 private:
  struct Ready {
    Completion* completion;
    int32_t result;
  };
  void report_stall(Duration took);

  SplitMix64 random_{system_random_seed()};
  MonoTime now_;
  TimerQueue timers_;
  TaskQueue posted_, deferred_;
  Mailbox mailbox_;
  std::vector<Ready> ready_, ready_spare_;
  std::atomic<bool> stopping_{false};
  std::atomic<uint64_t> stalls_{0};
  const char* note_ = "";
  MonoTime stall_logged_{INT64_MIN / 2};
  uint64_t stalls_unlogged_ = 0;
};

}  // namespace weir::io
