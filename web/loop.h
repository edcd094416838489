#pragma once
#include <chrono>
#include <cstdint>
#include <functional>

namespace weir::web {

/// What the hub needs of the web thread; the server implements it over Asio, tests over a queue and a clock that they
/// move.
class Loop {
 public:
  virtual ~Loop() = default;
  /// Runs `task` on the web thread. From any thread; after the loop has ended the task is dropped.
  virtual void post(std::function<void()> task) = 0;
  /// Runs `task` on the web thread after `delay`. Web thread only.
  virtual void after(std::chrono::milliseconds delay, std::function<void()> task) = 0;
  virtual int64_t now_ms() = 0;  // monotonic
};

}  // namespace weir::web
