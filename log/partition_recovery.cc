#include <algorithm>

#include "base/util/diag.h"
#include "log/batch.h"
#include "log/checkpoint_text.h"
#include "log/partition_log_impl.h"

namespace weir::log {
namespace {

constexpr uint64_t kReplayDirtyMax = 4ull << 20;
constexpr size_t kTxnEntrySize = 34;

/// The number of a file "00000000000000000042.log"; -1 when it is none.
Offset offset_of_file(const std::string& name, std::string_view suffix) {
  if (name.size() != 20 + suffix.size() || !name.ends_with(suffix)) return -1;
  auto number = parse_number(std::string_view(name).substr(0, 20));
  return number ? *number : -1;
}

/// Reads the last whole entry of an index file into `entry`. False: there is none, or it cannot be read.
Result<bool> last_entry(io::Disk& disk, const std::string& path, Bytes entry) {
  TRY_ASSIGN(bool there, disk.exists(path));
  if (!there) return false;
  TRY_ASSIGN(io::FileId file, disk.open(path, io::OpenMode::read_only));
  auto size = disk.size(file);
  uint64_t entries = size ? *size / entry.size() : 0;
  auto got = entries > 0 ? disk.read_now(file, (entries - 1) * entry.size(), entry) : Result<size_t>(size_t{0});
  disk.close(file);
  return got && *got == entry.size();
}

/// What a scan says of bytes that are no batches.
bool is_damage(ErrorCode code) {
  return code == ErrorCode::corrupt_message || code == ErrorCode::unsupported_for_message_format;
}

}  // namespace

Status PartitionLogImpl::load(const StoredState& stored, Offset journal_start) {
  CHECK(recovering_, "a load outside of recovery");
  Status loaded = load_files(stored, journal_start);
  if (!is_damage(loaded.code())) return loaded;
  // Somewhere before what the indexes point at: all of it is read, and the log ends where it is no longer whole.
  WEIR_ERROR("{}: a segment is damaged ({}); all of them are read", id_.tp.to_string(), loaded.error().message());
  read_all_ = true;
  snapshots_.clear();
  aborted_.clear();
  loaded = load_files(stored, journal_start);
  read_all_ = false;
  return loaded;
}

Status PartitionLogImpl::load_files(const StoredState& stored, Offset journal_start) {
  TRY(load_segments(stored, std::max(stored.log_start, journal_start)));
  Offset end = log_end_offset();
  log_start_ = journaled_log_start_ = std::min(std::max(stored.log_start, segments_.front()->base), end);
  high_watermark_ = std::min(stored.high_watermark, end);
  written_ = journaled_ = durable_ = notified_ = write_goal_ = end;
  if (end != stored.recovery.offset) {
    const auto& epochs = stored.recovery.epochs;
    lost_ = {epochs && !epochs->empty() ? epochs->back().epoch : kNoLeaderEpoch, stored.recovery.offset};
  }
  recovery_point_ = {end, active().base, active().size, stored.recovery.entry, stored.recovery.epochs};
  note_indexes(recovery_point_);
  created_ = true;
  if (stored.recovery.epochs && !epochs_.restore(*stored.recovery.epochs))
    return Error(ErrorCode::malformed, "log state", id_.tp.to_string() + ": epochs do not grow");
  if (lost_) epochs_.truncate_to(end);
  // Snapshots of what is gone: they would bring back sequences of records that the log does not hold.
  for (; !snapshots_.empty() && snapshots_.back() > end; snapshots_.pop_back()) {
    TRY(host_.runtime().disk().remove(path(segment_file_name(snapshots_.back(), ".snapshot"))));
    dir_dirty_ = true;
  }
  TRY(load_txn_indexes());
  return rebuild_producers(end);
}

Status PartitionLogImpl::load_segments(const StoredState& stored, Offset needed_from) {
  io::Disk& disk = host_.runtime().disk();
  segments_.clear();
  TRY_ASSIGN(dir_made_, disk.exists(id_.dir));
  dir_unsure_ = dir_made_;
  std::vector<Offset> bases;
  if (dir_made_) {
    TRY_ASSIGN(auto entries, disk.list(id_.dir));
    for (const io::DirEntry& e : entries) {
      for (const char* suffix : {".log", ".index", ".timeindex", ".txnindex"}) {
        Offset base = offset_of_file(e.name, suffix);
        if (base < 0) continue;
        // Begun after the last checkpoint: the journal has all of it.
        if (base > stored.recovery.segment_base) dir_dirty_ = true;
        if (base > stored.recovery.segment_base)
          TRY(disk.remove(path(e.name)));
        else if (suffix == std::string_view(".log"))
          bases.push_back(base);
      }
      Offset snapshot = offset_of_file(e.name, ".snapshot");
      if (snapshot > stored.recovery.offset) dir_dirty_ = true;
      if (snapshot > stored.recovery.offset)
        TRY(disk.remove(path(e.name)));
      else if (snapshot >= 0)
        snapshots_.push_back(snapshot);
    }
  }
  std::sort(bases.begin(), bases.end());
  std::sort(snapshots_.begin(), snapshots_.end());
  // Wholly below the log start: about to be deleted when the process ended, maybe of a history before a restart.
  size_t below = 0;
  while (below + 1 < bases.size() && bases[below + 1] <= needed_from) ++below;
  if (bases.size() > below && stored.recovery.position == 0 && bases.back() < stored.recovery.segment_base &&
      stored.recovery.segment_base <= needed_from) {
    below = bases.size();
  }
  for (size_t i = 0; i < below; ++i) TRY(remove_segment_files(bases[i]));
  bases.erase(bases.begin(), bases.begin() + static_cast<ptrdiff_t>(below));
  if (stored.recovery.position == 0 && (bases.empty() || bases.back() != stored.recovery.segment_base))
    bases.push_back(stored.recovery.segment_base);
  TRY_ASSIGN(bool whole, load_sealed_ones(bases, stored, needed_from));
  if (!whole) return {};
  TRY(load_active(active(), stored));
  TRY(restore_first_timestamp(*segments_.front()));
  return segments_.size() > 1 ? restore_first_timestamp(active()) : Status();
}

Result<bool> PartitionLogImpl::load_sealed_ones(const std::vector<Offset>& bases, const StoredState& stored,
                                                Offset needed_from) {
  // The log must be whole from its start to the recovery point: what lies behind a hole would be served as if nothing
  // were missing, and with the end that was acknowledged the node would count as caught up. It ends at the hole
  // instead, and fetches the rest again.
  const Offset first = bases.empty() ? stored.recovery.offset : bases.front();
  if (first > needed_from) {
    TRY(end_at_hole(bases, stored.log_start, stored));
    return false;
  }
  for (size_t i = 0; i < bases.size(); ++i) {
    bool is_active = bases[i] == stored.recovery.segment_base;
    auto s = std::make_shared<Segment>(bases[i]);
    s->created = host_.runtime().wall_now();
    if (is_active) {
      segments_.push_back(std::move(s));
      return true;
    }
    Offset next = i + 1 < bases.size() ? bases[i + 1] : stored.recovery.segment_base;
    TRY_ASSIGN(SealedEnd end, sealed_end(*s, next));
    s->end = next;
    if (end.offset == next) {
      TRY(load_sealed(*s));
      segments_.push_back(std::move(s));
      continue;
    }
    if (end.size > 0 && end.offset > stored.log_start) {
      TRY(cut_sealed(*s, end));
      segments_.push_back(std::move(s));
    }
    TRY(end_at_hole(bases, end.offset, stored));
    return false;
  }
  TRY(end_at_hole(bases, stored.recovery.segment_base, stored));
  return false;
}

Result<PartitionLogImpl::SealedEnd> PartitionLogImpl::sealed_end(Segment& s, Offset expected) {
  io::Disk& disk = host_.runtime().disk();
  TRY(open_file(s));
  TRY_ASSIGN(uint64_t size, disk.size(s.file->id));
  auto scan = [&](FilePos from, Offset base) -> Result<SealedEnd> {
    SealedEnd end{base, from};
    Status scanned = scan_file(s, from, size, [&](BatchHeader b, Segment&, FilePos pos) {
      if (b.base_offset() < end.offset || b.end_offset() > expected) return false;
      end = {b.end_offset(), pos + b.size()};
      return true;
    });
    if (!scanned && !is_damage(scanned.code())) return scanned.error();
    return end;
  };
  // From the last entry of the index on, if there is one: the batches before it are not read at every start.
  uint8_t entry[OffsetIndex::kEntrySize];
  auto found = last_entry(disk, path(segment_file_name(s.base, ".index")), Bytes(entry, sizeof entry));
  if (found && *found && !read_all_) {
    TRY_ASSIGN(SealedEnd end,
               scan(OffsetIndex::decode(s.base, ConstBytes(entry, sizeof entry), size).last_position(), s.base));
    if (end.offset == expected) return end;
  }
  return scan(0, s.base);
}

Status PartitionLogImpl::cut_sealed(Segment& s, SealedEnd end) {
  io::Disk& disk = host_.runtime().disk();
  TRY(open_file(s));
  TRY(disk.truncate(s.file->id, end.size));
  TRY(disk.sync_now(s.file->id));
  // The index files are made anew: they reach over the cut.
  s.size = 0, s.end = s.base;
  TRY(scan_file(s, 0, end.size, [&](BatchHeader b, Segment& segment, FilePos) {
    segment.added(b.last_offset(), b.max_timestamp(), b.size(), config_.index_interval_bytes);
    return true;
  }));
  CHECK(s.size == end.size && s.end == end.offset, "two scans of a segment differ", s.size, end.size);
  s.written = s.synced = s.size;
  s.seal();
  for (const char* suffix : {".index", ".timeindex"}) {
    Status removed = disk.remove(path(segment_file_name(s.base, suffix)));
    if (!removed && removed.code() != ErrorCode::not_found) return removed;
  }
  return {};
}

Status PartitionLogImpl::end_at_hole(const std::vector<Offset>& bases, Offset hole, const StoredState& stored) {
  hole = std::max(hole, stored.log_start);
  WEIR_ERROR(
      "{}: records from {} to {} are missing on the disk; the log ends at {}, the rest is fetched from the other "
      "replicas",
      id_.tp.to_string(), hole, stored.recovery.offset, hole);
  for (Offset base : bases) {
    bool kept = std::any_of(segments_.begin(), segments_.end(), [&](const SegmentPtr& s) { return s->base == base; });
    if (!kept) TRY(remove_segment_files(base));
  }
  segments_.push_back(std::make_shared<Segment>(hole));
  segments_.back()->created = host_.runtime().wall_now();
  return restore_first_timestamp(*segments_.front());
}

Status PartitionLogImpl::restore_first_timestamp(Segment& s) {
  uint8_t header[BatchHeader::kSize];
  if (s.size < sizeof header) return {};
  TRY(open_file(s));
  TRY_ASSIGN(size_t got, host_.runtime().disk().read_now(s.file->id, 0, Bytes(header, sizeof header)));
  if (got == sizeof header) s.first_timestamp = BatchHeader(header).max_timestamp();
  if (s.sealed) s.file.reset();
  return {};
}

Status PartitionLogImpl::remove_segment_files(Offset base) {
  for (const char* suffix : {".log", ".index", ".timeindex", ".txnindex"}) {
    Status removed = host_.runtime().disk().remove(path(segment_file_name(base, suffix)));
    if (!removed && removed.code() != ErrorCode::not_found) return removed;
  }
  dir_dirty_ = true;
  return {};
}

Status PartitionLogImpl::load_sealed(Segment& s) {
  io::Disk& disk = host_.runtime().disk();
  TRY(open_file(s));
  TRY_ASSIGN(s.size, disk.size(s.file->id));
  s.file.reset();  // the next read opens it
  s.written = s.synced = s.size;
  s.sealed = s.indexes_final = true;
  s.indexes_loaded = false;
  uint8_t last[TimeIndex::kEntrySize];
  TRY_ASSIGN(bool found, last_entry(disk, path(segment_file_name(s.base, ".timeindex")), Bytes(last, sizeof last)));
  if (found) {
    s.max_timestamp = load_be<int64_t>(last);
    s.max_timestamp_offset = s.base + load_be<uint32_t>(last + 8);
    return {};
  }
  if (s.size == 0) return {};
  WEIR_WARN("{}: no time index for segment {}; reading it", id_.tp.to_string(), s.base);
  return scan_file(s, 0, s.size, [&](BatchHeader b, Segment&, FilePos) {
    if (b.max_timestamp() > s.max_timestamp)
      s.max_timestamp = b.max_timestamp(), s.max_timestamp_offset = b.last_offset();
    return true;
  });
}

Status PartitionLogImpl::scan_active(Segment& s, FilePos from, FilePos limit, Offset end) {
  s.size = from;
  s.end = s.base;
  s.max_timestamp = s.times.last_timestamp();
  s.max_timestamp_offset = s.times.entries() > 0 ? s.times.last_offset() : kNoOffset;
  Status scanned = scan_file(s, from, limit, [&](BatchHeader b, Segment& segment, FilePos) {
    if (b.base_offset() < segment.end || b.end_offset() > end || !check_stored_batch(b)) return false;
    segment.added(b.last_offset(), b.max_timestamp(), b.size(), config_.index_interval_bytes);
    return true;
  });
  return is_damage(scanned.code()) ? Status() : scanned;
}

Status PartitionLogImpl::load_active(Segment& s, const StoredState& stored) {
  io::Disk& disk = host_.runtime().disk();
  CHECK(s.base == stored.recovery.segment_base, "not the segment of the recovery point", s.base,
        stored.recovery.segment_base);
  uint64_t limit = stored.recovery.position;
  TRY_ASSIGN(bool there, disk.exists(path(segment_file_name(s.base, ".log"))));
  if (there) {
    TRY(open_file(s));
    // Then its name may be in the page cache only (killed before its first checkpoint).
    if (limit == 0) dir_dirty_ = true;
    TRY_ASSIGN(uint64_t have, disk.size(s.file->id));
    if (have > limit) TRY(disk.truncate(s.file->id, limit));
    // Also where it is short enough: the end of a process may have left a cut in the page cache only.
    s.cut_unsynced = true;
    if (have < limit)
      WEIR_ERROR("{}: segment {} has {} bytes, {} were synced", id_.tp.to_string(), s.base, have, limit);
    limit = std::min(limit, have);
    s.written = limit;
    s.end = stored.recovery.offset;
    // The index files are not synced with the segment (two more syncs a log and checkpoint): a hash says whether they
    // are what they were then, as after any end of the process alone. From the last believed entry on they are made
    // anew.
    const RecoveryPoint& point = stored.recovery;
    auto index = disk.read_file(path(segment_file_name(s.base, ".index")));
    auto times = disk.read_file(path(segment_file_name(s.base, ".timeindex")));
    size_t index_bytes = point.index_entries * OffsetIndex::kEntrySize,
           time_bytes = point.time_entries * TimeIndex::kEntrySize;
    if (!read_all_ && index && times && index->size() >= index_bytes && times->size() >= time_bytes &&
        limit == point.position &&
        index_files_hash(ConstBytes(*index).first(index_bytes), ConstBytes(*times).first(time_bytes)) ==
            point.index_hash) {
      s.index = OffsetIndex::decode(s.base, ConstBytes(*index).first(index_bytes), limit);
      s.times = TimeIndex::decode(s.base, ConstBytes(*times).first(time_bytes), point.offset);
    }
    s.index_on_disk = s.index.entries();
    s.times_on_disk = s.times.entries();
    FilePos from = s.index.last_position();
    TRY(scan_active(s, from, limit, stored.recovery.offset));
    if (s.size == from && from < limit) {
      // Not even the batch that the index ends with is whole: how far those before it are, only reading them tells.
      s.index = OffsetIndex(s.base);
      s.times = TimeIndex(s.base);
      s.index_on_disk = s.times_on_disk = 0;
      TRY(scan_active(s, 0, limit, stored.recovery.offset));
    }
    if (s.size < limit) {
      WEIR_ERROR("{}: segment {} is damaged at byte {}; cut there", id_.tp.to_string(), s.base, s.size);
      TRY(disk.truncate(s.file->id, s.size));
    }
    s.written = s.synced = s.size;
    s.index_on_disk = std::min(s.index_on_disk, s.index.entries());
    s.times_on_disk = std::min(s.times_on_disk, s.times.entries());
  }
  if (s.size == stored.recovery.position) s.end = stored.recovery.offset;
  return {};
}

Status PartitionLogImpl::load_txn_indexes() {
  for (const SegmentPtr& s : segments_) {
    auto bytes = host_.runtime().disk().read_file(path(segment_file_name(s->base, ".txnindex")));
    if (bytes.code() == ErrorCode::not_found) continue;
    if (!bytes) return bytes.error();
    for (size_t at = 0; at + kTxnEntrySize <= bytes->size(); at += kTxnEntrySize) {
      const uint8_t* p = bytes->data() + at;
      AbortedTxnEntry e{load_be<int64_t>(p + 2), load_be<int64_t>(p + 10), load_be<int64_t>(p + 18),
                        load_be<int64_t>(p + 26)};
      bool fits = load_be<int16_t>(p) == 0 && e.first_offset < e.last_offset && e.last_offset < log_end_offset() &&
                  e.last_offset >= s->base && (aborted_.empty() || aborted_.back().last_offset < e.last_offset);
      if (!fits) break;
      ++s->txns_on_disk;
      aborted_.push_back(e);
    }
    if (s->txns_on_disk * kTxnEntrySize == bytes->size()) continue;
    // The rest is of what the recovery point does not hold: it must not come back when the log has grown over it.
    io::Disk& disk = host_.runtime().disk();
    TRY_ASSIGN(io::FileId file, disk.open(path(segment_file_name(s->base, ".txnindex")), io::OpenMode::read_write));
    Status cut = disk.truncate(file, s->txns_on_disk * kTxnEntrySize);
    if (cut) cut = disk.sync_now(file);
    disk.close(file);
    TRY(cut);
  }
  return {};
}

void PartitionLogImpl::begin_recovery(uint64_t next_entry) {
  recovering_ = true;
  configured_ = false;
  recovery_point_.entry = next_entry;
}

Status PartitionLogImpl::lower_to_cut(uint64_t number, Offset to, bool restart) {
  CHECK(recovering_, "a recovery cut outside of recovery");
  CHECK(number >= recovery_point_.entry, "a cut that the recovery point holds", number, recovery_point_.entry);
  // What lies below the log start may be gone already: then a later entry moves the log start above the cut.
  if (restart || to < segments_.front()->base) {
    restart_memory(to);
  } else if (to < log_end_offset()) {
    TRY(cut_now(to));
  }
  journaled_log_start_ = log_start_;
  recovery_point_ = {log_end_offset(), active().base, active().size, number + 1};
  epochs_dirty_ = true;
  note_epochs(recovery_point_);
  if (restart || log_end_offset() == to) lost_.reset();
  return {};
}

Status PartitionLogImpl::cut_now(Offset to) {
  TRY_ASSIGN(Offset end, cut_memory(to));
  // Every truncation in the journal ends at a batch border.
  if (end != to)
    return malformed("a truncation to " + std::to_string(to) + " cuts a batch; the log now ends at " +
                     std::to_string(end));
  return {};
}

Error PartitionLogImpl::malformed(std::string what) const {
  return Error(ErrorCode::malformed, "journal", id_.tp.to_string() + ": " + std::move(what));
}

Status PartitionLogImpl::apply_recovery_cuts() {
  // Below the log start: only once the recovery point that needs them no more is stored, like in normal life.
  std::deque<FileChange> later;
  while (!file_changes_.empty()) {
    FileChange change = std::move(file_changes_.front());
    file_changes_.pop_front();
    if (change.kind == FileChange::Kind::below) {
      later.push_back(std::move(change));
      continue;
    }
    apply_file_change(change);
    if (host_.offline()) return Error(ErrorCode::io_error, "recovery", id_.tp.to_string());
  }
  file_changes_ = std::move(later);
  return {};
}

Status PartitionLogImpl::replay_records(const JournalScan::Entry& entry, uint64_t& restored) {
  CHECK(recovering_, "a replay outside of recovery");
  if (entry.number < recovery_point_.entry) return {};
  if (entry.before > log_end_offset() || entry.offset < log_end_offset()) {
    // Where the disk lost synced bytes the rest cannot follow: the log ends there, as the warning at the load said; a
    // replica brings it back.
    if (lost_) return note_lost(entry);
    return malformed("entry " + std::to_string(entry.number) + " holds records from " + std::to_string(entry.offset) +
                     " behind " + std::to_string(entry.before) + ", but the log ends at " +
                     std::to_string(log_end_offset()));
  }
  for (size_t at = 0; at < entry.bytes.size();) {
    TRY_ASSIGN(BatchHeader b, frame_batch(entry.bytes, at));
    at += b.size();
    if (b.base_offset() < log_end_offset()) return malformed("batches of one entry overlap");
    append_checked(Buffer::copy_of(b.bytes()), b.has_producer() ? b.max_timestamp() : host_.runtime().wall_now());
    journaled_ = durable_ = log_end_offset();
    ++restored;
  }
  if (dirty_bytes_ > kReplayDirtyMax) TRY(write_now(false));
  return {};
}

Status PartitionLogImpl::note_lost(const JournalScan::Entry& entry) {
  for (size_t at = 0; at < entry.bytes.size();) {
    TRY_ASSIGN(BatchHeader b, frame_batch(entry.bytes, at));
    at += b.size();
    also_lost({b.leader_epoch(), b.end_offset()});
  }
  return {};
}

Status PartitionLogImpl::replay_cut(const JournalScan::Entry& entry, bool restart) {
  if (entry.number < recovery_point_.entry) return {};
  if (restart) {
    restart_memory(entry.offset);
    journaled_log_start_ = entry.offset;
    lost_.reset();
  } else if (entry.offset < log_end_offset()) {
    CHECK(entry.offset >= recovery_point_.offset, "a cut below the recovery point was not planned", entry.offset,
          recovery_point_.offset);
    TRY(cut_now(entry.offset));
  } else if (entry.offset > log_end_offset() && !lost_) {
    return malformed("entry " + std::to_string(entry.number) + " cuts at " + std::to_string(entry.offset) +
                     ", above the log end " + std::to_string(log_end_offset()));
  }
  return apply_recovery_cuts();
}

Status PartitionLogImpl::replay_log_start(const JournalScan::Entry& entry) {
  if (entry.number < recovery_point_.entry) return {};
  Offset to = std::min(entry.offset, log_end_offset());
  if (to <= log_start_) return {};
  log_start_ = journaled_log_start_ = to;
  epochs_.advance_start(to);
  epochs_dirty_ = true;
  drop_below(to, entry.number);
  return {};
}

Status PartitionLogImpl::sync_file_now(const Segment& segment, const char* suffix) {
  io::Disk& disk = host_.runtime().disk();
  TRY_ASSIGN(io::FileId file, disk.open(path(segment_file_name(segment.base, suffix)), io::OpenMode::read_write));
  Status synced = disk.sync_now(file);
  disk.close(file);
  return synced;
}

Status PartitionLogImpl::write_now(bool sync) {
  io::Disk& disk = host_.runtime().disk();
  for (size_t i = tail_.find(written_); i < tail_.size(); ++i) {
    const TailEntry& e = tail_[i];
    Segment& s = *segments_[segment_of(e.base_offset)];
    TRY(open_file(s));
    CHECK(e.pos == s.written, "the replay leaves a hole", e.pos, s.written);
    TRY(disk.write_now(s.file->id, e.pos, e.bytes));
    s.written += e.bytes.size();
    written_ = e.end_offset;
  }
  recount_dirty();
  if (!sync) return {};
  for (const SegmentPtr& s : segments_) {
    if (s->sealed && !s->indexes_final) {
      TRY(save_indexes(*s, true));
      for (const char* suffix : {".index", ".timeindex"}) TRY(sync_file_now(*s, suffix));
      s->indexes_final = true;
    }
    if (s->synced == s->written && !(s->cut_unsynced && s->sealed)) continue;
    if (s->synced == 0) dir_dirty_ = true;
    s->cut_unsynced = false;
    dir_dirty_ = dir_dirty_ || dir_unsure_;
    TRY(open_file(*s));
    TRY(disk.sync_now(s->file->id));
    s->synced = s->written;
    if (!s->sealed) TRY(save_indexes(*s, false));
  }
  if (dir_made_) TRY(save_txn_indexes(log_end_offset()));
  for (const SegmentPtr& s : segments_) {
    if (std::exchange(s->txns_unsynced, false)) TRY(sync_file_now(*s, ".txnindex"));
  }
  save_epochs();
  if (dir_made_ && dir_dirty_) {
    TRY(disk.sync_dir_now(id_.dir));
    dir_unsure_ = false;
  }
  dir_dirty_ = false;
  return {};
}

Status PartitionLogImpl::finish_recovery(uint64_t next_entry) {
  CHECK(recovering_, "recovery ends twice");
  TRY(write_now(true));
  for (const FileChange& c : file_changes_) CHECK(c.kind == FileChange::Kind::below, "files were not cut", c.end);
  Offset end = log_end_offset();
  written_ = journaled_ = durable_ = notified_ = end;
  high_watermark_ = std::min(high_watermark_, end);
  CHECK(next_entry >= recovery_point_.entry, "entries end below the recovery point", next_entry, recovery_point_.entry);
  RecoveryPoint point{end, active().base, active().size, next_entry, nullptr};
  note_epochs(point);
  recovery_point_ = point;
  note_indexes(recovery_point_);
  journaled_number_ = next_entry - 1;
  journaled_log_start_ = log_start_;
  marks_.clear();
  recovering_ = false;
  check_invariants();
  return {};
}

}  // namespace weir::log
