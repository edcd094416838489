#include <algorithm>

#include "base/util/diag.h"
#include "log/faults.h"
#include "log/le_fields.h"
#include "log/log_set_impl.h"

namespace weir::log {
namespace {

constexpr uint64_t kFillChunk = 1ull << 20;
constexpr Duration kFirstRetention = std::chrono::seconds(30);  // as Kafka: a node that comes up has other things to do

uint64_t ring_size(uint64_t bytes) { return bytes / CommitJournal::kBlock * CommitJournal::kBlock; }

/// "topic-3" as Kafka names a log's directory.
bool is_log_dir(const std::string& name) {
  size_t dash = name.rfind('-');
  return dash != std::string::npos && dash > 0 && dash + 1 < name.size() &&
         name.find_first_not_of("0123456789", dash + 1) == std::string::npos;
}

/// Whether its loss makes the directory another one. Lost metadata says nothing of the partitions: the quorum asks for
/// it itself.
bool tells_directory(const PartitionLogImpl& log) { return log.topic_id() != kMetadataTopicId; }

/// "topic-3.0123456789abcdef-delete": what delete_log_files() leaves.
bool is_doomed(const std::string& name) {
  constexpr std::string_view kEnd = "-delete";
  constexpr size_t kUnique = 17;
  if (!name.ends_with(kEnd) || name.size() <= kUnique + kEnd.size()) return false;
  const std::string_view unique = std::string_view(name).substr(name.size() - kEnd.size() - kUnique, kUnique);
  return unique[0] == '.' && unique.find_first_not_of("0123456789abcdef", 1) == unique.npos;
}

}  // namespace

Status LogSetImpl::start(RecoveryReport& report) {
  report_ = &report;
  next_retention_ = runtime_.now() + std::min(kFirstRetention, options_.retention_check_interval);
  if (memory_only()) return {};
  io::Disk& disk = runtime_.disk();
  CHECK(options_.journal_bytes_initial >= 64 * CommitJournal::kBlock, "weir.journal.bytes is too small",
        options_.journal_bytes_initial);
  TRY(disk.make_dirs(options_.dir));
  TRY_ASSIGN(lock_, disk.lock(path(kLockName)));
  TRY_ASSIGN(bool known, load_state());
  TRY(remove_strays(!known));
  TRY(open_journal(!known));
  TRY_ASSIGN(uint64_t journal_bytes, disk.size(journal_file_));
  JournalScan plan_scan(disk, journal_file_, ring_size(journal_bytes));
  JournalMark end = state_.journal;
  if (known) {
    for (const LogState::Log& log : state_.logs)
      plan_[key_of(log.tp, log.topic_id)] = {log.stored.recovery.entry, log.stored.recovery.offset};
    TRY(plan_scan.run(state_.journal, [&](const JournalScan::Entry& e) { return plan_entry(e); }));
    // A group that only the page cache holds (the process was killed in its write) must be there in the next attempt
    // too, if this one is cut short.
    TRY(disk.sync_now(journal_file_));
    TRY(load_logs());
    JournalScan scan(disk, journal_file_, ring_size(journal_bytes));
    TRY(scan.run(state_.journal, [&](const JournalScan::Entry& e) { return apply_entry(e); }));
    CHECK(scan.groups() == plan_scan.groups(), "two passes over the journal differ", scan.groups(), plan_scan.groups());
    end = scan.end();
    report.journal_groups_replayed = scan.groups();
    report.journal_bytes_replayed = scan.bytes();
  }
  // A lowered point may hold an entry that the journal lost since (it was in the cache of a machine that lost power):
  // its number is used up.
  for (auto& [tp, log] : logs_) end.entry = std::max(end.entry, log->recovery_point().entry);
  for (auto& [tp, log] : logs_) TRY(log->finish_recovery(end.entry));
  note_losses(false);
  TRY(start_journal(end, !known));
  report.clean_shutdown = known && state_.clean && report.journal_groups_replayed == 0;
  state_.clean = false;
  report.partitions = logs_.size();
  report.direct_io = direct_io_;
  check_free_space();
  report_ = nullptr;
  plan_.clear();
  check_invariants();
  return {};
}

Result<bool> LogSetImpl::load_state() {
  io::Disk& disk = runtime_.disk();
  bool found = false;
  for (int i = 0; i < 2; ++i) {
    auto bytes = disk.read_file(path(kStateNames[i]));
    if (!bytes && bytes.code() != ErrorCode::not_found) return bytes.error();
    if (bytes) {
      auto state = LogState::decode(*bytes);
      if (state && (!found || state->sequence > state_.sequence)) {
        state_ = std::move(*state);
        found = true;
      }
    }
    TRY_ASSIGN(state_files_[i], disk.open(path(kStateNames[i]), io::OpenMode::read_write));
  }
  // What only the page cache holds (the process was killed while it wrote a state) must not be lost after this start
  // acted upon it.
  for (io::FileId file : state_files_) TRY(disk.sync_now(file));
  cells_ = state_.cells;
  return found;
}

Result<bool> LogSetImpl::holds_log(const std::string& dir) {
  TRY_ASSIGN(auto entries, runtime_.disk().list(dir));
  if (entries.empty()) return true;  // as it is just before its first segment
  for (const io::DirEntry& e : entries) {
    if (e.is_directory) continue;
    if (e.name == "partition.metadata" || e.name == "leader-epoch-checkpoint") return true;
    if (e.name.find_first_not_of("0123456789") == 20 && e.name[20] == '.') return true;
  }
  return false;
}

Status LogSetImpl::remove_strays(bool fresh) {
  TRY_ASSIGN(auto entries, runtime_.disk().list(options_.dir));
  std::vector<std::string> known;
  for (const LogState::Log& log : state_.logs) known.push_back(log.tp.to_string());
  std::sort(known.begin(), known.end());
  for (const io::DirEntry& e : entries) {
    if (!e.is_directory) continue;
    if (is_doomed(e.name)) {
      TRY(runtime_.disk().remove_tree(path(e.name)));
      continue;
    }
    if (!is_log_dir(e.name) || std::binary_search(known.begin(), known.end(), e.name)) continue;
    TRY_ASSIGN(bool log, holds_log(path(e.name)));
    if (!log) {
      WEIR_WARN("{} is named like a log but holds none: left alone", path(e.name));
      continue;
    }
    if (fresh) {
      return Error(ErrorCode::malformed, "log directory",
                   path(e.name) + " holds a log, but there is no weir-state.0 or .1 in " + options_.dir +
                       " that lists it. Put them back, or choose another directory; an empty one is filled from the "
                       "other replicas");
    }
    // Made just before a crash and never journaled, or removed and the rename lost: nobody was told that it exists.
    WEIR_WARN("removing {}: no log of this node", path(e.name));
    TRY(runtime_.disk().remove_tree(path(e.name)));
    dirs_removed_ = true;
  }
  return {};
}

Status LogSetImpl::open_journal(bool fresh) {
  io::Disk& disk = runtime_.disk();
  auto direct = disk.open(path(kJournalName), io::OpenMode::read_write_direct);
  direct_io_ = direct.ok();
  if (direct) {
    journal_file_ = *direct;
  } else {
    if (direct.code() != ErrorCode::unsupported && direct.code() != ErrorCode::invalid_argument) return direct.error();
    TRY_ASSIGN(journal_file_, disk.open(path(kJournalName), io::OpenMode::read_write));
  }
  TRY_ASSIGN(uint64_t have, disk.size(journal_file_));
  // Where its end is cut off nothing else would tell that groups are missing.
  if (!fresh && have < std::max(4 * CommitJournal::kBlock, noted_journal_bytes())) {
    return Error(ErrorCode::malformed, "log directory",
                 path(kJournalName) +
                     " is missing or cut off, and records with it that no segment holds. Put it back; or move the "
                     "directory away and start with an empty one: the node then fetches all from the other replicas");
  }
  uint64_t want = ring_size(options_.journal_bytes_initial);
  if (have >= want) return {};
  // Zeros, not just allocated: a write into unwritten extents costs a commit of the file system's journal each.
  Buffer zeros = Buffer::allocate(kFillChunk, CommitJournal::kBlock);
  std::memset(zeros.data(), 0, zeros.size());
  for (uint64_t at = ring_size(have); at < want; at += kFillChunk) {
    TRY(disk.write_now(journal_file_, at, zeros.bytes().first(std::min(kFillChunk, want - at))));
  }
  return disk.sync_now(journal_file_);
}

uint64_t LogSetImpl::noted_journal_bytes() const {
  std::vector<uint8_t> cell = read_cell(kJournalCell);
  return cell.size() == sizeof(uint64_t) ? load_le<uint64_t>(cell.data()) : 0;
}

void LogSetImpl::note_journal_bytes(uint64_t bytes) {
  std::vector<uint8_t> cell;
  put(cell, bytes);
  set_cell(kJournalCell, cell);
}

Status LogSetImpl::plan_entry(const JournalScan::Entry& entry) {
  if (entry.kind < EntryKind::records || entry.kind > EntryKind::cell) {
    return Error(ErrorCode::malformed, "journal",
                 "unknown kind of entry " + std::to_string(static_cast<int>(entry.kind)));
  }
  if (entry.kind == EntryKind::cell) {
    if (entry.offset <= 0 || static_cast<uint64_t>(entry.offset) > entry.bytes.size())
      return Error(ErrorCode::malformed, "journal", "a cell without a name");
    auto name = as_string(entry.bytes.first(static_cast<size_t>(entry.offset)));
    ConstBytes value = entry.bytes.subspan(static_cast<size_t>(entry.offset));
    set_cell(std::string(name), value);
    return {};
  }
  auto it = plan_.find(entry.key);
  if (it == plan_.end()) return {};
  LogPlan& plan = it->second;
  if (entry.number < plan.next || plan.removed) return {};
  if (entry.kind == EntryKind::remove) plan.removed = true;
  bool restart = entry.kind == EntryKind::restart;
  if (restart || entry.kind == EntryKind::log_start) plan.log_start = std::max(plan.log_start, entry.offset);
  if (restart || (entry.kind == EntryKind::truncate && entry.offset < plan.end)) {
    plan.end = entry.offset;
    plan.cut_by = entry.number;
    plan.restart = plan.restart || restart;
  }
  return {};
}

Status LogSetImpl::load_logs() {
  bool lowered = false, lost = false;
  std::vector<LogState::Log> stored = state_.logs;
  for (const LogState::Log& s : stored) {
    const LogPlan& plan = plan_[key_of(s.tp, s.topic_id)];
    if (plan.removed) {
      // Gone, or made anew later in the journal, which then holds all of it.
      TRY(runtime_.disk().remove_tree(path(s.tp.to_string())));
      dirs_removed_ = true;
      set_cell(loss_cell(s.tp), {});
      continue;
    }
    LogPtr log = make_log(s.tp, s.topic_id, options_.until_configured);
    log->begin_recovery(s.stored.recovery.entry);
    TRY(log->load(s.stored, plan.log_start));
    const bool found = log->lost().has_value();
    // It may lack more of what it lacks already, or an earlier start was cut short between taking the loss and the end
    // of the journal.
    if (auto before = lost_end(s.tp)) log->also_lost(*before);
    if (plan.cut_by != 0) {
      TRY(log->lower_to_cut(plan.cut_by, plan.end, plan.restart));
      lowered = true;
    }
    lost = lost || (found && log->lost() && tells_directory(*log));
  }
  note_losses(lost);
  // Another crash must not find the old recovery points over files that were cut meanwhile.
  if (lowered) TRY(write_state_now());
  for (auto& [tp, log] : logs_) TRY(log->apply_recovery_cuts());
  return {};
}

void LogSetImpl::note_losses(bool news) {
  for (const auto& [tp, log] : logs_) {
    if (!log->lost()) continue;
    auto known = lost_end(tp);
    if (known && reaches(*known, *log->lost())) continue;
    std::vector<uint8_t> cell;
    put(cell, log->lost()->epoch);
    put(cell, log->lost()->end_offset);
    set_cell(loss_cell(tp), cell);
    news = news || tells_directory(*log);
  }
  if (news) set_directory_id(Uuid::from_random(runtime_.random().next(), runtime_.random().next()));
}

void LogSetImpl::set_directory_id(const Uuid& id) { set_cell(kDirectoryCell, id.bytes); }

void LogSetImpl::forget_losses() {
  auto first = cells_.lower_bound(std::string(kLossCells));
  if (first == cells_.end() || !first->first.starts_with(kLossCells)) return;
  for (const auto& [tp, log] : logs_) {
    auto end = lost_end(tp);
    if (end && log->durable_offset() >= end->end_offset) write_cell(loss_cell(tp), {}, [](Status) {});
  }
}

Status LogSetImpl::replay_create(const JournalScan::Entry& entry) {
  if (entry.bytes.size() <= 16) return Error(ErrorCode::malformed, "journal", "a create entry without a topic");
  TopicPartition tp{std::string(as_string(entry.bytes.subspan(16))), entry.key.partition};
  Uuid id;
  std::copy_n(entry.bytes.begin(), 16, id.bytes.begin());
  if (by_key(entry.key)) return {};
  if (auto plan = plan_.find(entry.key); plan != plan_.end() && entry.number < plan->second.next) return {};
  if (logs_.contains(tp)) return Error(ErrorCode::malformed, "journal", "two logs of the name " + tp.to_string());
  TRY(runtime_.disk().remove_tree(path(tp.to_string())));
  dirs_removed_ = true;
  LogPtr log = make_log(tp, id, options_.until_configured);
  log->begin_recovery(entry.number + 1);
  log->on_created();
  return {};
}

Status LogSetImpl::apply_entry(const JournalScan::Entry& entry) {
  if (entry.kind == EntryKind::cell) return {};  // the first pass took them
  if (entry.kind == EntryKind::create) return replay_create(entry);
  LogPtr log = by_key(entry.key);
  if (!log) return {};  // of a log that is removed, by the state or by an entry that follows
  switch (entry.kind) {
    case EntryKind::records: {
      TRY(log->replay_records(entry, report_->batches_restored));
      if (mutations().replay_group_twice) {
        Buffer again = Buffer::copy_of(entry.bytes);
        Offset first = log->log_end_offset(), next = first;
        for (size_t at = 0; at < again.size();) {
          store_be<int64_t>(again.data() + at, next);
          next = BatchHeader(again.data() + at).end_offset();
          at += BatchHeader(again.data() + at).size();
        }
        TRY(log->replay_records({entry.kind, entry.key, first, first, entry.number, again}, report_->batches_restored));
      }
      return {};
    }
    case EntryKind::truncate:
      return log->replay_cut(entry, false);
    case EntryKind::restart:
      return log->replay_cut(entry, true);
    case EntryKind::log_start:
      return log->replay_log_start(entry);
    case EntryKind::remove:
      return replay_remove(log, entry);
    default:
      return Error(ErrorCode::malformed, "journal", "unknown kind of entry");
  }
}

Status LogSetImpl::replay_remove(const LogPtr& log, const JournalScan::Entry& entry) {
  // Only of a log that the journal made: a stored one that is removed later was not loaded.
  if (entry.number < log->recovery_point().entry) return {};
  TopicPartition tp = log->topic_partition();
  by_number_.erase(log->identity().number);
  by_key_.erase(entry.key);
  flush_.forget(*log);
  log->retire();
  logs_.erase(tp);
  TRY(runtime_.disk().remove_tree(path(tp.to_string())));
  dirs_removed_ = true;
  return {};
}

Status LogSetImpl::start_journal(const JournalMark& end, bool fresh) {
  io::Disk& disk = runtime_.disk();
  TRY(disk.sync_dir_now(options_.dir));
  // The directory itself may be new too, and those above it. Some of them may not be ours to sync; they are older than
  // us then.
  for (std::string up = options_.dir; up.size() > 1;) {
    size_t slash = up.rfind('/');
    if (slash == std::string::npos) break;
    up.resize(std::max<size_t>(slash, 1));
    if (!disk.sync_dir_now(up)) break;
  }
  TRY_ASSIGN(uint64_t bytes, disk.size(journal_file_));
  bool clean = state_.clean;
  // Everything is in synced segments: the ring begins anew. A group of an earlier life cannot follow this mark, whose
  // checksum is drawn. Counted as well as drawn, for the day when two lives draw the same.
  uint64_t life = (state_.sequence + 1) * 0x9E3779B97F4A7C15ull;
  state_.incarnation = (runtime_.random().next() ^ life) + state_.incarnation;
  state_.journal = {std::max<uint64_t>(end.sequence, 1), std::max<uint64_t>(end.entry, 1), CommitJournal::kBlock,
                    runtime_.random().next() + state_.incarnation};
  // What names the directory elsewhere (meta.properties) may have outlived all that was in it.
  if (fresh) set_directory_id(Uuid::from_random(state_.incarnation, state_.journal.previous_checksum));
  note_journal_bytes(ring_size(bytes));
  TRY(write_state_now());
  state_.clean = clean;
  journal_.start(journal_file_, ring_size(bytes), state_.journal, state_.incarnation);
  return {};
}

}  // namespace weir::log
