#pragma once
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "web/views_json.h"

namespace weir::web {

/// What a subscriber asks for. A prefix shows only the items whose key starts with it (and "meta").
struct SubscriptionFilter {
  std::string prefix;               // keyed channels: "orders/" = the partitions of orders
  std::string job;                  // series: only this job
  std::optional<int64_t> range_ms;  // series: only windows that end within this time of the newest one
};

/// A channel whose content is a set of items by key. Remembers the last deltas so that who comes back with the sequence
/// number it saw last gets only what changed. Pure: no clock, no socket.
class Channel {
 public:
  /// `first_seq`: where the numbering starts; later lives of a server start higher, so an old number is never mistaken
  /// for a new one.
  Channel(std::string name, uint64_t first_seq, size_t deltas_max, size_t delta_bytes_max = 8 * 1024 * 1024);

  /// Takes the whole new content; what differs becomes one delta. True if anything did.
  bool update(const Items& items);
  /// Forgets everything, also the deltas: the next subscriber gets a snapshot.
  void clear();

  uint64_t seq() const { return seq_; }
  bool empty() const { return items_.empty(); }
  /// Whether the changes after `from_seq` are all still known.
  bool can_resume(uint64_t from_seq) const { return from_seq <= seq_ && from_seq >= oldest_resume_; }

  std::string snapshot(int64_t id, const SubscriptionFilter& filter, const std::string& epoch, bool gap) const;
  /// All changes after `from_seq`, newest value per key; empty string if the filter leaves nothing. Precondition:
  /// can_resume(from_seq).
  std::string delta(int64_t id, uint64_t from_seq, const SubscriptionFilter& filter) const;

 private:
  using Text = std::shared_ptr<const std::string>;  // null: the item is gone
  struct Delta {
    uint64_t seq;
    std::vector<std::pair<std::string, Text>> changes;
    size_t bytes;
  };
  static bool passes(const std::string& key, const SubscriptionFilter& filter);

  std::string name_;
  uint64_t seq_;
  uint64_t oldest_resume_;
  size_t deltas_max_, delta_bytes_max_, delta_bytes_ = 0;
  std::map<std::string, Text> items_;
  std::deque<Delta> deltas_;
};

}  // namespace weir::web
