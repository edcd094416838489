#pragma once
#include <memory>
#include <optional>

#include "base/util/buffer.h"
#include "base/util/result.h"

namespace weir::broker {

struct FrameLimits {
  size_t chunk_bytes = 16 << 10;      // received at once while no long frame is under way
  size_t direct_bytes_max = 1 << 20;  // received at once into a long frame's own buffer
  size_t begin_bytes_max = SIZE_MAX;  // room that a longer frame gets before any of it came; doubled as it comes
  size_t frame_bytes_min = 8;
  size_t frame_bytes_max = 100 << 20;
};

/// Cuts a byte stream into Kafka's frames: four bytes of length, then as many of content. Owns the bytes that a receive
/// writes into: at most one may be under way, and what space() gave stays valid until the next space(), also over a
/// reset(). A long frame is received straight into its own buffer.
class FrameReader {
 public:
  explicit FrameReader(const FrameLimits& limits) : limits_(limits) {}

  /// Where the next bytes go; never empty.
  Bytes space();
  /// So many bytes arrived in space(). Precondition: next() said that there is no more.
  void received(size_t bytes);
  /// The next whole frame without its length; none: more bytes are needed. Errors: malformed with the length, for one
  /// out of bounds; then only reset() helps.
  Result<std::optional<Buffer>> next();
  /// Bytes of the frame that is not whole yet.
  size_t unfinished_bytes() const { return have_; }
  /// A new stream begins.
  void reset();

 private:
  Status take_length();
  void make_room();

  FrameLimits limits_;
  std::unique_ptr<uint8_t[]> chunk_;
  ConstBytes left_;        // of the chunk: received, not looked at
  Buffer frame_, target_;  // under way; what a receive may write into
  uint8_t length_[4];
  size_t length_have_ = 0, have_ = 0, frame_size_ = 0;
  bool in_frame_ = false, into_frame_ = false;
};

}  // namespace weir::broker
