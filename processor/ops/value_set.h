#pragma once
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "processor/expr/arena.h"

namespace weir::processor {

/// A set of 64-bit values, open addressing: what COUNT(DISTINCT) keeps.
class ValueSet {
 public:
  /// True when it was not there.
  bool insert(uint64_t v);
  size_t size() const { return count_ + has_free_; }
  template <class F>
  void each(F&& f) const {
    if (has_free_) f(kFree);
    for (uint64_t v : slots_)
      if (v != kFree) f(v);
  }

 private:
  static constexpr uint64_t kFree = 0x7FF8DEADBEEF0001;  // marks a free slot; the value itself is kept in has_free_
  static uint64_t mix(uint64_t v) {
    v *= 0x9E3779B97F4A7C15ull;
    return v ^ (v >> 32);
  }
  void grow();
  std::vector<uint64_t> slots_;
  size_t count_ = 0;
  bool has_free_ = false;
};

/// A multiset of reals: what PERCENTILE keeps. New values are appended and now and then sorted into runs of (value,
/// count), so that few distinct values take little memory whatever their number.
class ValueBag {
 public:
  void add(double v, uint64_t times = 1);
  void merge(const ValueBag& other);
  uint64_t size() const { return total_; }
  /// Bytes, about.
  size_t bytes() const { return runs_.size() * 16 + recent_.size() * 8; }
  /// Linear between the neighbours of position (n - 1) * fraction. Precondition: not empty.
  double percentile(double fraction) const;
  /// (value, count) in ascending order.
  const std::vector<std::pair<double, uint64_t>>& runs() const;

 private:
  void compact() const;
  mutable std::vector<std::pair<double, uint64_t>> runs_;
  mutable std::vector<double> recent_;
  uint64_t total_ = 0;
};

/// Strings to ids 0, 1, 2 …
class StringDictionary {
 public:
  uint32_t id_of(std::string_view s);
  std::string_view text(uint32_t id) const { return texts_[id]; }
  size_t size() const { return texts_.size(); }
  size_t bytes() const { return arena_.used() + texts_.size() * 24; }
  void clear();
  void swap(StringDictionary& other);

 private:
  void grow();
  std::vector<uint32_t> slots_;  // id + 1, 0: free
  std::vector<std::string_view> texts_;
  Arena arena_;
};

}  // namespace weir::processor
