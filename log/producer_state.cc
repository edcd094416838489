#include "log/producer_state.h"

#include <algorithm>

#include "log/checksum.h"
#include "log/le_fields.h"

namespace weir::log {
namespace {

bool follows(int32_t last, int32_t next) { return next == int64_t{last} + 1 || (last == INT32_MAX && next == 0); }

/// A zigzag varint at *p; false when it does not end before `end`.
bool take_varint(const uint8_t*& p, const uint8_t* end, int64_t& out) {
  uint64_t v = 0;
  for (int shift = 0; shift < 64 && p < end; shift += 7) {
    uint8_t b = *p++;
    v |= uint64_t{b & 0x7fu} << shift;
    if (b < 0x80) {
      out = static_cast<int64_t>(v >> 1) ^ -static_cast<int64_t>(v & 1);
      return true;
    }
  }
  return false;
}

}  // namespace

std::optional<TxnMarker> read_txn_marker(BatchHeader batch) {
  // Control batches are never compressed. Record: length, attributes, timestamp delta, offset delta, key (version i16,
  // type i16), value (version i16, coordinator epoch i32).
  const uint8_t* p = batch.data() + BatchHeader::kSize;
  const uint8_t* end = batch.data() + batch.size();
  int64_t skip = 0, key_size = 0, value_size = 0;
  if (!take_varint(p, end, skip) || p >= end) return std::nullopt;
  ++p;
  if (!take_varint(p, end, skip) || !take_varint(p, end, skip) || !take_varint(p, end, key_size)) return std::nullopt;
  if (key_size < 4 || end - p < key_size) return std::nullopt;
  int16_t type = load_be<int16_t>(p + 2);
  p += key_size;
  if (!take_varint(p, end, value_size) || value_size < 6 || end - p < value_size) return std::nullopt;
  if (type != 0 && type != 1) return std::nullopt;
  return TxnMarker{type == 1, load_be<int32_t>(p + 2)};
}

const ProducerState::Entry* ProducerState::find(ProducerId id) const {
  auto it = producers_.find(id);
  return it == producers_.end() ? nullptr : &it->second;
}

Status ProducerState::check_sequence(const Entry* entry, BatchHeader batch, bool all_known) const {
  // Kafka 4 ProducerAppendInfo.checkSequence: no state at all takes any sequence (retention or DeleteRecords may have
  // removed it); a new epoch begins at 0. Stricter than that where we know better: of batches in flight, the first
  // refused by a leader that was not ready and the second taken is a reordering.
  int32_t first = batch.base_sequence();
  if (entry == nullptr || entry->epoch < 0) {
    if (!all_known || first == 0) return {};
    return Error(ErrorCode::out_of_order_sequence_number, "producer state",
                 "the first batch of a producer must begin with sequence 0");
  }
  if (batch.producer_epoch() != entry->epoch) {
    if (first == 0) return {};
    return Error(ErrorCode::out_of_order_sequence_number, "producer state", "a new epoch must begin with sequence 0");
  }
  if (follows(entry->last_sequence(), first)) return {};
  return Error(ErrorCode::out_of_order_sequence_number, "producer state",
               "sequence " + std::to_string(first) + " after " + std::to_string(entry->last_sequence()));
}

Result<std::optional<Offset>> ProducerState::check(BatchHeader batch, PartitionLog::Origin origin,
                                                   bool all_known) const {
  CHECK(batch.has_producer(), "a batch without a producer has no state");
  const Entry* entry = find(batch.producer_id());
  if (entry != nullptr && batch.producer_epoch() < entry->epoch) {
    return Error(ErrorCode::invalid_producer_epoch, "producer state",
                 "epoch " + std::to_string(batch.producer_epoch()) + " below " + std::to_string(entry->epoch));
  }
  if (batch.is_control()) {
    auto marker = read_txn_marker(batch);
    if (marker && entry != nullptr && entry->coordinator_epoch > marker->coordinator_epoch) {
      return Error(ErrorCode::transaction_coordinator_fenced, "producer state", "marker of an older coordinator");
    }
    return std::optional<Offset>();
  }
  if (batch.base_sequence() >= 0 && entry != nullptr && entry->epoch == batch.producer_epoch()) {
    for (const Batch& known : entry->batches) {
      if (known.first_sequence == batch.base_sequence() && known.last_sequence == batch.last_sequence())
        return std::optional<Offset>(known.base_offset);
    }
  }
  if (origin == PartitionLog::Origin::client) TRY(check_sequence(entry, batch, all_known));
  if (entry != nullptr && entry->txn_first_offset && !batch.is_transactional()) {
    return Error(ErrorCode::invalid_txn_state, "producer state", "a plain batch inside of a transaction");
  }
  return std::optional<Offset>();
}

std::optional<AbortedTxnEntry> ProducerState::end_txn(Entry& entry, BatchHeader marker_batch, TxnMarker marker) {
  std::optional<AbortedTxnEntry> aborted;
  entry.coordinator_epoch = std::max(entry.coordinator_epoch, marker.coordinator_epoch);
  if (entry.txn_first_offset) {
    Offset first = *entry.txn_first_offset;
    CHECK(first <= marker_batch.base_offset(), "a transaction ends before it begins", first,
          marker_batch.base_offset());
    open_txns_.erase(first);
    entry.txn_first_offset.reset();
    if (marker_batch.last_offset() >= high_watermark_) ended_txns_[first] = marker_batch.last_offset();
    if (!marker.commit) {
      Offset stable = open_txns_.empty() ? marker_batch.end_offset() : open_txns_.begin()->first;
      aborted = AbortedTxnEntry{marker_batch.producer_id(), first, marker_batch.last_offset(), stable};
    }
  }
  return aborted;
}

std::optional<AbortedTxnEntry> ProducerState::update(BatchHeader batch, WallMillis now) {
  CHECK(batch.has_producer(), "a batch without a producer has no state");
  last_offset_seen_ = std::max(last_offset_seen_, batch.base_offset());
  Entry& entry = producers_[batch.producer_id()];
  if (batch.is_control()) {
    auto marker = read_txn_marker(batch);
    if (!marker) return std::nullopt;
    if (batch.producer_epoch() != entry.epoch) entry.batches.clear();
    entry.epoch = batch.producer_epoch();
    entry.last_timestamp = now;
    return end_txn(entry, batch, *marker);
  }
  if (batch.producer_epoch() != entry.epoch) entry.batches.clear();
  entry.epoch = batch.producer_epoch();
  if (entry.batches.size() == kBatchesKept) entry.batches.erase(entry.batches.begin());
  entry.batches.push_back(
      {batch.base_sequence(), batch.last_sequence(), batch.base_offset(), batch.last_offset(), batch.max_timestamp()});
  entry.last_timestamp = now;
  if (batch.is_transactional() && !entry.txn_first_offset) {
    entry.txn_first_offset = batch.base_offset();
    open_txns_[batch.base_offset()] = batch.producer_id();
  }
  return std::nullopt;
}

std::optional<Offset> ProducerState::first_unstable_offset() const {
  std::optional<Offset> out;
  if (!open_txns_.empty()) out = open_txns_.begin()->first;
  if (!ended_txns_.empty()) out = std::min(out.value_or(INT64_MAX), ended_txns_.begin()->first);
  return out;
}

void ProducerState::on_high_watermark(Offset hw) {
  high_watermark_ = std::max(high_watermark_, hw);
  std::erase_if(ended_txns_, [&](const auto& txn) { return txn.second < hw; });
}

void ProducerState::expire(WallMillis now, int64_t expiration_ms) {
  std::erase_if(producers_, [&](const auto& p) {
    return !p.second.txn_first_offset && now - p.second.last_timestamp >= expiration_ms;
  });
}

void ProducerState::clear() {
  Offset hw = high_watermark_;
  *this = ProducerState();
  high_watermark_ = hw;
}

namespace {
constexpr uint32_t kSnapshotMagic = 0x31535057;  // "WPS1"
}  // namespace

std::vector<uint8_t> ProducerState::encode(Offset offset) const {
  std::vector<uint8_t> out;
  put(out, kSnapshotMagic);
  put(out, static_cast<uint32_t>(producers_.size()));
  put(out, offset);
  put(out, last_offset_seen_);
  put(out, static_cast<uint32_t>(ended_txns_.size()));
  for (auto [first, last] : ended_txns_) put(out, first), put(out, last);
  for (const auto& [id, e] : producers_) {
    put(out, id), put(out, e.epoch), put(out, e.coordinator_epoch), put(out, e.last_timestamp);
    put(out, e.txn_first_offset.value_or(-1));
    put(out, static_cast<uint8_t>(e.batches.size()));
    for (const Batch& b : e.batches)
      put(out, b.first_sequence), put(out, b.last_sequence), put(out, b.base_offset), put(out, b.last_offset),
          put(out, b.timestamp);
  }
  put(out, xxh3(out));
  return out;
}

Result<ProducerState> ProducerState::decode(ConstBytes bytes, Offset expected_offset) {
  const Error bad(ErrorCode::malformed, "producer snapshot");
  if (bytes.size() < 36 || load_le<uint64_t>(bytes.data() + bytes.size() - 8) != xxh3(bytes.first(bytes.size() - 8)))
    return bad;
  FieldReader r{bytes.first(bytes.size() - 8)};
  if (r.take<uint32_t>() != kSnapshotMagic) return bad;
  uint32_t count = r.take<uint32_t>();
  if (r.take<Offset>() != expected_offset) return bad;
  ProducerState state;
  state.last_offset_seen_ = r.take<Offset>();
  for (uint32_t n = r.take<uint32_t>(); n > 0 && !r.bad; --n) {
    Offset first = r.take<Offset>();
    state.ended_txns_[first] = r.take<Offset>();
  }
  for (; count > 0 && !r.bad; --count) {
    ProducerId id = r.take<ProducerId>();
    Entry& e = state.producers_[id];
    e.epoch = r.take<ProducerEpoch>(), e.coordinator_epoch = r.take<int32_t>(), e.last_timestamp = r.take<WallMillis>();
    Offset txn = r.take<Offset>();
    if (txn >= 0) e.txn_first_offset = txn, state.open_txns_[txn] = id;
    uint8_t batches = r.take<uint8_t>();
    if (batches > kBatchesKept) return bad;
    for (; batches > 0 && !r.bad; --batches) {
      Batch b;
      b.first_sequence = r.take<int32_t>(), b.last_sequence = r.take<int32_t>();
      b.base_offset = r.take<Offset>(), b.last_offset = r.take<Offset>(), b.timestamp = r.take<WallMillis>();
      e.batches.push_back(b);
    }
  }
  if (r.bad || !r.left.empty()) return bad;
  return state;
}

void ProducerState::check_invariants() const {
  for (const auto& [first, id] : open_txns_) {
    const Entry* e = find(id);
    CHECK(e != nullptr, "an open transaction of an unknown producer", id);
    CHECK(e->txn_first_offset == first, "open transactions disagree", id, first);
  }
  for (const auto& [id, e] : producers_) {
    CHECK(e.batches.size() <= kBatchesKept, "too many batches kept", id, e.batches.size());
    for (size_t i = 1; i < e.batches.size(); ++i)
      CHECK(e.batches[i - 1].last_offset < e.batches[i].base_offset, "batches out of order", id);
  }
}

}  // namespace weir::log
