#pragma once
#include <atomic>
#include <utility>
#include <vector>

#include "base/util/bytes.h"

namespace weir {

/// A slice of reference-counted bytes: [data, data+size) of a block that lives until its last slice goes. Copying a
/// Buffer copies no bytes. The count is atomic: slices cross shards and the processor's threads. Whoever writes into
/// the bytes holds the only slice.
class Buffer {
 public:
  Buffer() = default;
  /// A fresh block of `size` bytes, not zeroed. `alignment` is a power of two (4096 for direct I/O).
  static Buffer allocate(size_t size, size_t alignment = 16);
  static Buffer copy_of(ConstBytes bytes);

  Buffer(const Buffer& o) : block_(o.block_), data_(o.data_), size_(o.size_) { retain(); }
  Buffer(Buffer&& o) noexcept
      : block_(std::exchange(o.block_, nullptr)),
        data_(std::exchange(o.data_, nullptr)),
        size_(std::exchange(o.size_, 0)) {}
  Buffer& operator=(Buffer o) noexcept {
    std::swap(block_, o.block_);
    std::swap(data_, o.data_);
    std::swap(size_, o.size_);
    return *this;
  }
  ~Buffer() { release(); }

  uint8_t* data() { return data_; }
  const uint8_t* data() const { return data_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  ConstBytes bytes() const { return {data_, size_}; }
  Bytes mutable_bytes() { return {data_, size_}; }
  operator ConstBytes() const { return bytes(); }  // NOLINT: a buffer is its bytes

  /// The same block, seen from `from` for `size` bytes. Precondition: inside this slice.
  Buffer slice(size_t from, size_t size) const;
  Buffer slice(size_t from) const { return slice(from, size_ - from); }
  /// Bytes of the block behind this slice: what it costs to keep it.
  size_t block_size() const;
  bool unique() const;

 private:
  struct Block;
  void retain();
  void release();

  Block* block_ = nullptr;
  uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

/// Slices in sequence, as sendmsg takes them.
using BufferChain = std::vector<Buffer>;
inline size_t chain_size(const BufferChain& chain) {
  size_t n = 0;
  for (const Buffer& b : chain) n += b.size();
  return n;
}

}  // namespace weir
