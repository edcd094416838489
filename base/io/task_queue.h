#pragma once
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace weir::io {

/// Tasks of one thread, run in the order they came.
class TaskQueue {
 public:
  void add(std::function<void()> task) { tasks_.push_back(std::move(task)); }
  bool empty() const { return tasks_.empty(); }
  void clear() { tasks_.clear(); }
  /// Runs those that are in, not those they add.
  void run_batch() {
    std::vector<std::function<void()>> batch = std::move(spare_);
    batch.swap(tasks_);
    for (auto& task : batch) task();
    batch.clear();
    spare_ = std::move(batch);
  }
  /// Runs until none is left.
  void run_all() {
    while (!empty()) run_batch();
  }

 private:
  std::vector<std::function<void()>> tasks_, spare_;
};

/// Tasks from any thread for one.
class Mailbox {
 public:
  /// True: it was empty, so the receiver must be woken.
  bool put(std::function<void()> task) {
    std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    return tasks_.size() == 1;
  }
  /// Moves what is in to the end of `out`.
  void take(TaskQueue& out) {
    std::vector<std::function<void()>> batch = std::move(spare_);
    {
      std::lock_guard lock(mutex_);
      batch.swap(tasks_);
    }
    for (auto& task : batch) out.add(std::move(task));
    batch.clear();
    spare_ = std::move(batch);
  }

 private:
  std::mutex mutex_;
  std::vector<std::function<void()>> tasks_;
  std::vector<std::function<void()>> spare_;  // the receiver's
};

}  // namespace weir::io
