#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "base/util/check.h"

namespace weir::io {

/// Small integers for open things. An id carries the generation of its slot: an old id finds nothing, also when the
/// slot serves again. A found T stays where it is until removed.
template <class T>
class HandleTable {
 public:
  int32_t add(std::unique_ptr<T> thing) {
    uint32_t index;
    if (free_.empty()) {
      index = static_cast<uint32_t>(slots_.size());
      CHECK(index < kMaxIndex, "too many open handles");
      slots_.emplace_back();
    } else {
      index = free_.back();
      free_.pop_back();
    }
    slots_[index].thing = std::move(thing);
    return static_cast<int32_t>(slots_[index].generation << kIndexBits | index);
  }
  T* find(int32_t id) {
    if (id < 0) return nullptr;
    const uint32_t index = static_cast<uint32_t>(id) & (kMaxIndex - 1);
    if (index >= slots_.size() || slots_[index].generation != static_cast<uint32_t>(id) >> kIndexBits) return nullptr;
    return slots_[index].thing.get();
  }
  void remove(int32_t id) {
    CHECK(find(id), "removing a handle that is not open", id);
    const uint32_t index = static_cast<uint32_t>(id) & (kMaxIndex - 1);
    slots_[index].generation = (slots_[index].generation + 1) & kGenerationMask;
    std::unique_ptr<T> gone = std::move(slots_[index].thing);
    free_.push_back(index);
  }
  template <class F>
  void for_each(F f) {
    for (Slot& slot : slots_) {
      if (slot.thing) f(*slot.thing);
    }
  }

 private:
  static constexpr uint32_t kIndexBits = 20, kMaxIndex = 1u << kIndexBits,
                            kGenerationMask = (1u << (31 - kIndexBits)) - 1;
  struct Slot {
    std::unique_ptr<T> thing;
    uint32_t generation = 0;
  };
  std::vector<Slot> slots_;
  std::vector<uint32_t> free_;
};

}  // namespace weir::io
