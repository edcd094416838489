#pragma once
#include <functional>
#include <memory>
#include <thread>

#include "base/io/runtime.h"

namespace weir::processor {

/// A thread for jobs, of lower priority than the shards (nice +10), that runs a runtime until it is destroyed.
/// JobRunners are made and called on it by post(); several may share it.
class JobWorker {
 public:
  /// `make` is called on the thread: io_uring's ring belongs to the thread that makes it.
  explicit JobWorker(std::function<std::unique_ptr<io::Runtime>()> make);
  /// Stops the runtime and joins. What still needs the runtime must be gone: post() its destruction before.
  ~JobWorker();

  io::Runtime& runtime() { return *runtime_; }
  void post(std::function<void()> task) { runtime_->post(std::move(task)); }

 private:
  std::unique_ptr<io::Runtime> runtime_;
  std::thread thread_;
};

}  // namespace weir::processor
