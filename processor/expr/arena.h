#pragma once
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace weir::processor {

/// Bump allocator, 8-byte aligned; everything is freed at once. Pointers stay valid until clear() or destruction.
class Arena {
 public:
  explicit Arena(size_t chunk_bytes = 64 * 1024) : chunk_bytes_(chunk_bytes) {}

  uint8_t* allocate(size_t size) {
    size = (size + 7) & ~size_t{7};
    if (size > left_) grow(size);
    uint8_t* p = next_;
    next_ += size;
    left_ -= size;
    used_ += size;
    return p;
  }
  std::string_view copy(std::string_view s) {
    uint8_t* p = allocate(s.size());
    if (!s.empty()) std::memcpy(p, s.data(), s.size());
    return {reinterpret_cast<const char*>(p), s.size()};
  }
  /// Forgets everything; keeps one chunk.
  void clear() {
    if (chunks_.empty()) return;
    chunks_.resize(1);
    next_ = chunks_[0].bytes.get();
    left_ = chunks_[0].size;
    used_ = 0;
  }
  size_t used() const { return used_; }

 private:
  struct Chunk {
    std::unique_ptr<uint8_t[]> bytes;
    size_t size;
  };
  void grow(size_t size) {
    size_t n = size > chunk_bytes_ ? size : chunk_bytes_;
    chunks_.push_back({std::unique_ptr<uint8_t[]>(new uint8_t[n]), n});
    next_ = chunks_.back().bytes.get();
    left_ = n;
  }

  size_t chunk_bytes_;
  std::vector<Chunk> chunks_;
  uint8_t* next_ = nullptr;
  size_t left_ = 0;
  size_t used_ = 0;
};

}  // namespace weir::processor
