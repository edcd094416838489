#include "base/io/timer_queue.h"

#include <utility>

#include "base/util/check.h"

namespace weir::io {

bool TimerQueue::before(const Timer& a, const Timer& b) {
  return a.due_ != b.due_ ? a.due_ < b.due_ : a.order_ < b.order_;
}

void TimerQueue::place(size_t index, Timer* timer) {
  heap_[index] = timer;
  timer->heap_index_ = index;
}

void TimerQueue::sift_up(size_t index) {
  Timer* timer = heap_[index];
  while (index > 0) {
    size_t parent = (index - 1) / 2;
    if (!before(*timer, *heap_[parent])) break;
    place(index, heap_[parent]);
    index = parent;
  }
  place(index, timer);
}

void TimerQueue::sift_down(size_t index) {
  Timer* timer = heap_[index];
  for (;;) {
    size_t child = 2 * index + 1;
    if (child >= heap_.size()) break;
    if (child + 1 < heap_.size() && before(*heap_[child + 1], *heap_[child])) ++child;
    if (!before(*heap_[child], *timer)) break;
    place(index, heap_[child]);
    index = child;
  }
  place(index, timer);
}

void TimerQueue::remove_at(size_t index) {
  CHECK(index < heap_.size(), "timer not in its queue", index, heap_.size());
  heap_[index]->runtime_ = nullptr;
  Timer* last = heap_.back();
  heap_.pop_back();
  if (index == heap_.size()) return;
  place(index, last);
  sift_up(index);
  sift_down(last->heap_index_);
}

void TimerQueue::arm(Timer& timer, MonoTime due, MonoTime now, Runtime& owner) {
  CHECK(timer.runtime_ == nullptr || timer.runtime_ == &owner, "timer armed on another runtime");
  if (timer.runtime_) remove_at(timer.heap_index_);
  timer.runtime_ = &owner;
  timer.due_ = due < now ? now : due;
  timer.order_ = next_order_++;
  heap_.push_back(&timer);
  sift_up(heap_.size() - 1);
}

void TimerQueue::disarm(Timer& timer) {
  if (timer.runtime_) remove_at(timer.heap_index_);
}

void TimerQueue::disarm_all() {
  for (Timer* timer : heap_) timer->runtime_ = nullptr;
  heap_.clear();
}

size_t TimerQueue::fire_due(MonoTime now) {
  const uint64_t limit = next_order_;
  size_t fired = 0;
  while (!heap_.empty() && heap_[0]->due_ <= now && heap_[0]->order_ < limit) {
    Timer& timer = *heap_[0];
    remove_at(0);
    ++fired;
    bool destroyed = false;
    bool* outer = std::exchange(timer.destroyed_, &destroyed);
    std::function<void()> fire = std::move(timer.fire_);
    fire();
    if (destroyed) {
      if (outer) *outer = true;
      continue;
    }
    timer.fire_ = std::move(fire);
    timer.destroyed_ = outer;
  }
  return fired;
}

}  // namespace weir::io
