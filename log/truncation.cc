#include <algorithm>

#include "log/batch.h"
#include "log/partition_log_impl.h"

namespace weir::log {

Status PartitionLogImpl::truncate_to(Offset to) {
  CHECK(!retired_, "truncation of a removed log");
  if (host_.offline()) return ErrorCode::kafka_storage_error;
  if (to < 0) return Error(ErrorCode::offset_out_of_range, "truncate");
  if (to >= log_end_offset()) return {};
  if (to < log_start_ || to < segments_.front()->base) return truncate_fully_and_start_at(to);
  Offset before = log_end_offset();
  TRY_ASSIGN(Offset end, cut_memory(to));
  cuts_.back().number = journal_entry(EntryKind::truncate, end, before, {});
  CHECK(log_end_offset() <= to, "a truncation left too much", log_end_offset(), to);
  return {};
}

Status PartitionLogImpl::truncate_fully_and_start_at(Offset to) {
  CHECK(!retired_, "truncation of a removed log");
  if (host_.offline()) return ErrorCode::kafka_storage_error;
  if (to < 0) return Error(ErrorCode::offset_out_of_range, "truncate");
  Offset before = log_end_offset();
  restart_memory(to);
  cuts_.back().number = journal_entry(EntryKind::restart, to, before, {});
  CHECK(log_end_offset() == to, "the log does not begin where asked", log_end_offset(), to);
  return {};
}

Status PartitionLogImpl::advance_log_start(Offset to) {
  CHECK(!retired_, "log start of a removed log");
  if (to <= log_start_) return {};
  if (to > log_end_offset()) return Error(ErrorCode::offset_out_of_range, "log start above the log end");
  if (host_.offline()) return ErrorCode::kafka_storage_error;
  log_start_ = to;
  epochs_.advance_start(to);
  epochs_dirty_ = true;
  uint64_t number = journal_entry(EntryKind::log_start, to, log_end_offset(), {});
  drop_below(to, number);
  host_.note_state_changed();
  return {};
}

Result<Offset> PartitionLogImpl::cut_memory(Offset to) {
  // Batches are cut as wholes: the log ends before the first one that reaches above `to` (KIP-101 truncates at batch
  // borders).
  const size_t keep = segment_of(to);
  Segment& s = *segments_[keep];
  Offset end = to;
  FilePos pos = s.size;  // only a gap lies between `to` and the next segment
  TRY(for_each_batch(to, INT64_MAX, [&](BatchHeader b, Segment& segment, FilePos p) {
    if (&segment != &s) return false;
    end = std::min(to, b.base_offset());
    pos = p;
    return false;
  }));
  TRY(load_indexes(s));
  CHECK(end >= s.base, "a batch begins below its segment", end, s.base);
  FileChange change;
  change.kind = FileChange::Kind::cut;
  change.end = end;
  change.cut = segments_[keep];
  change.cut_size = pos;
  change.dropped.assign(segments_.begin() + static_cast<ptrdiff_t>(keep) + 1, segments_.end());
  segments_.resize(keep + 1);
  s.sealed = s.indexes_final = false;
  s.index_files_synced = 0;
  s.size = pos;
  s.end = end;
  s.written = std::min(s.written, pos);
  s.synced = std::min(s.synced, pos);
  s.index.truncate_to_position(pos);
  s.times.truncate_to_offset(end);
  s.index_on_disk = std::min(s.index_on_disk, s.index.entries());
  s.times_on_disk = std::min(s.times_on_disk, s.times.entries());
  s.bytes_since_index_entry = pos - s.index.last_position();
  log_start_ = std::min(log_start_, end);  // it may lie inside of the batch that goes
  if (io_segment_ == segments_[keep]) io_end_ = std::min(io_end_, pos);
  after_cut({0, end, s.base, pos, false, 0});
  change.generation = generation_;
  add_file_change(std::move(change));
  if (s.max_timestamp_offset >= end) TRY(refresh_max_timestamp(s));
  epochs_.truncate_to(end);
  epochs_dirty_ = true;
  if (producers_.last_offset_seen() >= end) TRY(rebuild_producers(end));
  return end;
}

void PartitionLogImpl::restart_memory(Offset to) {
  FileChange change;
  change.kind = FileChange::Kind::restart;
  change.end = to;
  change.dropped = std::move(segments_);
  // No later recovery point reaches above these: they go with the rest.
  for (FileChange& waiting : file_changes_) {
    if (waiting.kind == FileChange::Kind::below)
      change.dropped.insert(change.dropped.end(), waiting.dropped.begin(), waiting.dropped.end());
  }
  std::erase_if(file_changes_, [](const FileChange& c) { return c.kind == FileChange::Kind::below; });
  segments_.clear();
  segments_.push_back(std::make_shared<Segment>(to));
  segments_.back()->created = host_.runtime().wall_now();
  log_start_ = to;
  size_t bytes = 0;
  for (size_t i = 0; i < tail_.size(); ++i) bytes += tail_[i].bytes.size();
  host_.cache().removed(bytes);
  tail_.clear();
  after_cut({0, to, to, 0, true, 0});
  // All of these are the new start now, also where it is higher than the old end.
  journaled_ = durable_ = written_ = to;
  notified_ = std::min(notified_, to);
  change.generation = generation_;
  add_file_change(std::move(change));
  epochs_.clear();
  epochs_dirty_ = true;
  producers_.clear();
  aborted_.clear();
  recount_dirty();
}

void PartitionLogImpl::after_cut(Cut cut) {
  const Offset end = cut.end;
  cut.generation = ++generation_;
  if (!recovering_) cuts_.push_back(cut);
  if (cut.restart || syncing_point_.offset > end)
    syncing_point_.offset = -1;  // its bytes may not all be synced any more
  host_.cache().removed(tail_.truncate_to(end));
  journaled_ = std::min(journaled_, end);
  durable_ = std::min(durable_, end);
  notified_ = std::min(notified_, end);
  high_watermark_ = std::min(high_watermark_, end);
  written_ = std::min(written_, end);
  write_goal_ = std::min(write_goal_, end);
  sync_goal_ = std::min(sync_goal_, end);
  io_end_offset_ = std::min(io_end_offset_, end);
  std::erase_if(aborted_, [&](const AbortedTxnEntry& e) { return e.last_offset >= end; });
  while (!snapshots_.empty() && snapshots_.back() > end) {
    // A snapshot that stays behind by a lost removal is refused by its own check at the start (format.md §7).
    (void)host_.runtime().disk().remove(path(segment_file_name(snapshots_.back(), ".snapshot"))).ok();
    snapshots_.pop_back();
    dir_dirty_ = true;
  }
  recount_dirty();
  host_.note_dirty(*this);
}

void PartitionLogImpl::add_file_change(FileChange change) {
  if (host_.memory_only()) return;
  file_changes_.push_back(std::move(change));
  host_.note_dirty(*this);
}

void PartitionLogImpl::drop_below(Offset start, uint64_t number) {
  // What is not journaled yet stays, so that the journal and the segments never disagree about a log's beginning.
  Offset limit = std::min(start, journaled_);
  FileChange change;
  while (segments_.size() > 1 && segments_[1]->base <= limit) {
    change.dropped.push_back(segments_.front());
    segments_.erase(segments_.begin());
  }
  Offset first = host_.memory_only() ? start : segments_.front()->base;
  while (!tail_.empty() && tail_.front().end_offset <= first) {
    host_.cache().removed(tail_.front().bytes.size());
    tail_.pop_front();
  }
  if (change.dropped.empty()) return;
  Offset base = segments_.front()->base;
  written_ = std::max(written_, base);
  // The next recovery point no longer promises what lies below, so the state must not either.
  journaled_log_start_ = std::max(journaled_log_start_, base);
  if (syncing_point_.segment_base < base) syncing_point_.offset = -1;  // its segment will not be synced any more
  size_t gone = static_cast<size_t>(
      std::partition_point(aborted_.begin(), aborted_.end(),
                           [&](const AbortedTxnEntry& e) { return e.last_offset < base; }) -
      aborted_.begin());
  aborted_.erase(aborted_.begin(), aborted_.begin() + static_cast<ptrdiff_t>(gone));
  change.kind = FileChange::Kind::below;
  change.end = base;
  change.number = number;
  change.generation = generation_;
  add_file_change(std::move(change));
  recount_dirty();
}

void PartitionLogImpl::recount_dirty() {
  dirty_bytes_ = 0;
  if (host_.memory_only()) return;
  for (size_t i = tail_.find(written_); i < tail_.size(); ++i) dirty_bytes_ += tail_[i].bytes.size();
}

Status PartitionLogImpl::refresh_max_timestamp(Segment& segment) {
  segment.max_timestamp = -1;
  segment.max_timestamp_offset = kNoOffset;
  segment.first_timestamp = -1;
  return for_each_batch(segment.base, segment.end, [&](BatchHeader b, Segment&, FilePos) {
    if (segment.first_timestamp < 0) segment.first_timestamp = b.max_timestamp();
    if (b.max_timestamp() > segment.max_timestamp) {
      segment.max_timestamp = b.max_timestamp();
      segment.max_timestamp_offset = b.last_offset();
    }
    return true;
  });
}

Status PartitionLogImpl::rebuild_producers(Offset end) {
  producers_.clear();
  producers_.on_high_watermark(high_watermark_);
  Offset from = segments_.front()->base;
  while (!snapshots_.empty()) {
    CHECK(snapshots_.back() <= end, "a snapshot above the log end", snapshots_.back(), end);
    auto bytes = host_.runtime().disk().read_file(path(segment_file_name(snapshots_.back(), ".snapshot")));
    auto state = bytes ? ProducerState::decode(*bytes, snapshots_.back()) : Result<ProducerState>(bytes.error());
    if (state) {
      producers_ = std::move(*state);
      producers_.on_high_watermark(high_watermark_);
      from = std::max(from, snapshots_.back());
      break;
    }
    snapshots_.pop_back();  // torn by a crash: an older one does
  }
  return for_each_batch(from, end, [&](BatchHeader b, Segment&, FilePos) {
    if (b.base_offset() >= from && b.has_producer()) {
      auto aborted = producers_.update(b, b.max_timestamp());
      if (aborted && (aborted_.empty() || aborted_.back().last_offset < aborted->last_offset))
        aborted_.push_back(*aborted);
    }
    return true;
  });
}

}  // namespace weir::log
