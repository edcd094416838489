#pragma once
#include <bit>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/bytes.h"
#include "base/util/result.h"
#include "base/util/uuid.h"
#include "base/util/varint.h"

namespace weir::wire {

/// Reads Kafka's primitive types from bytes of a peer. The first error sticks: later reads give zeros and empties, so a
/// caller checks ok() where it loops and status() at the end. Lengths are compared with the bytes left before anything
/// is allocated, and what arrays may cost in memory is bounded by the bytes received. Errors: truncated, malformed.
class Reader {
 public:
  /// Record data is read as slices of `source`, which lives as long as the reader.
  explicit Reader(const Buffer& source);
  /// Record data is copied.
  explicit Reader(ConstBytes bytes);
  /// Decoded values take no more than this, however much was received.
  void limit_memory(size_t bytes) { memory_left_ = bytes < memory_left_ ? bytes : memory_left_; }

  template <class T>
  T fixed() {
    if (left() < sizeof(T)) return fail(ErrorCode::truncated, "fixed-size field"), T{};
    T v = load_be<T>(p_);
    p_ += sizeof(T);
    return v;
  }
  bool boolean() { return fixed<int8_t>() != 0; }
  double float64() { return std::bit_cast<double>(fixed<uint64_t>()); }
  uint32_t uvarint();
  int32_t varint() { return unzigzag32(uvarint()); }
  int64_t varlong();
  Uuid uuid();

  /// Length of a string, of bytes or of an array (the sizes of its prefix differ): -1 for null. At most left().
  int32_t string_length(bool flexible);
  int32_t bytes_length(bool flexible);
  int32_t array_length(bool flexible);
  /// The next `n` bytes; n <= left() or the reader fails.
  ConstBytes raw(size_t n);
  BufferChain records(size_t n);
  void skip(size_t n) { (void)raw(n); }
  /// A block of tagged fields, all of them unknown.
  void skip_tags();

  size_t left() const { return static_cast<size_t>(end_ - p_); }
  size_t position() const { return static_cast<size_t>(p_ - begin_); }
  bool ok() const { return code_ == ErrorCode::none; }
  Status status() const;
  void fail(ErrorCode code, const char* where);
  /// Counts `bytes` of memory for decoded values against what the input's size allows; false (and failed) when that is
  /// used up.
  bool charge(size_t bytes);
  /// Reads go no further than `n` bytes from here until pop_limit(); gives the old end. Precondition: n <= left().
  const uint8_t* push_limit(size_t n);
  /// Goes on after the limited part, whatever of it was read.
  void pop_limit(const uint8_t* old_end);

 private:
  int32_t checked_length(int64_t length, const char* where);

  const Buffer* source_ = nullptr;
  const uint8_t* begin_;
  const uint8_t* p_;
  const uint8_t* end_;
  size_t memory_left_;
  ErrorCode code_ = ErrorCode::none;
  const char* where_ = "";
  size_t failed_at_ = 0;
};

/// Writes Kafka's primitive types into blocks; record data is put in as the slices it came in, without copying.
class Writer {
 public:
  explicit Writer(size_t first_block = 512) : next_block_(first_block) {}
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  template <class T>
  void fixed(T v) {
    store_be(room(sizeof(T)), v);
    used_ += sizeof(T);
  }
  void boolean(bool v) { fixed<int8_t>(v ? 1 : 0); }
  void float64(double v) { fixed(std::bit_cast<uint64_t>(v)); }
  void uvarint(uint32_t v) { used_ += put_uvarint(room(kVarint64Max), v); }
  void varint(int32_t v) { uvarint(zigzag32(v)); }
  void varlong(int64_t v) { used_ += put_uvarint(room(kVarint64Max), zigzag64(v)); }
  void uuid(const Uuid& v) { raw(ConstBytes(v.bytes.data(), v.bytes.size())); }
  void raw(ConstBytes bytes);
  /// Strings longer than 32767 bytes are cut where the version's length field has 16 bits.
  void string(std::string_view v, bool flexible);
  void null_string(bool flexible);
  void bytes_length(size_t n, bool flexible);
  void array_length(size_t n, bool flexible);
  /// Null bytes, records or array.
  void null_length(bool flexible);
  void splice(const BufferChain& slices);

  /// Bytes written so far.
  size_t size() const { return finished_size_ + used_ - slice_from_; }
  /// What was written; the writer is empty afterwards. Pieces of one block that follow each other are one slice.
  BufferChain finish();
  /// The same as one piece, copied unless it is one already.
  Buffer finish_flat();

 private:
  uint8_t* room(size_t n) {
    if (block_.size() - used_ < n) grow(n);
    return block_.data() + used_;
  }
  void grow(size_t n);
  void close_slice();

  BufferChain finished_;
  size_t finished_size_ = 0;
  Buffer block_;
  size_t used_ = 0;
  size_t slice_from_ = 0;
  size_t next_block_;
};

/// Message `M` (a struct of messages/ or records/) as it stands in `body` at `version`. Bytes behind it are ignored, as
/// Kafka does. What its arrays take in memory is bounded by `memory_max` too. Errors: unsupported_version when M has no
/// such version; truncated, malformed.
template <class M>
Result<M> decode(const Buffer& body, int16_t version, size_t memory_max = SIZE_MAX);
template <class M>
Result<M> decode(ConstBytes body, int16_t version);
/// The same in the middle of something longer; the error is the reader's.
template <class M>
void decode_into(Reader& in, M& message, int16_t version);
/// Fields that `version` does not have are left out; a null where the version has none is written as empty.
/// Precondition: M has the version.
template <class M>
void encode(Writer& out, const M& message, int16_t version);
/// For people: {"Name":value,…} of the fields that `version` has.
template <class M>
std::string to_text(const M& message, int16_t version);

template <class M>
Buffer encode_flat(const M& message, int16_t version) {
  Writer out;
  encode(out, message, version);
  return out.finish_flat();
}

/// Messages stored with their version before them (int16): keys and values of internal topics, the consumer protocol's
/// blobs.
template <class M>
Buffer encode_versioned(const M& message, int16_t version = M::kMaxVersion) {
  Writer out;
  out.fixed<int16_t>(version);
  encode(out, message, version);
  return out.finish_flat();
}
/// A version above those known is read as the newest one known (consumer protocol, KIP-429).
template <class M>
Result<M> decode_versioned(ConstBytes bytes) {
  if (bytes.size() < 2) return Error(ErrorCode::truncated, "version");
  int16_t version = load_be<int16_t>(bytes.data());
  return decode<M>(bytes.subspan(2), version > M::kMaxVersion ? M::kMaxVersion : version);
}

}  // namespace weir::wire
