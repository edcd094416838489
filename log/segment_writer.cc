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

Status write_plain(io::Disk& disk, const std::string& path, FilePos at, ConstBytes bytes, bool sync) {
  TRY_ASSIGN(io::FileId file, disk.open(path, io::OpenMode::read_write));
  Status done = disk.write_now(file, at, bytes);
  if (done) done = disk.truncate(file, at + bytes.size());
  if (done && sync) done = disk.sync_now(file);
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
  syncing_point_ = {-1, 0, 0};
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
  if (file_changes_.empty()) return false;
  FileChange& change = file_changes_.front();
  bool journaled = std::none_of(cuts_.begin(), cuts_.end(), [&](const Cut& c) { return c.generation <= change.generation; });
  if (!journaled) return false;
  FileChange now = std::move(change);
  file_changes_.pop_front();
  apply_file_change(now);
  return true;
}

void PartitionLogImpl::apply_file_change(FileChange& change) {
  CHECK(!busy_, "files change under an operation");
  io::Disk& disk = host_.runtime().disk();
  auto run = [&]() -> Status {
    // The stored recovery point must not promise bytes that are about to be cut.
    TRY(host_.lower_recovery_point(*this));
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
    TRY(cut(".index", change.cut->index_on_disk * OffsetIndex::kEntrySize));
    return cut(".timeindex", change.cut->times_on_disk * TimeIndex::kEntrySize);
  };
  if (Status done = run(); !done) host_.storage_failed(done.error());
}

bool PartitionLogImpl::pump_write() {
  if (written_ >= write_goal_ || tail_.empty()) return false;
  size_t i = tail_.find(written_);
  if (i == tail_.size() || tail_[i].end_offset > write_goal_) return false;
  SegmentPtr segment = segments_[segment_of(tail_[i].base_offset)];
  // A change of its files that still waits for the journal comes first.
  for (const FileChange& c : file_changes_) {
    for (const SegmentPtr& dropped : c.dropped) {
      if (dropped->base == segment->base) return false;
    }
    if (c.cut == segment) return false;
  }
  Status opened = open_file(*segment);
  if (!opened) {
    if (opened.code() != ErrorCode::no_space) host_.storage_failed(opened.error());
    return false;
  }
  CHECK(tail_[i].pos == segment->written, "write-behind leaves a hole", tail_[i].pos, segment->written);
  std::vector<ConstBytes> slices;
  size_t bytes = 0;
  io_buffers_.clear();
  for (; i < tail_.size() && slices.size() < kWriteSlices && bytes < kWriteBytes; ++i) {
    const TailEntry& e = tail_[i];
    if (e.end_offset > write_goal_ || e.pos != segment->written + bytes || e.base_offset >= segment->end) break;
    slices.push_back(e.bytes.bytes());
    io_buffers_.push_back(e.bytes);
    bytes += e.bytes.size();
    io_end_offset_ = e.end_offset;
  }
  CHECK(!slices.empty(), "nothing to write where something is");
  io_segment_ = segment;
  io_end_ = segment->written + bytes;
  io_kind_ = IoKind::write;
  busy_ = true;
  self_in_io_ = shared_from_this();
  io_.done = [](io::Completion& c, int32_t result) noexcept { static_cast<Io&>(c).log->io_done(result); };
  host_.runtime().disk().writev(segment->file->id, segment->written, slices, io_);
  return true;
}

Status PartitionLogImpl::save_indexes(Segment& s, bool sync) {
  CHECK(s.indexes_loaded, "saving indexes that are not in memory", s.base);
  io::Disk& disk = host_.runtime().disk();
  std::vector<uint8_t> bytes;
  if (s.index.entries() > s.index_on_disk || sync) {
    s.index.encode(s.index_on_disk, bytes);
    TRY(write_plain(disk, path(segment_file_name(s.base, ".index")), s.index_on_disk * OffsetIndex::kEntrySize, bytes, sync));
    s.index_on_disk = s.index.entries();
    dir_dirty_ = true;
  }
  if (s.times.entries() > s.times_on_disk || sync) {
    bytes.clear();
    s.times.encode(s.times_on_disk, bytes);
    TRY(write_plain(disk, path(segment_file_name(s.base, ".timeindex")), s.times_on_disk * TimeIndex::kEntrySize, bytes, sync));
    s.times_on_disk = s.times.entries();
    dir_dirty_ = true;
  }
  s.indexes_final = sync && s.sealed;
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
  point.index_hash = index_files_hash(ConstBytes(index).first(index_entries * OffsetIndex::kEntrySize), ConstBytes(times).first(time_entries * TimeIndex::kEntrySize));
}

Status PartitionLogImpl::save_txn_index(Segment& s) {
  // Whole, not by entries: aborted transactions are few.
  std::vector<uint8_t> bytes;
  for (const AbortedTxnEntry& e : aborted_) {
    if (e.last_offset < s.base || e.last_offset >= s.end) continue;
    size_t at = bytes.size();
    bytes.resize(at + kTxnEntrySize);
    store_be<int16_t>(bytes.data() + at, 0);
    store_be<int64_t>(bytes.data() + at + 2, e.producer_id);
    store_be<int64_t>(bytes.data() + at + 10, e.first_offset);
    store_be<int64_t>(bytes.data() + at + 18, e.last_offset);
    store_be<int64_t>(bytes.data() + at + 26, e.last_stable_offset);
  }
  if (bytes.empty()) return {};
  dir_dirty_ = true;
  return write_plain(host_.runtime().disk(), path(segment_file_name(s.base, ".txnindex")), 0, bytes, true);
}

Status PartitionLogImpl::save_epochs() {
  if (!epochs_dirty_) return {};
  TRY(host_.runtime().disk().write_file_atomic(path("leader-epoch-checkpoint"), as_bytes(epochs_.to_text())));
  epochs_dirty_ = false;
  return {};
}

/// As write_file_atomic, but the sync holds nobody up: after a change of leader every partition has an epoch to save, and a disk may take its time for each.
Result<bool> PartitionLogImpl::begin_save_epochs() {
  io::Disk& disk = host_.runtime().disk();
  TRY_ASSIGN(io::FileId file, disk.open(path("leader-epoch-checkpoint.tmp"), io::OpenMode::read_write));
  epochs_file_ = std::make_shared<OpenFile>(disk, file);
  TRY(disk.truncate(file, 0));
  TRY(disk.write_now(file, 0, as_bytes(epochs_.to_text())));
  epochs_dirty_ = false;  // what changes from here on is saved by the next round
  io_kind_ = IoKind::epochs;
  busy_ = true;
  self_in_io_ = shared_from_this();
  io_.done = [](io::Completion& c, int32_t result) noexcept { static_cast<Io&>(c).log->io_done(result); };
  disk.sync(file, io_);
  return true;
}

void PartitionLogImpl::write_snapshot() {
  Offset at = log_end_offset();
  bytes_since_snapshot_ = 0;
  if (!dir_made_ || (!snapshots_.empty() && snapshots_.back() == at)) return;
  io::Disk& disk = host_.runtime().disk();
  std::vector<uint8_t> bytes = producers_.encode(at);
  Status written = write_plain(disk, path(segment_file_name(at, ".snapshot")), 0, bytes, false);
  if (!written) {
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

bool PartitionLogImpl::pump_sync() {
  if (!sync_wanted_) return false;
  size_t i = tail_.find(written_);
  if (i < tail_.size() && tail_[i].end_offset <= sync_goal_) return false;  // waits for a file change or for room
  if (syncing_point_.offset < 0) {
    // Everything before the segment that holds `written_` is written wholly.
    size_t at = segment_of(std::max(written_, segments_.front()->base));
    syncing_point_ = {std::max(written_, segments_[at]->base), segments_[at]->base, segments_[at]->written};
  }
  auto run = [&]() -> Result<bool> {
    for (const SegmentPtr& s : segments_) {
      if (s->base > syncing_point_.segment_base) break;
      bool sealed = s->base < syncing_point_.segment_base;
      uint64_t need = sealed ? s->written : std::min(syncing_point_.position, s->written);
      // Once sealed its indexes are never made anew after a crash, so they are synced with it.
      if (sealed ? !s->indexes_final : s->synced < need) TRY(save_indexes(*s, sealed));
      if (s->synced >= need) continue;
      if (aborted_saved_ < aborted_.size()) TRY(save_txn_index(*s));
      TRY(open_file(*s));
      io_segment_ = s;
      io_end_ = s->written;
      io_kind_ = IoKind::sync;
      busy_ = true;
      self_in_io_ = shared_from_this();
      io_.done = [](io::Completion& c, int32_t result) noexcept { static_cast<Io&>(c).log->io_done(result); };
      host_.runtime().disk().sync(s->file->id, io_);
      return true;
    }
    aborted_saved_ = aborted_.size();
    if (dir_made_ && epochs_dirty_) return begin_save_epochs();
    if (bytes_since_snapshot_ > kSnapshotEvery) write_snapshot();
    if (dir_dirty_ && dir_made_) {
      TRY(host_.runtime().disk().sync_dir(id_.dir));
      dir_dirty_ = false;
    }
    return false;
  };
  auto started = run();
  if (!started) {
    if (started.code() != ErrorCode::no_space) host_.storage_failed(started.error());
    return false;
  }
  if (*started) return true;
  if (!(syncing_point_.offset < recovery_point_.offset)) {
    recovery_point_ = syncing_point_;
    note_indexes(recovery_point_);
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
  epochs_file_.reset();
  io_buffers_.clear();
  if (retired_) {
    if (checkpoint_done_) std::exchange(checkpoint_done_, nullptr)();
    return;
  }
  if (result < 0) {
    Error error = io::error_of_errno(result, kind != IoKind::write ? "segment sync" : "segment write", id_.tp.to_string());
    // A full disk is waited out: the bytes stay in memory and in the journal. Anything else, and any failed sync, is final.
    if (kind == IoKind::write && error.code == ErrorCode::no_space) return host_.note_dirty(*this);
    return host_.storage_failed(error);
  }
  if (kind == IoKind::write) {
    segment->written = std::max(segment->written, std::min(io_end_, segment->size));
    written_ = std::max(written_, io_end_offset_);
    recount_dirty();
  } else if (kind == IoKind::epochs) {
    Status renamed = host_.runtime().disk().rename(path("leader-epoch-checkpoint.tmp"), path("leader-epoch-checkpoint"));
    if (!renamed) return host_.storage_failed(renamed.error());
    dir_dirty_ = true;  // synced before the checkpoint ends
  } else {
    segment->synced = std::max(segment->synced, std::min(io_end_, segment->written));
  }
  pump();
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
