#pragma once
#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

namespace weir::sim {

/// Something to call once, kept in place when it is small: a run makes millions. Moves, never copies.
class SimTask {
 public:
  SimTask() = default;
  template <class F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, SimTask>) SimTask(F&& f) {
    using Fn = std::remove_cvref_t<F>;
    if constexpr (sizeof(Fn) <= kRoom && alignof(Fn) <= alignof(std::max_align_t) &&
                  std::is_nothrow_move_constructible_v<Fn>) {
      new (room_) Fn(std::forward<F>(f));
      ops_ = &kInPlace<Fn>;
    } else {
      new (room_) Fn*(new Fn(std::forward<F>(f)));
      ops_ = &kOnHeap<Fn>;
    }
  }
  SimTask(SimTask&& other) noexcept : ops_(std::exchange(other.ops_, nullptr)) {
    if (ops_) ops_->move(other.room_, room_);
  }
  SimTask& operator=(SimTask&& other) noexcept {
    if (this == &other) return *this;
    this->~SimTask();
    return *new (this) SimTask(std::move(other));
  }
  ~SimTask() {
    if (ops_) ops_->destroy(room_);
  }
  void operator()() { ops_->call(room_); }
  explicit operator bool() const { return ops_ != nullptr; }

 private:
  static constexpr size_t kRoom = 56;
  struct Ops {
    void (*call)(void* room);
    void (*move)(void* from, void* to) noexcept;  // and destroys what is left
    void (*destroy)(void* room) noexcept;
  };
  template <class Fn>
  static constexpr Ops kInPlace{[](void* room) { (*static_cast<Fn*>(room))(); },
                                [](void* from, void* to) noexcept {
                                  new (to) Fn(std::move(*static_cast<Fn*>(from)));
                                  static_cast<Fn*>(from)->~Fn();
                                },
                                [](void* room) noexcept { static_cast<Fn*>(room)->~Fn(); }};
  template <class Fn>
  static constexpr Ops kOnHeap{[](void* room) { (**static_cast<Fn**>(room))(); },
                               [](void* from, void* to) noexcept { *static_cast<Fn**>(to) = *static_cast<Fn**>(from); },
                               [](void* room) noexcept { delete *static_cast<Fn**>(room); }};

  alignas(std::max_align_t) unsigned char room_[kRoom];
  const Ops* ops_ = nullptr;
};

/// Tasks in the order they came.
class SimTasks {
 public:
  void add(SimTask task) { tasks_.push_back(std::move(task)); }
  bool empty() const { return tasks_.empty(); }
  void clear() { tasks_.clear(); }
  /// Runs those that are in, not those they add.
  void run_batch() {
    std::vector<SimTask> batch = std::move(spare_);
    batch.swap(tasks_);
    for (SimTask& task : batch) task();
    batch.clear();
    spare_ = std::move(batch);
  }

 private:
  std::vector<SimTask> tasks_, spare_;
};

}  // namespace weir::sim
