#include "base/io/thread_runtime.h"

#include <ctime>

#include "base/util/check.h"
#include "base/util/diag.h"

namespace weir::io {

namespace {
constexpr Duration kStall = 10ms;
constexpr Duration kStallLogEvery = 1s;
constexpr Duration kLongest = std::chrono::hours(1);
thread_local ThreadRuntime* current_runtime = nullptr;
}  // namespace

ThreadRuntime::ThreadRuntime() : now_(clock()) {}
ThreadRuntime::~ThreadRuntime() = default;

ThreadRuntime* ThreadRuntime::current() { return current_runtime; }

MonoTime ThreadRuntime::clock() {
  timespec t;
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return {static_cast<int64_t>(t.tv_sec) * 1'000'000'000 + t.tv_nsec};
}

WallMillis ThreadRuntime::wall_now() const {
  timespec t;
  ::clock_gettime(CLOCK_REALTIME, &t);
  return static_cast<WallMillis>(t.tv_sec) * 1000 + t.tv_nsec / 1'000'000;
}

void ThreadRuntime::post(std::function<void()> task) {
  if (current_runtime == this) {
    posted_.add(std::move(task));
  } else if (mailbox_.put(std::move(task))) {
    wake();
  }
}

void ThreadRuntime::stop() {
  stopping_.store(true, std::memory_order_release);
  wake();
}

void ThreadRuntime::run() {
  while (!stopping_.load(std::memory_order_acquire)) turn(kLongest);
  stopping_.store(false, std::memory_order_relaxed);
}

void ThreadRuntime::turn(Duration max_wait) {
  ThreadRuntime* outer = std::exchange(current_runtime, this);
  CHECK(outer == nullptr, "a turn within a turn");
  Duration timeout = max_wait;
  if (!ready_.empty() || !posted_.empty() || !deferred_.empty()) {
    timeout = Duration{0};
  } else if (!timers_.empty()) {
    timeout = std::clamp(timers_.next_due() - clock(), Duration{0}, max_wait);
  }
  wait(timeout);
  now_ = clock();

  mailbox_.take(posted_);
  posted_.run_batch();
  std::vector<Ready> batch = std::move(ready_spare_);
  batch.swap(ready_);
  for (const Ready& r : batch) r.completion->done(*r.completion, r.result);
  batch.clear();
  ready_spare_ = std::move(batch);
  dispatch();
  timers_.fire_due(now_);
  deferred_.run_all();

  if (const Duration took = clock() - now_; took > kStall) report_stall(took);
  note_ = "";
  current_runtime = nullptr;
}

void ThreadRuntime::report_stall(Duration took) {
  stalls_.fetch_add(1, std::memory_order_relaxed);
  ++stalls_unlogged_;
  if (now_ - stall_logged_ < kStallLogEvery) return;
  WEIR_WARN("{}: a turn took {} ms{}{} ({} such turns since the last line)", backend(), took.count() / 1'000'000,
            *note_ ? " in " : "", note_, stalls_unlogged_);
  stall_logged_ = now_;
  stalls_unlogged_ = 0;
}

}  // namespace weir::io
