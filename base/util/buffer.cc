#include "base/util/buffer.h"

#include <cstdlib>
#include <new>

#include "base/util/check.h"

namespace weir {

struct Buffer::Block {
  std::atomic<uint32_t> references{1};
  size_t size = 0;
  void* allocation = nullptr;
};

Buffer Buffer::allocate(size_t size, size_t alignment) {
  CHECK((alignment & (alignment - 1)) == 0, "alignment is no power of two", alignment);
  // One allocation: the bytes first (aligned), the count behind them.
  size_t body = (size + alignof(Block) - 1) & ~(alignof(Block) - 1);
  size_t align = alignment < alignof(Block) ? alignof(Block) : alignment;
  size_t total = (body + sizeof(Block) + align - 1) & ~(align - 1);
  void* p = std::aligned_alloc(align, total);
  if (p == nullptr) throw std::bad_alloc();
  auto* block = new (static_cast<uint8_t*>(p) + body) Block;
  block->size = size;
  block->allocation = p;
  Buffer b;
  b.block_ = block;
  b.data_ = static_cast<uint8_t*>(p);
  b.size_ = size;
  return b;
}

Buffer Buffer::copy_of(ConstBytes bytes) {
  Buffer b = allocate(bytes.size());
  if (!bytes.empty()) std::memcpy(b.data(), bytes.data(), bytes.size());
  return b;
}

Buffer Buffer::slice(size_t from, size_t size) const {
  CHECK(from <= size_ && size <= size_ - from, "slice outside of the buffer", from, size, size_);
  Buffer b(*this);
  b.data_ += from;
  b.size_ = size;
  return b;
}

size_t Buffer::block_size() const { return block_ ? block_->size : 0; }
bool Buffer::unique() const { return block_ && block_->references.load(std::memory_order_acquire) == 1; }

void Buffer::retain() {
  if (block_) block_->references.fetch_add(1, std::memory_order_relaxed);
}

void Buffer::release() {
  if (!block_) return;
  if (block_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    void* p = block_->allocation;
    block_->~Block();
    std::free(p);
  }
  block_ = nullptr;
}

}  // namespace weir
