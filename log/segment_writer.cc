#include <algorithm>

#include "base/util/diag.h"
#include "log/partition_log_impl.h"

namespace weir::log {
namespace {

constexpr size_t kWriteBytes = 1 << 20;
constexpr size_t kWriteSlices = 256;
constexpr uint64_t kSnapshotEvery = 16ull << 20;
constexpr size_t kSnapshotsKept = 3;
constexpr size_t kTxnEntrySize = 34;

Status write_plain(io::Disk& disk, const std::string& path, FilePos at, ConstBytes bytes) {
  TRY_ASSIGN(io::FileId file, disk.open(path, io::OpenMode::read_write));
  Status done = disk.write_now(file, at, bytes);
  if (done) done = disk.truncate(file, at + bytes.size());
  disk.close(file);
  return done;
}

}  // namespace

void PartitionLogImpl::write_behind() {
  write_goal_ = std::max(write_goal_, journaled_);
  pump();
}

void PartitionLogImpl::checkpoint(std::function<void()> done) {
  CHECK(!checkpoint_done_, "a second checkpoint of one log at once");
  CHECK(!retired_, "checkpoint of a removed log");
  checkpoint_done_ = std::move(done);
  sync_wanted_ = true;
  sync_goal_ = write_goal_ = journaled_;
  syncing_point_ = {-1, 0, 0, 0};
  pump();
}

void PartitionLogImpl::pump() {
  if (pumping_ || busy_ || retired_ || recovering_ || host_.memory_only() || host_.offline()) return;
  pumping_ = true;
  while (!busy_ && (pump_file_changes() || pump_write() || pump_sync())) {
  }
  pumping_ = false;
}

bool PartitionLogImpl::pump_file_changes() {
  for (auto change = file_changes_.begin(); change != file_changes_.end(); ++change) {
    bool journaled = std::none_of(cuts_.begin(), cuts_.end(),
                                  [&](const Cut& c) { return c.generation <= change->generation; });
    if (!journaled) return false;
    bool allowed = (!stored_point_ || allowed_by(*stored_point_, *change)) &&
                   (!storing_point_ || allowed_by(*storing_point_, *change));
    if (allowed) {
      FileChange now = std::move(*change);
      file_changes_.erase(change);
      apply_file_change(now);
      return true;
    }
    if (allowed_by(recovery_point_, *change)) host_.store_points_soon();
    // Segments below the log start wait for a checkpoint; a cut must not wait behind them, since the checkpoint may
    // wait for the cut.
    if (change->kind != FileChange::Kind::below) return false;
  }
  return false;
}

bool PartitionLogImpl::allowed_by(const RecoveryPoint& point, const FileChange& change) const {
  using Kind = FileChange::Kind;
  switch (change.kind) {
    case Kind::free:
      return true;
    case Kind::cut:
      return point.entry > change.number || point.offset <= change.end;
    case Kind::restart:
      return point.entry > change.number;
    // The new log start is in the journal before a file goes: a start tells by it what is deleted from what is lost.
    case Kind::below:
      return point.segment_base >= change.end && journaled_number_ >= change.number;
  }
  return false;
}

void PartitionLogImpl::point_storing() { storing_point_ = recovery_point_; }

void PartitionLogImpl::point_stored(bool written) {
  if (written) stored_point_ = std::exchange(storing_point_, std::nullopt);
  if (!file_changes_.empty()) pump();
}

void PartitionLogImpl::apply_file_change(FileChange& change) {
  CHECK(!busy_, "files change under an operation");
  io::Disk& disk = host_.runtime().disk();
  auto run = [&]() -> Status {
    for (const SegmentPtr& s : change.dropped) {
      for (const char* suffix : {".log", ".index", ".timeindex", ".txnindex"}) {
        Status removed = disk.remove(path(segment_file_name(s->base, suffix)));
        if (!removed && removed.code() != ErrorCode::not_found) return removed;
      }
      dir_dirty_ = true;
    }
    if (!change.cut) return {};
    auto cut = [&](const char* suffix, uint64_t size) -> Status {
      std::string name = path(segment_file_name(change.cut->base, suffix));
      TRY_ASSIGN(bool there, disk.exists(name));
      if (!there) return {};
      TRY_ASSIGN(io::FileId file, disk.open(name, io::OpenMode::read_write));
      auto have = disk.size(file);
      Status done = !have ? Status(have.error()) : *have > size ? disk.truncate(file, size) : Status();
      disk.close(file);
      return done;
    };
    TRY(cut(".log", change.cut_size));
    change.cut->cut_unsynced = true;
    size_t txns = static_cast<size_t>(std::count_if(aborted_.begin(), aborted_.end(), [&](const AbortedTxnEntry& e) {
      return e.last_offset >= change.cut->base && e.last_offset < change.end;
    }));
    if (change.cut->txns_on_disk > txns) {
      TRY(cut(".txnindex", txns * kTxnEntrySize));
      TRY(sync_file_now(*change.cut, ".txnindex"));
      change.cut->txns_on_disk = txns;
    }
    TRY(cut(".index", change.cut->index_on_disk * OffsetIndex::kEntrySize));
    return cut(".timeindex", change.cut->times_on_disk * TimeIndex::kEntrySize);
  };
  if (Status done = run(); !done) host_.storage_failed(done.error());
}

Offset PartitionLogImpl::first_waiting_cut() const {
  Offset first = INT64_MAX;
  for (const FileChange& c : file_changes_) {
    if (c.kind == FileChange::Kind::cut || c.kind == FileChange::Kind::restart) first = std::min(first, c.end);
  }
  return first;
}

bool PartitionLogImpl::pump_write() {
  if (written_ >= write_goal_ || tail_.empty()) return false;
  size_t i = tail_.find(written_);
  if (i == tail_.size() || tail_[i].end_offset > write_goal_) return false;
  if (tail_[i].base_offset >= first_waiting_cut()) return false;  // the files are cut first
  SegmentPtr segment = segments_[segment_of(tail_[i].base_offset)];
  // A change of its files that still waits for the journal comes first.
  for (const FileChange& c : file_changes_) {
    for (const SegmentPtr& dropped : c.dropped) {
      if (dropped->base == segment->base) return false;
    }
  }
  Status opened = open_file(*segment);
  if (!opened) {
    disk_refused(opened.error());
    return false;
  }
  CHECK(tail_[i].pos == segment->written, "write-behind leaves a hole", tail_[i].pos, segment->written);
  const Offset cut = first_waiting_cut();
  std::vector<ConstBytes> slices;
  size_t bytes = 0;
  io_buffers_.clear();
  for (; i < tail_.size() && slices.size() < kWriteSlices && bytes < kWriteBytes; ++i) {
    const TailEntry& e = tail_[i];
    if (e.end_offset > write_goal_ || e.base_offset >= cut || e.pos != segment->written + bytes ||
        e.base_offset >= segment->end)
      break;
    slices.push_back(e.bytes.bytes());
    io_buffers_.push_back(e.bytes);
    bytes += e.bytes.size();
    io_end_offset_ = e.end_offset;
  }
  CHECK(!slices.empty(), "nothing to write where something is");
  io_end_ = segment->written + bytes;
  begin_io(IoKind::write, segment);
  host_.runtime().disk().writev(segment->file->id, segment->written, slices, io_);
  return true;
}

Status PartitionLogImpl::save_indexes(Segment& s, bool whole) {
  CHECK(s.indexes_loaded, "saving indexes that are not in memory", s.base);
  io::Disk& disk = host_.runtime().disk();
  std::vector<uint8_t> bytes;
  if (s.index.entries() > s.index_on_disk || whole) {
    s.index.encode(s.index_on_disk, bytes);
    TRY(write_plain(disk, path(segment_file_name(s.base, ".index")), s.index_on_disk * OffsetIndex::kEntrySize, bytes));
    s.index_on_disk = s.index.entries();
    dir_dirty_ = true;
  }
  if (s.times.entries() > s.times_on_disk || whole) {
    bytes.clear();
    s.times.encode(s.times_on_disk, bytes);
    TRY(write_plain(disk, path(segment_file_name(s.base, ".timeindex")), s.times_on_disk * TimeIndex::kEntrySize,
                    bytes));
    s.times_on_disk = s.times.entries();
    dir_dirty_ = true;
  }
  return {};
}

void PartitionLogImpl::note_indexes(RecoveryPoint& point) const {
  const Segment& s = *segments_[segment_of(point.offset)];
  if (s.base != point.segment_base || !s.indexes_loaded) return;
  size_t index_entries = std::min(s.index_on_disk, s.index.entries_below(point.position));
  size_t time_entries = std::min(s.times_on_disk, s.times.entries_below(point.offset));
  std::vector<uint8_t> index, times;
  s.index.encode(0, index);
  s.times.encode(0, times);
  CHECK(index_entries * OffsetIndex::kEntrySize <= index.size(), "more index entries than there are", index_entries);
  point.index_entries = static_cast<uint32_t>(index_entries);
  point.time_entries = static_cast<uint32_t>(time_entries);
  point.index_hash = index_files_hash(ConstBytes(index).first(index_entries * OffsetIndex::kEntrySize),
                                      ConstBytes(times).first(time_entries * TimeIndex::kEntrySize));
}

Status PartitionLogImpl::save_txn_index(Segment& s, Offset below) {
  // Entries are only added. Those of a history that was cut off stay until the cut reaches the files, since until then
  // a start may bring it back.
  std::vector<uint8_t> bytes;
  size_t n = 0;
  auto first = std::partition_point(aborted_.begin(), aborted_.end(),
                                    [&](const AbortedTxnEntry& e) { return e.last_offset < s.base; });
  for (auto e = first; e != aborted_.end() && e->last_offset < std::min(s.end, below); ++e) {
    if (n++ < s.txns_on_disk) continue;
    size_t at = bytes.size();
    bytes.resize(at + kTxnEntrySize);
    store_be<int16_t>(bytes.data() + at, 0);
    store_be<int64_t>(bytes.data() + at + 2, e->producer_id);
    store_be<int64_t>(bytes.data() + at + 10, e->first_offset);
    store_be<int64_t>(bytes.data() + at + 18, e->last_offset);
    store_be<int64_t>(bytes.data() + at + 26, e->last_stable_offset);
  }
  if (bytes.empty()) return {};
  if (s.txns_on_disk == 0) dir_dirty_ = true;
  TRY(write_plain(host_.runtime().disk(), path(segment_file_name(s.base, ".txnindex")), s.txns_on_disk * kTxnEntrySize,
                  bytes));
  s.txns_on_disk = n;
  s.txns_unsynced = true;
  return {};
}

Status PartitionLogImpl::save_txn_indexes(Offset below) {
  if (aborted_.empty()) return {};
  for (const SegmentPtr& s : segments_) {
    if (s->base < below && s->end > recovery_point_.segment_base) TRY(save_txn_index(*s, below));
  }
  return {};
}

void PartitionLogImpl::note_epochs(RecoveryPoint& point) {
  point.epochs = recovery_point_.epochs;
  if (!epochs_dirty_) return;
  auto kept = std::make_shared<std::vector<EpochCache::Entry>>(epochs_.entries());
  Offset end = std::max<Offset>(point.offset, 1);
  while (!kept->empty() && kept->back().start >= end) kept->pop_back();
  epochs_dirty_ = kept->size() != epochs_.entries().size();
  point.epochs = std::move(kept);
}

void PartitionLogImpl::save_epochs() {
  // For people and Kafka's tools: the start takes them from the state (format.md 8), so neither a sync nor a failure
  // matters.
  if (!dir_made_ || !epochs_dirty_) return;
  std::string text = epochs_.to_text();
  (void)write_plain(host_.runtime().disk(), path("leader-epoch-checkpoint"), 0, as_bytes(text)).ok();
}

PartitionLogImpl::RecoveryPoint PartitionLogImpl::take_point() {
  // Everything before the segment that holds `written_` is written wholly.
  size_t at = segment_of(std::max(written_, segments_.front()->base));
  bool cut_waits = std::any_of(file_changes_.begin(), file_changes_.end(),
                               [](const FileChange& c) { return c.kind == FileChange::Kind::cut; });
  // A sealed segment counts to its file's end: while one is still to be cut, the point stays in it (nothing behind is
  // written before, see pump_write).
  if (cut_waits && at > 0 && segments_[at]->base >= written_) --at;
  const Segment& s = *segments_[at];
  Offset end = cut_waits ? written_ : std::max(written_, s.base);
  RecoveryPoint point{end, s.base, s.written, entry_at(end)};
  // A cut that the journal does not hold yet counts already if all below it is written: nothing behind it can be
  // durable without it, and the journal may wait for this very checkpoint to make room.
  for (const Cut& cut : cuts_) {
    if (cut.end == written_) point.entry = std::max(point.entry, cut.number + 1);
  }
  return point;
}

void PartitionLogImpl::write_snapshot() {
  // Of a history that the journal does not know yet no file may tell: a crash could bring the other one back.
  Offset at = log_end_offset();
  bytes_since_snapshot_ = 0;
  if (!dir_made_ || !cuts_.empty() || (!snapshots_.empty() && snapshots_.back() == at)) return;
  io::Disk& disk = host_.runtime().disk();
  std::vector<uint8_t> bytes = producers_.encode(at);
  Status written = write_plain(disk, path(segment_file_name(at, ".snapshot")), 0, bytes);
  if (!written) {
    if (written.code() != ErrorCode::no_space)
      WEIR_WARN("{}: no producer snapshot: {}", id_.tp.to_string(), written.error().message());
    return;
  }
  CHECK(snapshots_.empty() || snapshots_.back() < at, "snapshots do not grow", at);
  snapshots_.push_back(at);
  while (snapshots_.size() > kSnapshotsKept) {
    (void)disk.remove(path(segment_file_name(snapshots_.front(), ".snapshot"))).ok();
    snapshots_.erase(snapshots_.begin());
  }
}

void PartitionLogImpl::begin_io(IoKind kind, SegmentPtr segment) {
  CHECK(!busy_, "two operations of one log at once");
  io_kind_ = kind;
  io_segment_ = std::move(segment);
  io_generation_ = generation_;
  busy_ = true;
  self_in_io_ = shared_from_this();
  io_.done = [](io::Completion& c, int32_t result) noexcept { static_cast<Io&>(c).log->io_done(result); };
}

Status PartitionLogImpl::start_sync(IoKind kind, const SegmentPtr& segment, const char* suffix) {
  io::Disk& disk = host_.runtime().disk();
  TRY_ASSIGN(io::FileId file, disk.open(path(segment_file_name(segment->base, suffix)), io::OpenMode::read_write));
  begin_io(kind, segment);
  disk.sync(file, io_);
  disk.close(file);  // keeps its descriptor until the sync has ended
  return {};
}

/// Once sealed a segment's indexes are never made anew after a crash, so they are synced with it. True: a sync is under
/// way.
Result<bool> PartitionLogImpl::sync_final_indexes(const SegmentPtr& s) {
  if (s->indexes_final) return false;
  if (s->index_files_synced == 0) TRY(save_indexes(*s, true));
  if (s->index_files_synced < 2) {
    TRY(start_sync(IoKind::index_sync, s, s->index_files_synced == 0 ? ".index" : ".timeindex"));
    return true;
  }
  CHECK(s->sealed, "final indexes of a segment that is not sealed", s->base);
  s->indexes_final = true;
  return false;
}

Result<bool> PartitionLogImpl::sync_txn_indexes() {
  if (!dir_made_) return false;
  TRY(save_txn_indexes(syncing_point_.offset));
  for (const SegmentPtr& s : segments_) {
    if (!s->txns_unsynced) continue;
    s->txns_unsynced = false;
    TRY(start_sync(IoKind::txns_sync, s, ".txnindex"));
    return true;
  }
  return false;
}

/// The next thing that the recovery point promises and that may be in the page cache only. True: a sync is under way;
/// false: there is none left.
Result<bool> PartitionLogImpl::sync_step() {
  io::Disk& disk = host_.runtime().disk();
  for (const SegmentPtr& s : segments_) {
    if (s->base > syncing_point_.segment_base) break;
    const bool sealed = s->base < syncing_point_.segment_base;
    const uint64_t need = sealed ? s->written : std::min(syncing_point_.position, s->written);
    if (sealed) {
      TRY_ASSIGN(bool started, sync_final_indexes(s));
      if (started) return true;
    } else if (s->synced < need) {
      TRY(save_indexes(*s, false));
    }
    if (s->synced >= need && !s->cut_unsynced) continue;
    TRY(open_file(*s));
    s->cut_unsynced = false;
    io_end_ = s->written;
    begin_io(IoKind::sync, s);
    disk.sync(s->file->id, io_);
    return true;
  }
  TRY_ASSIGN(bool started, sync_txn_indexes());
  if (started) return true;
  if (bytes_since_snapshot_ > kSnapshotEvery) write_snapshot();
  if (!dir_made_ || (!dir_dirty_ && !dir_unsure_)) return false;
  dir_dirty_ = dir_unsure_ = false;  // a name that comes while it syncs makes it dirty again
  begin_io(IoKind::dir_sync, nullptr);
  disk.sync_dir(id_.dir, io_);
  return true;
}

bool PartitionLogImpl::pump_sync() {
  if (!sync_wanted_) return false;
  size_t i = tail_.find(written_);
  // Waits for a file change (which waits for the journal or the state, never for this) or for room on the disk.
  if (i < tail_.size() && tail_[i].end_offset <= sync_goal_) return false;
  if (syncing_point_.offset < 0) {
    syncing_point_ = take_point();
  }
  auto started = sync_step();
  if (!started) {
    disk_refused(started.error());
    return false;
  }
  if (*started) return true;
  save_epochs();
  if (syncing_point_.entry > recovery_point_.entry || syncing_point_.offset >= recovery_point_.offset) {
    note_epochs(syncing_point_);
    recovery_point_ = syncing_point_;
    note_indexes(recovery_point_);
    for (const Cut& cut : cuts_) {
      if (cut.restart && cut.number < recovery_point_.entry) journaled_log_start_ = cut.end;
    }
    while (!marks_.empty() && marks_.front().number < recovery_point_.entry) marks_.pop_front();
  }
  sync_wanted_ = false;
  std::exchange(checkpoint_done_, nullptr)();
  return false;
}

void PartitionLogImpl::io_done(int32_t result) {
  CHECK(busy_, "an operation ended that was not in flight");
  std::shared_ptr<PartitionLogImpl> self = std::move(self_in_io_);
  SegmentPtr segment = std::move(io_segment_);
  busy_ = false;
  IoKind kind = std::exchange(io_kind_, IoKind::none);
  io_buffers_.clear();
  if (retired_) {
    if (checkpoint_done_) std::exchange(checkpoint_done_, nullptr)();
    return;
  }
  if (result < 0) {
    Error error = io::error_of_errno(result, kind == IoKind::write ? "segment write" : "segment sync",
                                     id_.tp.to_string());
    // Of a sync that failed nobody knows what it lost, whatever the reason.
    return kind == IoKind::write ? disk_refused(error) : host_.storage_failed(error);
  }
  if (kind == IoKind::write) {
    segment->written = std::max(segment->written, std::min(io_end_, segment->size));
    written_ = std::max(written_, io_end_offset_);
    recount_dirty();
  } else if (kind == IoKind::sync) {
    // A sync of a file that has no name any more succeeds, too.
    if (taken_away(*segment)) return host_.storage_failed(removed_error(file_name(*segment)));
    segment->synced = std::max(segment->synced, std::min(io_end_, segment->written));
  } else if (kind == IoKind::index_sync && io_generation_ == generation_) {
    ++segment->index_files_synced;  // after a cut the segment is not sealed any more
  }
  pump();
}

bool PartitionLogImpl::taken_away(const Segment& segment) const {
  if (!segment.file) return false;
  auto there = host_.runtime().disk().is_in_place(segment.file->id);
  return there && !*there;
}

std::string PartitionLogImpl::missing_file() const {
  const Segment& newest = *segments_.back();
  return taken_away(newest) ? file_name(newest) : std::string();
}

/// A full disk is waited out: the bytes stay in memory and in the journal. Anything else is final.
void PartitionLogImpl::disk_refused(const Error& error) {
  if (error.code == ErrorCode::no_space)
    host_.disk_full(*this, error);
  else
    host_.storage_failed(error);
}

void PartitionLogImpl::close_idle_files() {
  // Sealed segments give back their descriptor and their indexes; the next read opens them again.
  for (const SegmentPtr& s : segments_) {
    if (!s->sealed || !s->indexes_final || s->synced < s->size || host_.memory_only() || s == io_segment_) continue;
    s->file.reset();
    if (s->indexes_loaded && s->index_on_disk == s->index.entries() && s->times_on_disk == s->times.entries()) {
      s->index = OffsetIndex(s->base);
      s->times = TimeIndex(s->base);
      s->indexes_loaded = false;
    }
  }
}

}  // namespace weir::log
