#include "broker/net/frame_reader.h"

#include <algorithm>

#include "base/util/check.h"

namespace weir::broker {

Bytes FrameReader::space() {
  CHECK(left_.empty(), "bytes received before were not looked at", left_.size());
  into_frame_ = in_frame_ && frame_size_ - have_ >= limits_.chunk_bytes;
  if (into_frame_) {
    make_room();
    target_ = frame_;
    return frame_.mutable_bytes().subspan(have_, std::min(frame_.size() - have_, limits_.direct_bytes_max));
  }
  target_ = Buffer();
  if (!chunk_) chunk_ = std::make_unique_for_overwrite<uint8_t[]>(limits_.chunk_bytes);
  return {chunk_.get(), limits_.chunk_bytes};
}

void FrameReader::received(size_t bytes) {
  CHECK(left_.empty(), "bytes received before were not looked at", left_.size());
  target_ = Buffer();
  if (into_frame_) {
    have_ += bytes;
    CHECK(have_ <= frame_.size(), "more than the frame was received", have_, frame_.size());
    into_frame_ = false;
  } else {
    CHECK(bytes <= limits_.chunk_bytes, "more than the chunk was received", bytes);
    left_ = {chunk_.get(), bytes};
  }
}

Status FrameReader::take_length() {
  size_t n = std::min(left_.size(), sizeof length_ - length_have_);
  std::memcpy(length_ + length_have_, left_.data(), n);
  length_have_ += n;
  left_ = left_.subspan(n);
  if (length_have_ < sizeof length_) return {};
  int32_t length = load_be<int32_t>(length_);
  if (length < 0 || static_cast<size_t>(length) < limits_.frame_bytes_min ||
      static_cast<size_t>(length) > limits_.frame_bytes_max) {
    return Error(ErrorCode::malformed, "frame",
                 std::to_string(length) + " bytes, allowed are " + std::to_string(limits_.frame_bytes_min) + " to " +
                     std::to_string(limits_.frame_bytes_max));
  }
  length_have_ = 0;
  frame_size_ = static_cast<size_t>(length);
  frame_ = Buffer::allocate(std::min(frame_size_, limits_.begin_bytes_max));
  have_ = 0;
  in_frame_ = true;
  return {};
}

/// Memory is asked for as bytes come, not by the length that is claimed: what is freed after many long frames stays in
/// the process.
void FrameReader::make_room() {
  if (have_ < frame_.size() || have_ == frame_size_) return;
  Buffer larger = Buffer::allocate(std::min(frame_size_, 2 * frame_.size()));
  std::memcpy(larger.data(), frame_.data(), have_);
  frame_ = std::move(larger);
}

Result<std::optional<Buffer>> FrameReader::next() {
  if (!in_frame_ && !left_.empty()) TRY(take_length());
  if (!in_frame_) return std::optional<Buffer>();
  while (!left_.empty() && have_ < frame_size_) {
    make_room();
    size_t n = std::min(left_.size(), frame_.size() - have_);
    std::memcpy(frame_.data() + have_, left_.data(), n);
    have_ += n;
    left_ = left_.subspan(n);
  }
  if (have_ < frame_size_) return std::optional<Buffer>();
  in_frame_ = false;
  have_ = 0;
  return std::optional<Buffer>(std::exchange(frame_, Buffer()));
}

void FrameReader::reset() {
  left_ = {};
  frame_ = Buffer();
  length_have_ = have_ = frame_size_ = 0;
  in_frame_ = into_frame_ = false;
}

}  // namespace weir::broker
