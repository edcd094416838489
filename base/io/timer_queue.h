#pragma once
#include <vector>

#include "base/io/runtime.h"

namespace weir::io {

/// The armed timers of one runtime: a binary heap by (due, order of arming). Owns none of them.
class TimerQueue {
 public:
  TimerQueue() = default;
  TimerQueue(const TimerQueue&) = delete;
  TimerQueue& operator=(const TimerQueue&) = delete;
  ~TimerQueue() { disarm_all(); }

  /// (Re-)arms for `owner`. A due time before `now` becomes `now`, so that nobody overtakes those that wait already.
  void arm(Timer& timer, MonoTime due, MonoTime now, Runtime& owner);
  void disarm(Timer& timer);
  void disarm_all();
  /// Calls all that are due and were armed before this call. They may arm, disarm and destroy any timer, also
  /// themselves.
  size_t fire_due(MonoTime now);

  bool empty() const { return heap_.empty(); }
  /// MonoTime::max() when empty.
  MonoTime next_due() const { return heap_.empty() ? MonoTime::max() : heap_[0]->due_; }

 private:
  static bool before(const Timer& a, const Timer& b);
  void place(size_t index, Timer* timer);
  void sift_up(size_t index);
  void sift_down(size_t index);
  void remove_at(size_t index);

  std::vector<Timer*> heap_;
  uint64_t next_order_ = 0;
};

}  // namespace weir::io
