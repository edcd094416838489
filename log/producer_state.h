#pragma once
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "log/batch.h"
#include "log/partition_log.h"

namespace weir::log {

/// One aborted transaction as `.txnindex` keeps it (format.md §6).
struct AbortedTxnEntry {
  ProducerId producer_id = kNoProducerId;
  Offset first_offset = 0;
  Offset last_offset = 0;         // of the abort marker
  Offset last_stable_offset = 0;  // once it was written
};

/// The end of a transaction: the key of a control record (KIP-98).
struct TxnMarker {
  bool commit = false;
  int32_t coordinator_epoch = 0;
};
/// The marker of a control batch, if it is one of a transaction.
std::optional<TxnMarker> read_txn_marker(BatchHeader batch);

/// What is known of the idempotent producers of one partition: the last 5 batches of each (KIP-98, KIP-360) and open
/// transactions. Pure; rules as Kafka 4's ProducerAppendInfo. Grows with producers, shrinks by expiry.
class ProducerState {
 public:
  static constexpr size_t kBatchesKept = 5;
  struct Batch {
    int32_t first_sequence = 0, last_sequence = 0;
    Offset base_offset = 0, last_offset = 0;
    WallMillis timestamp = -1;
  };
  struct Entry {
    ProducerEpoch epoch = -1;
    int32_t coordinator_epoch = -1;
    WallMillis last_timestamp = -1;
    std::optional<Offset> txn_first_offset;
    std::vector<Batch> batches;  // oldest first
    int32_t last_sequence() const { return batches.empty() ? -1 : batches.back().last_sequence; }
  };

  /// May this batch follow? The value: base offset of the original when it is a repetition. Errors:
  /// invalid_producer_epoch, out_of_order_sequence_number, invalid_txn_state, transaction_coordinator_fenced. With
  /// origin coordinator only epochs are checked. `all_known`: nothing that a producer wrote here can have been
  /// forgotten, so one that is not known begins with sequence 0.
  Result<std::optional<Offset>> check(BatchHeader batch, PartitionLog::Origin origin, bool all_known = false) const;
  /// Takes note of a batch that is in the log now (offsets are in its header). Returns the aborted transaction that it
  /// ends, if any.
  std::optional<AbortedTxnEntry> update(BatchHeader batch, WallMillis now);

  /// The oldest offset of a transaction that is open, or ended above the high watermark.
  std::optional<Offset> first_unstable_offset() const;
  void on_high_watermark(Offset hw);
  /// Forgets producers that were silent for `expiration_ms` and have no open transaction.
  void expire(WallMillis now, int64_t expiration_ms);
  void clear();

  /// Base offset of the last batch of any producer: a truncation above it changes nothing here.
  Offset last_offset_seen() const { return last_offset_seen_; }
  size_t size() const { return producers_.size(); }
  const Entry* find(ProducerId id) const;

  /// Snapshot of the state before `offset` (format.md §7).
  std::vector<uint8_t> encode(Offset offset) const;
  static Result<ProducerState> decode(ConstBytes bytes, Offset expected_offset);
  void check_invariants() const;

 private:
  Status check_sequence(const Entry* entry, BatchHeader batch, bool all_known) const;
  std::optional<AbortedTxnEntry> end_txn(Entry& entry, BatchHeader marker_batch, TxnMarker marker);

  std::unordered_map<ProducerId, Entry> producers_;
  std::map<Offset, ProducerId> open_txns_;  // by first offset
  std::map<Offset, Offset> ended_txns_;     // first offset -> marker's, until the high watermark is above the marker
  Offset high_watermark_ = 0;
  Offset last_offset_seen_ = -1;
};

}  // namespace weir::log
