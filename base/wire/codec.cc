#include "base/wire/codec.h"

#include <algorithm>

#include "base/util/flatten.h"

namespace weir::wire {

namespace {

// Decoded values may take this many bytes of memory for each byte received (a topic name of one letter: 32 for 2), plus
// a base.
constexpr size_t kMemoryPerByte = 24;
constexpr size_t kMemoryBase = 1 << 20;
constexpr size_t kBlockMax = 64 * 1024;

}  // namespace

Reader::Reader(const Buffer& source) : Reader(source.bytes()) { source_ = &source; }

Reader::Reader(ConstBytes bytes)
    : begin_(bytes.data()),
      p_(bytes.data()),
      end_(bytes.data() + bytes.size()),
      memory_left_(kMemoryBase + kMemoryPerByte * bytes.size()) {}

uint32_t Reader::uvarint() {
  uint64_t v = 0;
  size_t n = get_uvarint<32>(p_, end_, v);
  if (n == 0) return fail(left() < kVarint32Max ? ErrorCode::truncated : ErrorCode::malformed, "varint"), 0;
  p_ += n;
  return static_cast<uint32_t>(v);
}

int64_t Reader::varlong() {
  uint64_t v = 0;
  size_t n = get_uvarint<64>(p_, end_, v);
  if (n == 0) return fail(left() < kVarint64Max ? ErrorCode::truncated : ErrorCode::malformed, "varlong"), 0;
  p_ += n;
  return unzigzag64(v);
}

Uuid Reader::uuid() {
  Uuid u;
  ConstBytes b = raw(u.bytes.size());
  if (!b.empty()) std::copy(b.begin(), b.end(), u.bytes.begin());
  return u;
}

int32_t Reader::checked_length(int64_t length, const char* where) {
  if (!ok() || length == -1) return -1;
  if (length < -1) return fail(ErrorCode::malformed, where), -1;
  if (static_cast<uint64_t>(length) > left()) return fail(ErrorCode::truncated, where), -1;
  return static_cast<int32_t>(length);
}

int32_t Reader::string_length(bool flexible) {
  return checked_length(flexible ? static_cast<int64_t>(uvarint()) - 1 : fixed<int16_t>(), "string length");
}

int32_t Reader::bytes_length(bool flexible) {
  return checked_length(flexible ? static_cast<int64_t>(uvarint()) - 1 : fixed<int32_t>(), "bytes length");
}

int32_t Reader::array_length(bool flexible) {
  // Each element takes a byte at least.
  return checked_length(flexible ? static_cast<int64_t>(uvarint()) - 1 : fixed<int32_t>(), "array length");
}

ConstBytes Reader::raw(size_t n) {
  if (n > left()) return fail(ErrorCode::truncated, "bytes"), ConstBytes{};
  ConstBytes b(p_, n);
  p_ += n;
  return b;
}

BufferChain Reader::records(size_t n) {
  size_t from = position();
  ConstBytes b = raw(n);
  BufferChain chain;
  if (!b.empty()) chain.push_back(source_ ? source_->slice(from, n) : Buffer::copy_of(b));
  return chain;
}

void Reader::skip_tags() {
  for (uint32_t count = uvarint(); count > 0 && ok(); --count) {
    uvarint();
    skip(uvarint());
  }
}

Status Reader::status() const {
  if (ok()) return {};
  return Error(code_, where_, "at byte " + std::to_string(failed_at_));
}

void Reader::fail(ErrorCode code, const char* where) {
  if (ok()) {
    code_ = code;
    where_ = where;
    failed_at_ = position();
  }
  p_ = end_;
}

bool Reader::charge(size_t bytes) {
  if (bytes > memory_left_) return fail(ErrorCode::malformed, "memory for decoded values"), false;
  memory_left_ -= bytes;
  return true;
}

const uint8_t* Reader::push_limit(size_t n) {
  CHECK(n <= left(), "limit behind the end", n, left());
  const uint8_t* old = end_;
  end_ = p_ + n;
  return old;
}

void Reader::pop_limit(const uint8_t* old_end) {
  p_ = ok() ? end_ : old_end;
  end_ = old_end;
}

void Writer::raw(ConstBytes bytes) {
  if (bytes.empty()) return;
  std::memcpy(room(bytes.size()), bytes.data(), bytes.size());
  used_ += bytes.size();
}

void Writer::string(std::string_view v, bool flexible) {
  if (flexible) {
    uvarint(static_cast<uint32_t>(v.size() + 1));
  } else {
    v = v.substr(0, INT16_MAX);
    fixed<int16_t>(static_cast<int16_t>(v.size()));
  }
  raw(as_bytes(v));
}

void Writer::null_string(bool flexible) {
  if (flexible)
    uvarint(0);
  else
    fixed<int16_t>(-1);
}

void Writer::bytes_length(size_t n, bool flexible) { array_length(n, flexible); }

void Writer::array_length(size_t n, bool flexible) {
  CHECK(n < INT32_MAX, "length does not fit", n);
  if (flexible)
    uvarint(static_cast<uint32_t>(n + 1));
  else
    fixed<int32_t>(static_cast<int32_t>(n));
}

void Writer::null_length(bool flexible) {
  if (flexible)
    uvarint(0);
  else
    fixed<int32_t>(-1);
}

void Writer::splice(const BufferChain& slices) {
  close_slice();
  for (const Buffer& b : slices) {
    if (b.empty()) continue;
    finished_size_ += b.size();
    finished_.push_back(b);
  }
}

void Writer::grow(size_t n) {
  close_slice();
  block_ = Buffer::allocate(std::max(n, next_block_));
  next_block_ = std::min(kBlockMax, std::max(next_block_, block_.size()) * 2);
  used_ = slice_from_ = 0;
}

void Writer::close_slice() {
  if (used_ == slice_from_) return;
  finished_.push_back(block_.slice(slice_from_, used_ - slice_from_));
  finished_size_ += used_ - slice_from_;
  slice_from_ = used_;
}

BufferChain Writer::finish() {
  close_slice();
  finished_size_ = 0;
  block_ = Buffer();
  used_ = slice_from_ = 0;
  return std::exchange(finished_, {});
}

Buffer Writer::finish_flat() { return flatten(finish()); }

}  // namespace weir::wire
