#pragma once
#include <algorithm>

#include "base/util/types.h"

namespace weir::replication {

/// How long a peer may be silent before it counts as stopped: some times the longest pause that it made of late,
/// between half of `most` (about) and `most`. On a quiet machine a frozen node is found soon; where nodes stall now and
/// then, nobody is blamed for it twice. Pure.
class SilenceLimit {
 public:
  SilenceLimit() = default;
  SilenceLimit(Duration least, Duration most) : least_(least), most_(most) {}

  /// The peer was heard of; it was due at regular times.
  void heard(MonoTime now) {
    if (heard_before_) note(now - last_, now);
    heard_before_ = true;
    last_ = now;
  }
  /// What passed since it was heard of last is not the peer's fault.
  void forgive(MonoTime now) { last_ = std::max(last_, now); }

  Duration limit() const {
    return pauses_ < kLearned ? most_ : std::clamp(std::max(worst_, worst_before_) * kTimes, least_, most_);
  }

 private:
  static constexpr int kTimes = 3;
  static constexpr int kLearned = 10;                 // pauses seen before they are believed
  static constexpr Duration kMemory{60'000'000'000};  // a pause is remembered for one to two of these

  void note(Duration pause, MonoTime now) {
    pauses_ = std::min(pauses_ + 1, kLearned);
    if (now >= turn_) {
      worst_before_ = now < turn_ + kMemory ? worst_ : Duration{0};
      worst_ = Duration{0};
      turn_ = now + kMemory;
    }
    worst_ = std::max(worst_, pause);
  }

  Duration least_{0}, most_{0};
  bool heard_before_ = false;
  MonoTime last_;
  MonoTime turn_;
  Duration worst_{0}, worst_before_{0};
  int pauses_ = 0;
};

}  // namespace weir::replication
