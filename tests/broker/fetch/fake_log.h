#pragma once
#include <algorithm>
#include <map>
#include <memory>

#include "base/io/runtime.h"
#include "base/util/bytes.h"
#include "base/util/check.h"
#include "log/log_set.h"

namespace weir::broker {

/// A log as replication sees it, with all that a crash may do to it and nothing else: batches of 24 bytes (base offset,
/// epoch, count, payload), group commits that take a random time, and what the disk holds kept apart from the process
/// that wrote it.
struct FakeBatch {
  Offset base = 0;
  LeaderEpoch epoch = 0;
  int32_t count = 1;
  uint64_t payload = 0;
  Offset end() const { return base + count; }
  bool operator==(const FakeBatch&) const = default;
};
inline constexpr size_t kFakeBatchBytes = 24;

inline Buffer encode_batches(const std::vector<FakeBatch>& batches) {
  Buffer out = Buffer::allocate(batches.size() * kFakeBatchBytes);
  uint8_t* p = out.data();
  for (const FakeBatch& b : batches) {
    store_be<int64_t>(p, b.base);
    store_be<int32_t>(p + 8, b.epoch);
    store_be<int32_t>(p + 12, b.count);
    store_be<uint64_t>(p + 16, b.payload);
    p += kFakeBatchBytes;
  }
  return out;
}
inline std::vector<FakeBatch> decode_batches(ConstBytes bytes) {
  std::vector<FakeBatch> batches;
  for (size_t at = 0; at + kFakeBatchBytes <= bytes.size(); at += kFakeBatchBytes) {
    const uint8_t* p = bytes.data() + at;
    batches.push_back(
        {load_be<int64_t>(p), load_be<int32_t>(p + 8), load_be<int32_t>(p + 12), load_be<uint64_t>(p + 16)});
  }
  return batches;
}

/// What outlives a process.
struct FakeDisk {
  struct Stored {
    Uuid id;
    Offset start = 0;
    std::vector<FakeBatch> batches;  // written; the first `durable` offsets survive for sure
    Offset durable = 0;
    Offset high_watermark = 0;
    Offset end() const { return batches.empty() ? std::max(start, empty_end) : batches.back().end(); }
    Offset empty_end = 0;
  };
  std::map<TopicPartition, Stored> logs;
  /// The process is gone: a random part of what was not durable is lost.
  void crash(Random& random) {
    for (auto& [tp, s] : logs) {
      while (!s.batches.empty() && s.batches.back().end() > s.durable && random.chance(2, 3)) s.batches.pop_back();
      s.durable = s.end();
    }
  }
};

class FakeLogSet;

class FakeLog final : public log::PartitionLog {
 public:
  FakeLog(FakeLogSet& set, TopicPartition tp, FakeDisk::Stored& stored) : set_(set), tp_(std::move(tp)), s_(stored) {
    for (const FakeBatch& b : s_.batches) note_epoch(b.epoch, b.base);
  }
  const std::vector<FakeBatch>& batches() const { return s_.batches; }

  Result<log::AppendInfo> append_as_leader(Buffer batches, LeaderEpoch epoch, Origin) override;
  Result<log::AppendInfo> append_as_follower(Buffer batches) override;
  Status truncate_to(Offset to) override {
    while (!s_.batches.empty() && s_.batches.back().base >= to) s_.batches.pop_back();
    if (s_.batches.empty()) s_.empty_end = to;
    CHECK(s_.end() <= to, "truncation inside a batch");
    std::erase_if(epochs_, [&](const auto& e) { return e.second >= s_.end(); });
    s_.durable = std::min(s_.durable, s_.end());
    return {};
  }
  Status truncate_fully_and_start_at(Offset to) override {
    s_.batches.clear();
    epochs_.clear();
    s_.start = s_.empty_end = s_.durable = to;
    return {};
  }
  Status advance_log_start(Offset to) override {
    s_.start = std::max(s_.start, to);
    while (!s_.batches.empty() && s_.batches.front().end() <= s_.start)
      s_.empty_end = s_.batches.front().end(), s_.batches.erase(s_.batches.begin());
    return {};
  }
  void read(const log::ReadRequest& request, std::function<void(Result<log::ReadResult>)> done) override;
  void offset_for_timestamp(WallMillis, Offset, std::function<void(Result<log::TimestampOffset>)> done) override {
    done(log::TimestampOffset{});
  }
  void offset_of_max_timestamp(std::function<void(Result<log::TimestampOffset>)> done) override {
    done(log::TimestampOffset{});
  }
  log::EpochEnd epoch_end(LeaderEpoch epoch) const override {
    auto next = epochs_.upper_bound(epoch);
    if (next == epochs_.begin()) return {};
    return {std::prev(next)->first, next == epochs_.end() ? s_.end() : next->second};
  }
  LeaderEpoch latest_epoch() const override { return epochs_.empty() ? kNoLeaderEpoch : epochs_.rbegin()->first; }
  std::optional<LeaderEpoch> epoch_of(Offset offset) const override {
    std::optional<LeaderEpoch> found;
    for (const auto& [epoch, start] : epochs_)
      if (start <= offset) found = epoch;
    return found;
  }
  void begin_epoch(LeaderEpoch epoch) override { note_epoch(epoch, s_.end()); }
  Offset log_start_offset() const override { return s_.start; }
  Offset log_end_offset() const override { return s_.end(); }
  Offset durable_offset() const override { return std::max(s_.start, s_.durable); }
  std::optional<Offset> first_unstable_offset() const override { return unstable; }
  std::vector<log::AbortedTxn> aborted_txns(Offset, Offset) const override { return aborted; }
  Offset high_watermark_checkpoint() const override { return s_.high_watermark; }
  void set_high_watermark(Offset hw) override { s_.high_watermark = hw; }
  const TopicPartition& topic_partition() const override { return tp_; }
  const Uuid& topic_id() const override { return s_.id; }
  const log::LogConfig& config() const override { return config_; }
  void set_config(const log::LogConfig& config) override { config_ = config; }
  uint64_t size_bytes() const override { return s_.batches.size() * kFakeBatchBytes; }
  std::vector<log::SegmentInfo> segments() const override { return {}; }
  void set_listener(log::LogListener* listener) override { listener_ = listener; }

  std::optional<Offset> unstable;
  std::vector<log::AbortedTxn> aborted;

 private:
  friend class FakeLogSet;
  void note_epoch(LeaderEpoch epoch, Offset start) {
    if (!epochs_.empty() && epochs_.rbegin()->first >= epoch) return;
    std::erase_if(epochs_, [&](const auto& e) { return e.second >= start; });
    epochs_[epoch] = start;
  }
  void append(const FakeBatch& b) {
    note_epoch(b.epoch, b.base);
    s_.batches.push_back(b);
  }

  FakeLogSet& set_;
  const TopicPartition tp_;
  FakeDisk::Stored& s_;
  log::LogConfig config_;
  std::map<LeaderEpoch, Offset> epochs_;
  log::LogListener* listener_ = nullptr;
};

class FakeLogSet final : public log::LogSet {
 public:
  FakeLogSet(io::Runtime& runtime, FakeDisk& disk) : runtime_(runtime), disk_(disk), commit_([this] { committed(); }) {
    for (auto& [tp, stored] : disk_.logs) logs_[tp] = std::make_unique<FakeLog>(*this, tp, stored);
  }
  Duration commit_min = 100us;
  Duration commit_spread = 200us;

  log::PartitionLog* find(const TopicPartition& tp) override {
    auto it = logs_.find(tp);
    return it == logs_.end() ? nullptr : it->second.get();
  }
  std::vector<log::PartitionLog*> all() override {
    std::vector<log::PartitionLog*> all;
    for (auto& [tp, log] : logs_) all.push_back(log.get());
    return all;
  }
  Result<log::PartitionLog*> create(const TopicPartition& tp, const Uuid& id, const log::LogConfig&) override {
    FakeDisk::Stored& stored = disk_.logs[tp];
    stored.id = id;
    auto& log = logs_[tp] = std::make_unique<FakeLog>(*this, tp, stored);
    return static_cast<log::PartitionLog*>(log.get());
  }
  Status remove(const TopicPartition& tp) override {
    logs_.erase(tp);
    disk_.logs.erase(tp);
    return {};
  }
  void write_cell(const std::string&, ConstBytes, std::function<void(Status)> done) override { done({}); }
  std::vector<uint8_t> read_cell(const std::string&) const override { return {}; }
  void tick() override {}
  void close(std::function<void(Status)> done) override { done({}); }
  bool offline() const override { return false; }
  uint64_t tail_cache_used() const override { return 0; }
  uint64_t journal_bytes_written() const override { return 0; }
  bool direct_io() const override { return false; }
  uint64_t journal_groups_written() const override { return 0; }
  metrics::RecentLatency& journal_write_latency() override { return latency_; }
  void check_invariants() const override {}

  void written() {
    if (!commit_.armed()) commit();
  }

 private:
  void commit() {
    in_group_.clear();
    for (auto& [tp, log] : logs_)
      if (log->durable_offset() < log->log_end_offset()) in_group_.emplace_back(tp, log->log_end_offset());
    if (in_group_.empty()) return;
    runtime_.arm_in(commit_, commit_min + Duration(static_cast<int64_t>(runtime_.random().below(
                                              static_cast<uint64_t>(commit_spread.count()) + 1))));
  }
  void committed() {
    const auto group = std::move(in_group_);
    commit();
    for (const auto& [tp, end] : group) {
      auto it = logs_.find(tp);
      if (it == logs_.end()) continue;
      FakeLog& log = *it->second;
      log.s_.durable = std::max(log.s_.durable, std::min(end, log.s_.end()));
      if (log.listener_) log.listener_->on_durable(log.s_.durable);
    }
  }

  io::Runtime& runtime_;
  FakeDisk& disk_;
  std::map<TopicPartition, std::unique_ptr<FakeLog>> logs_;
  std::vector<std::pair<TopicPartition, Offset>> in_group_;
  io::Timer commit_;
  metrics::RecentLatency latency_;
};

inline Result<log::AppendInfo> FakeLog::append_as_leader(Buffer batches, LeaderEpoch epoch, Origin) {
  log::AppendInfo info;
  info.base_offset = s_.end();
  for (FakeBatch b : decode_batches(batches)) {
    b.base = s_.end();
    b.epoch = epoch;
    append(b);
  }
  info.end_offset = s_.end();
  set_.written();
  return info;
}

inline Result<log::AppendInfo> FakeLog::append_as_follower(Buffer batches) {
  log::AppendInfo info;
  info.base_offset = s_.end();
  for (const FakeBatch& b : decode_batches(batches)) {
    if (b.base != s_.end()) return Error(ErrorCode::offset_out_of_range, "does not continue the log");
    append(b);
  }
  info.end_offset = s_.end();
  set_.written();
  return info;
}

inline void FakeLog::read(const log::ReadRequest& request, std::function<void(Result<log::ReadResult>)> done) {
  log::ReadResult result;
  result.next_offset = request.from;
  auto first = std::lower_bound(s_.batches.begin(), s_.batches.end(), request.from,
                                [](const FakeBatch& b, Offset o) { return b.end() <= o; });
  std::vector<FakeBatch> taken;
  for (auto it = first; it != s_.batches.end() && it->base < request.up_to; ++it) {
    const size_t size = (taken.size() + 1) * kFakeBatchBytes;
    if (size > request.max_bytes && !(taken.empty() && request.at_least_one)) break;
    taken.push_back(*it);
    result.next_offset = it->end();
  }
  if (!taken.empty()) result.batches.push_back(encode_batches(taken));
  done(std::move(result));
}

}  // namespace weir::broker
