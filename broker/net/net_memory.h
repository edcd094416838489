#pragma once
#include <algorithm>
#include <cstddef>
#include <deque>
#include <functional>
#include <unordered_set>
#include <utility>

#include "base/util/types.h"

namespace weir::broker {

class Connection;

/// Bytes that the connections of a shard hold together. Who takes them gives them back.
class SharedBytes {
 public:
  explicit SharedBytes(size_t limit) : limit_(limit) {}
  void take(size_t bytes) {
    used_ += bytes;
    peak_ = std::max(peak_, used_);
  }
  void give(size_t bytes);
  size_t used() const { return used_; }
  size_t limit() const { return limit_; }
  bool full() const { return used_ >= limit_; }
  bool nearly_full() const { return used_ >= limit_ - limit_ / 4; }
  /// The most there was since the last forget_peak().
  size_t peak() const { return peak_; }
  void forget_peak() { peak_ = used_; }
  /// Called whenever it is full no longer.
  std::function<void()> on_room;

 private:
  size_t limit_, used_ = 0, peak_ = 0;
};

/// Requests of all connections: those that have not arrived whole, and those in work. While it is full only a
/// connection without a request in work is read. Too many bytes that don't become requests: the slowest is dropped.
class RequestMemory {
 public:
  explicit RequestMemory(size_t limit) : bytes(limit) {}
  /// More of the connection's request arrived; it is whole, or the connection is closed.
  void arrived(Connection& connection, size_t more);
  void whole(Connection& connection, size_t unfinished);

  SharedBytes bytes;

 private:
  size_t unfinished_ = 0;
  std::deque<Connection*> growing_;  // in the order their requests began
};

/// Answers of all connections that were not taken by their clients yet.
class AnswerMemory {
 public:
  explicit AnswerMemory(size_t limit) : bytes(limit) {}

  /// Room for an answer in the making, held until the answer is there.
  class Claim {
   public:
    Claim() = default;
    Claim(AnswerMemory& memory, size_t size) : memory_(&memory), size_(size) { memory.bytes.take(size); }
    Claim(Claim&& o) noexcept : memory_(std::exchange(o.memory_, nullptr)), size_(o.size_) {}
    Claim& operator=(Claim&& o) noexcept {
      std::swap(memory_, o.memory_);
      std::swap(size_, o.size_);
      return *this;
    }
    ~Claim() {
      if (memory_) memory_->bytes.give(size_);
    }
    size_t size() const { return memory_ ? size_ : SIZE_MAX; }

   private:
    AnswerMemory* memory_ = nullptr;
    size_t size_ = 0;
  };
  /// As much of `wanted` as may be had: a part of what is left, so that there is always something for the next one; a
  /// little when nothing is left, since everybody gets on.
  Claim claim(size_t wanted) {
    const size_t left = bytes.limit() - std::min(bytes.used(), bytes.limit());
    return {*this, std::min(wanted, std::max(kClaimMin, left / 4))};
  }

  /// Closes, while it is nearly full, connections that take nothing: who has for the longest, first. Twice the limit is
  /// an emergency.
  void close_stalled(MonoTime now);

  SharedBytes bytes;
  std::unordered_set<Connection*> owing;  // connections with answers that were not taken

  static constexpr size_t kClaimMin = 64 << 10;
  static constexpr Duration kStalledAfter{30'000'000'000}, kStalledAfterInEmergency{2'000'000'000};
};

/// What the connections of a shard may cost together, in memory and in a turn. Nodes that copy from here have an
/// allowance of their own for answers, so that no client can keep them from it.
struct NetMemory {
  NetMemory(size_t request_bytes, size_t answer_bytes)
      : requests(request_bytes), answers(answer_bytes), peer_answers(std::max(answer_bytes / 4, kPeersMin)) {}

  /// Whether a connection that took `mine` requests in this turn may take another one: a few, or one when many
  /// connections have some, for a turn is as long for all of them.
  bool may_take(size_t mine, MonoTime turn) const {
    return mine < (turn == turn_ && taken_ >= kTurnIsFull ? 1 : kFramesPerTurn);
  }
  void took_one(MonoTime turn) {
    if (turn != turn_) turn_ = turn, taken_ = 0;
    ++taken_;
  }

  RequestMemory requests;
  AnswerMemory answers, peer_answers;

  static constexpr size_t kPeersMin = 32 << 20;
  static constexpr size_t kFramesPerTurn = 8, kTurnIsFull = 64;

 private:
  MonoTime turn_{0};
  size_t taken_ = 0;
};

/// Default of weir.answer.memory.bytes on a machine with so much memory (0: unknown).
inline size_t default_answer_memory(uint64_t machine_bytes) {
  constexpr uint64_t kMax = 1 << 30, kMin = 32 << 20;
  return static_cast<size_t>(machine_bytes == 0 ? kMax : std::clamp<uint64_t>(machine_bytes / 4, kMin, kMax));
}

}  // namespace weir::broker
