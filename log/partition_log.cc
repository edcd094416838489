#include <algorithm>

#include "log/batch.h"
#include "log/faults.h"
#include "log/partition_log_impl.h"
#include "log/retention.h"
#include "log/validator.h"

namespace weir::log {
namespace {

/// A small append in a large received block is copied, so that it does not hold the whole block in the tail cache.
constexpr size_t kCopyBelow = 2048;
/// A larger append goes into several journal entries, so that no group grows without bound.
constexpr size_t kEntryBytes = 1 << 20;

}  // namespace

PartitionLogImpl::PartitionLogImpl(LogHost& host, Identity identity, const LogConfig& config)
    : host_(host), id_(std::move(identity)), config_(config) {
  segments_.push_back(std::make_shared<Segment>(0));
  segments_.back()->created = host_.runtime().wall_now();
  io_.log = this;
}

PartitionLogImpl::~PartitionLogImpl() = default;

Status PartitionLogImpl::accepting(size_t bytes, Origin origin) const {
  CHECK(!retired_, "append to a removed log");
  using Need = LogHost::Need;
  Need need = origin == Origin::raft                            ? Need::raft
              : origin == Origin::coordinator || config_.system ? Need::system
                                                                : Need::data;
  if (ErrorCode code = host_.refusal(need); code != ErrorCode::none) return Error(code, "log");
  if (bytes > host_.append_bytes_max())
    return Error(ErrorCode::record_list_too_large, "log", "larger than a quarter of weir.journal.bytes");
  return {};
}

Result<std::optional<AppendInfo>> PartitionLogImpl::check_producers(ConstBytes batches, Origin origin) const {
  if (origin == Origin::raft) return std::optional<AppendInfo>();
  // Nothing was deleted, and the first record is too young for its producer to have expired.
  const Segment& oldest = *segments_.front();
  const bool all_known = log_start_ == 0 &&
                         (log_end_offset() == 0 ||
                          (oldest.base == 0 && oldest.first_timestamp >= 0 &&
                           host_.runtime().wall_now() - oldest.first_timestamp < config_.producer_id_expiration_ms));
  std::optional<ProducerState> scratch;  // only an append of several batches needs to see its own first ones
  for (size_t at = 0; at < batches.size();) {
    BatchHeader b(batches.data() + at);
    bool last = at + b.size() == batches.size();
    if (b.has_producer()) {
      const ProducerState& state = scratch ? *scratch : producers_;
      TRY_ASSIGN(auto original, state.check(b, origin, all_known));
      if (original && !mutations().accept_duplicate_sequence) {
        AppendInfo info;
        info.duplicate = true;
        info.base_offset = *original;
        info.end_offset = *original + b.last_offset_delta() + 1;
        return std::optional<AppendInfo>(info);
      }
      if (!last) {
        if (!scratch) scratch = producers_;
        scratch->update(b, 0);
      }
    }
    at += b.size();
  }
  return std::optional<AppendInfo>();
}

Result<AppendInfo> PartitionLogImpl::append_as_leader(Buffer batches, LeaderEpoch epoch, Origin origin) {
  TRY(accepting(batches.size(), origin));
  WallMillis now = host_.runtime().wall_now();
  TRY(validate_produced(batches.mutable_bytes(), config_, origin, now));
  TRY_ASSIGN(auto duplicate, check_producers(batches, origin));
  if (duplicate) return *duplicate;
  Offset next = log_end_offset();
  uint8_t* p = batches.data();
  for (size_t at = 0; at < batches.size();) {
    store_be<int64_t>(p + at, next);
    store_be<int32_t>(p + at + 12, epoch);  // outside of the CRC
    BatchHeader b(p + at);
    next = b.end_offset();
    at += b.size();
  }
  AppendInfo info = append_checked(std::move(batches), now);
  if (origin == Origin::client && config_.message_timestamp_type == TimestampType::log_append_time)
    info.log_append_time = now;
  CHECK(info.end_offset == next, "the log ends elsewhere", info.end_offset, next);
  return info;
}

Result<AppendInfo> PartitionLogImpl::append_as_follower(Buffer batches) {
  TRY(accepting(batches.size(), Origin::client));
  TRY(validate_fetched(batches, log_end_offset()));
  return append_checked(std::move(batches), host_.runtime().wall_now());
}

AppendInfo PartitionLogImpl::append_checked(Buffer batches, WallMillis now) {
  AppendInfo info;
  info.base_offset = BatchHeader(batches.data()).base_offset();
  CHECK(info.base_offset >= log_end_offset(), "an append below the log end", info.base_offset, log_end_offset());
  if (batches.size() < kCopyBelow && batches.block_size() > 4 * batches.size()) batches = Buffer::copy_of(batches);
  // What does not fit in one segment is placed part by part.
  while (!batches.empty()) {
    size_t part = BatchHeader(batches.data()).size();
    Offset before = log_end_offset();  // a roll over a gap moves it
    maybe_roll(batches.bytes().first(part), now);
    uint64_t room = config_.segment_bytes > active().size ? config_.segment_bytes - active().size : 0;
    while (part < batches.size()) {
      BatchHeader b(batches.data() + part);
      if (part + b.size() > room || part + b.size() > kEntryBytes || b.last_offset() - active().base > INT32_MAX) break;
      part += b.size();
    }
    Buffer rest = batches.slice(part);
    place_batches(batches.slice(0, part), before, now);
    batches = std::move(rest);
  }
  info.end_offset = log_end_offset();
  if (config_.flush == FlushPolicy::os) raise_durable();
  return info;
}

void PartitionLogImpl::place_batches(Buffer batches, Offset before, WallMillis now) {
  Segment& segment = active();
  TailEntry entry;
  entry.pos = segment.size;
  entry.base_offset = BatchHeader(batches.data()).base_offset();
  entry.id = host_.cache().next_id();
  if (segment.size == 0) segment.created = now;
  for (size_t at = 0; at < batches.size();) {
    BatchHeader b(batches.data() + at);
    if (b.leader_epoch() >= 0 && epochs_.assign(b.leader_epoch(), b.base_offset())) epochs_dirty_ = true;
    if (b.has_producer()) {
      if (auto aborted = producers_.update(b, now)) aborted_.push_back(*aborted);
    }
    segment.added(b.last_offset(), b.max_timestamp(), b.size(), config_.index_interval_bytes);
    at += b.size();
  }
  entry.end_offset = segment.end;
  entry.bytes = batches;
  size_t bytes = batches.size();
  uint64_t id = entry.id;
  Offset base = entry.base_offset;
  tail_.push(std::move(entry));
  host_.cache().added(id_.number, id, bytes);
  dirty_bytes_ += bytes;
  bytes_since_snapshot_ += bytes;
  if (!recovering_) journal_entry(EntryKind::records, base, before, std::move(batches));
  host_.note_dirty(*this);
}

void PartitionLogImpl::maybe_roll(ConstBytes batches, WallMillis now) {
  Segment& s = active();
  if (s.size == 0) {
    // An empty segment takes any append but one whose offsets do not fit relative to its base.
    if (BatchHeader(batches.data()).last_offset() - s.base > INT32_MAX)
      roll(BatchHeader(batches.data()).base_offset(), now);
    return;
  }
  BatchHeader b(batches.data());
  RollState state{s.size,
                  batches.size(),
                  s.first_timestamp,
                  b.max_timestamp(),
                  now - s.created,
                  b.last_offset() - s.base,
                  s.index.entries() * OffsetIndex::kEntrySize,
                  s.times.entries() * TimeIndex::kEntrySize};
  // A segment begins where the last one ended, also over a gap: so a start sees whether one is missing.
  Offset end = log_end_offset();
  if (must_roll(state, config_)) roll(b.last_offset() - end > INT32_MAX ? b.base_offset() : end, now);
}

void PartitionLogImpl::roll(Offset base, WallMillis now) {
  CHECK(base >= log_end_offset(), "a segment below the log end", base, log_end_offset());
  Segment& old = active();
  if (old.size == 0) {
    // Never two segments of one base: an empty one moves.
    CHECK(old.written == 0, "an empty segment has written bytes", old.written);
    auto moved = std::make_shared<Segment>(base);
    moved->created = now;
    FileChange change;
    change.generation = generation_;
    change.kind = FileChange::Kind::free;  // no bytes of it ever were in a file
    change.dropped.push_back(segments_.back());
    add_file_change(std::move(change));
    segments_.back() = std::move(moved);
    return;
  }
  old.seal();
  old.end = base;
  auto next = std::make_shared<Segment>(base);
  next->created = now;
  segments_.push_back(std::move(next));
  if (!recovering_ && !host_.memory_only()) write_snapshot();
}

uint64_t PartitionLogImpl::journal_entry(EntryKind kind, Offset offset, Offset before, Buffer bytes) {
  if (kind == EntryKind::truncate && mutations().skip_truncate_journal) {
    // The cut still has to be heard of; only the entry that repeats it after a crash is missing.
    kind = EntryKind::log_start, offset = log_start_;
  }
  JournalEntry e;
  e.kind = kind;
  e.key = id_.key;
  e.offset = offset;
  e.before = before;
  e.bytes = std::move(bytes);
  e.target = shared_from_this();
  e.generation = generation_;
  e.end = log_end_offset();
  return host_.journal().add(std::move(e));
}

void PartitionLogImpl::on_journaled(const JournalEntry& e) {
  if (retired_ || e.number <= journaled_number_) return;
  CHECK(e.generation <= generation_, "an entry of a later cut", e.generation, generation_);
  journaled_number_ = e.number;
  if (e.kind == EntryKind::log_start && e.number >= recovery_point_.entry)
    journaled_log_start_ = std::max(journaled_log_start_, e.offset);
  if (e.kind == EntryKind::restart) journaled_log_start_ = e.offset;
  if (!cuts_.empty() && cuts_.front().generation <= e.generation) cut_journaled(e.number);
  if (!host_.memory_only()) marks_.push_back({e.end, e.number});
  Offset end = e.end;
  for (const Cut& cut : cuts_) end = std::min(end, cut.end);
  journaled_ = std::max(journaled_, end);
  CHECK(journaled_ <= log_end_offset(), "journaled above the log end", journaled_, log_end_offset());
  if (journaled_ > durable_) {
    durable_ = journaled_;
    host_.notify_later(*this);
  }
  if (!file_changes_.empty() || sync_wanted_) pump();
}

void PartitionLogImpl::cut_journaled(uint64_t number) {
  Cut cut = cuts_.front();
  cuts_.erase(cuts_.begin());
  CHECK(cuts_.empty() || cuts_.front().generation > cut.generation, "two cuts of one generation", cut.generation);
  while (!marks_.empty() && (cut.restart || marks_.back().end > cut.end)) marks_.pop_back();
  // What the files hold below the cut is the image behind it (format.md §9, rule 3).
  if (recovery_point_.entry <= number && (cut.restart || recovery_point_.offset > cut.end)) {
    RecoveryPoint lowered{cut.end, cut.segment_base, cut.position, number + 1, recovery_point_.epochs};
    if (cut.restart) lowered.epochs = nullptr;
    if (lowered.epochs && !lowered.epochs->empty() && lowered.epochs->back().start >= cut.end) {
      auto kept = std::make_shared<std::vector<EpochCache::Entry>>(*lowered.epochs);
      while (!kept->empty() && kept->back().start >= cut.end) kept->pop_back();
      lowered.epochs = std::move(kept);
    }
    recovery_point_ = std::move(lowered);
    marks_.clear();
  }
  journaled_log_start_ = std::min(journaled_log_start_, cut.end);
  for (FileChange& change : file_changes_) {
    if (change.generation == cut.generation) change.number = number;
  }
}

uint64_t PartitionLogImpl::entry_at(Offset offset) const {
  auto above = std::partition_point(marks_.begin(), marks_.end(), [&](const Mark& m) { return m.end <= offset; });
  return above == marks_.begin() ? recovery_point_.entry : std::max(recovery_point_.entry, (above - 1)->number + 1);
}

void PartitionLogImpl::raise_durable() {
  if (durable_ >= log_end_offset()) return;
  durable_ = log_end_offset();
  host_.notify_later(*this);
}

void PartitionLogImpl::notify() {
  if (retired_ || listener_ == nullptr || durable_ <= notified_) return;
  notified_ = durable_;
  listener_->on_durable(durable_);
}

void PartitionLogImpl::notify_failed(const Error& error) {
  if (!retired_ && listener_ != nullptr) listener_->on_storage_failed(error);
}

bool PartitionLogImpl::evict(uint64_t entry_id) {
  if (tail_.empty() || tail_.front().id > entry_id) return true;  // went with a truncation
  const TailEntry& e = tail_.front();
  CHECK(e.id == entry_id, "evicting out of order", e.id, entry_id);
  if (host_.memory_only()) {
    // Nothing but retention may take what is nowhere else.
    if (e.end_offset > log_start_) return false;
  } else if (e.end_offset > written_) {
    return false;
  }
  host_.cache().removed(e.bytes.size());
  tail_.pop_front();
  return true;
}

void PartitionLogImpl::begin_epoch(LeaderEpoch epoch) {
  if (epochs_.assign(epoch, log_end_offset())) epochs_dirty_ = true;
}

EpochEnd PartitionLogImpl::epoch_end(LeaderEpoch epoch) const { return epochs_.end_of(epoch, log_end_offset()); }

std::optional<LeaderEpoch> PartitionLogImpl::epoch_of(Offset offset) const {
  if (offset < log_start_ || offset > log_end_offset()) return std::nullopt;
  return epochs_.epoch_of(offset);
}

std::vector<AbortedTxn> PartitionLogImpl::aborted_txns(Offset from, Offset up_to) const {
  std::vector<AbortedTxn> out;
  auto first = std::partition_point(aborted_.begin(), aborted_.end(),
                                    [&](const AbortedTxnEntry& e) { return e.last_offset < from; });
  for (; first != aborted_.end(); ++first) {
    if (first->first_offset < up_to) out.push_back({first->producer_id, first->first_offset});
  }
  std::sort(out.begin(), out.end(),
            [](const AbortedTxn& a, const AbortedTxn& b) { return a.first_offset < b.first_offset; });
  return out;
}

void PartitionLogImpl::set_high_watermark(Offset hw) {
  if (hw <= high_watermark_) return;
  high_watermark_ = std::min(hw, log_end_offset());
  producers_.on_high_watermark(hw);
  host_.note_state_changed();
}

void PartitionLogImpl::set_config(const LogConfig& config) {
  config_ = config;
  configured_ = true;
  if (config_.flush == FlushPolicy::os) raise_durable();
}

uint64_t PartitionLogImpl::size_bytes() const {
  uint64_t n = 0;
  for (const auto& s : segments_) n += s->size;
  return n;
}

std::vector<SegmentInfo> PartitionLogImpl::segments() const {
  std::vector<SegmentInfo> out;
  for (const auto& s : segments_) out.push_back({s->base, s->size, s->max_timestamp});
  return out;
}

void PartitionLogImpl::tick(WallMillis now, bool retention) {
  if (retired_) return;
  if (!configured_) return close_idle_files();
  producers_.expire(now, config_.producer_id_expiration_ms);
  Segment& s = active();
  if (s.size > 0 && now - s.created >= config_.segment_ms) roll(log_end_offset(), now);
  if (retention && config_.cleanup_delete) {
    std::vector<SegmentInfo> infos = segments();
    // Never above the high watermark: what is not committed is not old enough for anything.
    Offset start = retention_start(infos, log_start_, high_watermark_, log_end_offset(), now, config_);
    if (start > log_start_) {
      if (start > active().base && active().size > 0) roll(log_end_offset(), now);
      Status advanced = advance_log_start(start);
      CHECK(advanced.ok(), "retention out of range", start, log_start_);
    }
  }
  close_idle_files();
}

void PartitionLogImpl::retire() {
  retired_ = true;
  listener_ = nullptr;
  size_t bytes = 0;
  for (size_t i = 0; i < tail_.size(); ++i) bytes += tail_[i].bytes.size();
  host_.cache().removed(bytes);
  tail_.clear();
  dirty_bytes_ = 0;
  file_changes_.clear();
  if (checkpoint_done_ && !busy_) std::exchange(checkpoint_done_, nullptr)();
}

void PartitionLogImpl::check_invariants() const {
  // Most logs did not change since the last time they were looked at; all of what is checked changes only together with
  // one of these.
  const std::array<uint64_t, 11> state{static_cast<uint64_t>(log_start_),
                                       static_cast<uint64_t>(log_end_offset()),
                                       static_cast<uint64_t>(durable_),
                                       static_cast<uint64_t>(high_watermark_),
                                       static_cast<uint64_t>(written_),
                                       static_cast<uint64_t>(journaled_),
                                       segments_.size(),
                                       cuts_.size(),
                                       epochs_.entries().size(),
                                       tail_.bytes(),
                                       tail_.empty() ? 0 : tail_[tail_.size() - 1].id};
  if (state == checked_) return;
  checked_ = state;
  CHECK(!segments_.empty(), "a log without a segment");
  Offset end = log_end_offset();
  CHECK(log_start_ <= end, "log start above log end", log_start_, end);
  CHECK(durable_ <= end, "durable above log end", durable_, end);
  CHECK(log_start_ <= durable_ || host_.memory_only() || !cuts_.empty() || journaled_ < end, "log start above durable",
        log_start_, durable_);
  CHECK(written_ <= journaled_ || host_.memory_only(), "segments ahead of the journal", written_, journaled_);
  CHECK(segments_.front()->base <= log_start_, "log start below the first segment", segments_.front()->base,
        log_start_);
  for (size_t i = 0; i < segments_.size(); ++i) {
    segments_[i]->check_invariants();
    if (i > 0) CHECK(segments_[i - 1]->end <= segments_[i]->base, "segments overlap", i);
    CHECK(segments_[i]->sealed == (i + 1 < segments_.size()), "only the last segment is open", i);
  }
  tail_.check_invariants();
  epochs_.check_invariants();
  producers_.check_invariants();
}

}  // namespace weir::log
