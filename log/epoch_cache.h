#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/result.h"
#include "base/util/types.h"
#include "log/partition_log.h"

namespace weir::log {

/// Where each leader epoch of a log begins (KIP-101). Pure; one per partition. Invariant: epochs and start offsets both
/// grow strictly.
class EpochCache {
 public:
  struct Entry {
    LeaderEpoch epoch = kNoLeaderEpoch;
    Offset start = 0;
    bool operator==(const Entry&) const = default;
  };

  /// Records of `epoch` follow from `start` on. Entries at or above `start` of other epochs go (they hold no records),
  /// newer ones too; an epoch that is known or older is not entered. True: changed.
  bool assign(LeaderEpoch epoch, Offset start);
  /// The log now ends at `end`: forgets what begins at or above it.
  void truncate_to(Offset end);
  /// The log now begins at `start`: the epoch that covers it begins there.
  void advance_start(Offset start);
  void clear() { entries_.clear(); }

  LeaderEpoch latest() const { return entries_.empty() ? kNoLeaderEpoch : entries_.back().epoch; }
  std::optional<LeaderEpoch> epoch_of(Offset offset) const;
  EpochEnd end_of(LeaderEpoch epoch, Offset log_end) const;
  const std::vector<Entry>& entries() const { return entries_; }

  /// Entries as they were got; false when they do not grow.
  bool restore(std::vector<Entry> entries);

  /// Kafka's `leader-epoch-checkpoint`: version, count, "epoch start" lines.
  std::string to_text() const;
  static Result<EpochCache> from_text(std::string_view text);
  void check_invariants() const;

 private:
  std::vector<Entry> entries_;
};

}  // namespace weir::log
