#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/result.h"

/// The bytes of a checkpoint: little-endian integers, LEB128 counts, counted strings. Layout: state/format.md.
namespace weir::processor {

class StateWriter {
 public:
  void u8(uint8_t v) { out_.push_back(v); }
  void u64(uint64_t v);
  void i64(int64_t v) { u64(static_cast<uint64_t>(v)); }
  void count(uint64_t v);
  void string(std::string_view s);
  const std::vector<uint8_t>& bytes() const { return out_; }
  /// The bytes so far, with their CRC-32C behind them.
  Buffer sealed() const;

 private:
  std::vector<uint8_t> out_;
};

/// Bounded reading: past the end everything is 0 and ok() is false.
class StateReader {
 public:
  explicit StateReader(ConstBytes bytes) : p_(bytes.data()), end_(bytes.data() + bytes.size()) {}
  /// Checks and takes off the CRC. Errors: corrupt_message, truncated.
  static Result<StateReader> open(ConstBytes sealed);

  uint8_t u8();
  uint64_t u64();
  int64_t i64() { return static_cast<int64_t>(u64()); }
  /// A count of things that take at least `each_bytes` each; more than the bytes left hold fails.
  uint64_t count(size_t each_bytes = 1);
  std::string_view string();
  bool ok() const { return ok_; }
  bool at_end() const { return p_ == end_; }
  void fail() { ok_ = false, p_ = end_; }

 private:
  const uint8_t* p_;
  const uint8_t* end_;
  bool ok_ = true;
};

}  // namespace weir::processor
