#include <algorithm>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "base/util/diag.h"
#include "log/checkpoint_text.h"
#include "log/faults.h"
#include "log/le_fields.h"
#include "log/log_set_impl.h"

namespace weir::log {
namespace {

constexpr uint64_t kSpaceCheckEvery = 16ull << 20;
constexpr uint64_t kGroupBytes = (1ull << 20) - CommitJournal::kBlock;  // with its header in a buffer of 1 MiB
constexpr Duration kGrowWithin = std::chrono::seconds(5);
constexpr size_t kLogsCheckedATick = 256;
constexpr Duration kHighWatermarksEvery = std::chrono::seconds(5);

JournalOptions journal_options(const LogSetOptions& o) {
  return {o.journal_bytes_initial, o.journal_bytes_max, o.journal_groups_in_flight,
          std::min<uint64_t>(kGroupBytes, o.journal_bytes_initial / 4)};
}

}  // namespace

LogKey LogSetImpl::key_of(const TopicPartition& tp, const Uuid& topic_id) {
  LogKey key{topic_id, tp.partition};
  if (topic_id.is_zero()) {
    XXH128_hash_t hash = XXH3_128bits(tp.topic.data(), tp.topic.size());
    XXH128_canonical_t bytes;
    XXH128_canonicalFromHash(&bytes, hash);
    std::copy(std::begin(bytes.digest), std::end(bytes.digest), key.id.bytes.begin());
  }
  return key;
}

Result<std::unique_ptr<LogSet>> LogSet::open(io::Runtime& runtime, LogSetOptions options, RecoveryReport& report) {
  auto set = std::make_unique<LogSetImpl>(runtime, std::move(options));
  Status started = set->start(report);
  if (started.code() == ErrorCode::no_space) {
    return Error(ErrorCode::no_space, "log directory",
                 started.error().message() +
                     ". Nothing is lost; make room, for example by removing other files, and start again");
  }
  TRY(std::move(started));
  return std::unique_ptr<LogSet>(std::move(set));
}

LogSetImpl::LogSetImpl(io::Runtime& runtime, LogSetOptions options)
    : runtime_(runtime),
      options_(std::move(options)),
      cache_(options_.tail_cache_bytes),
      journal_(runtime, *this, journal_options(options_)),
      flush_(runtime, {[this] { return journal_.durable_mark(); },
                       [this](const JournalMark& m, std::function<void(Status)> done) {
                         store_state(&m, false, std::move(done));
                       },
                       [this](const Error& e) { storage_failed(e); }}) {}

LogSetImpl::~LogSetImpl() {
  *alive_ = false;
  flush_.stop();
  for (auto& [tp, log] : logs_) log->abandon_io();
  for (auto& log : retired_) log->abandon_io();
  io::Disk& disk = runtime_.disk();
  for (io::FileId file : {lock_, journal_file_, state_files_[0], state_files_[1]}) {
    if (file >= 0) disk.close(file);
  }
}

PartitionLog* LogSetImpl::find(const TopicPartition& tp) {
  auto it = logs_.find(tp);
  return it == logs_.end() ? nullptr : it->second.get();
}

std::vector<PartitionLog*> LogSetImpl::all() {
  std::vector<PartitionLog*> out;
  for (auto& [tp, log] : logs_) out.push_back(log.get());
  return out;
}

LogSetImpl::LogPtr LogSetImpl::make_log(const TopicPartition& tp, const Uuid& topic_id, const LogConfig& config) {
  PartitionLogImpl::Identity id{tp, topic_id, key_of(tp, topic_id), ++last_number_,
                                memory_only() ? "" : path(tp.to_string())};
  auto log = std::make_shared<PartitionLogImpl>(static_cast<LogHost&>(*this), id, config);
  CHECK(!logs_.contains(tp), "a log is made twice", tp.to_string());
  logs_[tp] = log;
  by_number_[id.number] = log.get();
  by_key_[id.key] = log;
  return log;
}

LogSetImpl::LogPtr LogSetImpl::by_key(const LogKey& key) {
  auto it = by_key_.find(key);
  return it == by_key_.end() ? nullptr : it->second;
}

Result<PartitionLog*> LogSetImpl::create(const TopicPartition& tp, const Uuid& topic_id, const LogConfig& config) {
  if (offline_ || closing_) return Error(ErrorCode::kafka_storage_error, "create log");
  if (tp.topic.empty() || tp.topic.size() > 249 || tp.topic.find('/') != std::string::npos || tp.topic == "." ||
      tp.topic == ".." || tp.partition < 0) {
    return Error(ErrorCode::invalid_argument, "create log", "not a topic-partition: " + tp.to_string());
  }
  if (auto it = logs_.find(tp); it != logs_.end()) {
    bool same = it->second->topic_id() == topic_id;
    return Error(same ? ErrorCode::already_exists : ErrorCode::inconsistent_topic_id, "create log", tp.to_string());
  }
  if (!memory_only() && !removals_pending_.contains(tp)) {
    // What is left of a log that is no longer ours would mix with the new one.
    TRY_ASSIGN(bool there, runtime_.disk().exists(path(tp.to_string())));
    if (there) {
      TRY_ASSIGN(bool log, holds_log(path(tp.to_string())));
      if (!log)
        return Error(ErrorCode::kafka_storage_error, "create log",
                     path(tp.to_string()) + " is in the way and is no log of this node; move it elsewhere");
      TRY(delete_log_files(tp));
    }
  }
  LogPtr log = make_log(tp, topic_id, config);
  JournalEntry e;
  e.kind = EntryKind::create;
  e.key = log->identity().key;
  std::vector<uint8_t> body(topic_id.bytes.begin(), topic_id.bytes.end());
  body.insert(body.end(), tp.topic.begin(), tp.topic.end());
  e.bytes = Buffer::copy_of(body);
  e.done = [log](Status journaled) {
    if (journaled) log->on_created();
  };
  log->begin_life(journal_.add(std::move(e)));
  state_changed_ = true;
  flush_.dirty(*log);
  return static_cast<PartitionLog*>(log.get());
}

Status LogSetImpl::remove(const TopicPartition& tp) {
  auto it = logs_.find(tp);
  if (it == logs_.end()) return Error(ErrorCode::unknown_topic_or_partition, "remove log", tp.to_string());
  if (offline_) return Error(ErrorCode::kafka_storage_error, "remove log");
  LogPtr log = it->second;
  JournalEntry e;
  e.kind = EntryKind::remove;
  e.key = log->identity().key;
  if (!memory_only()) {
    // The files go when the removal is durable: before, a crash would bring the log back without them. A new log of the
    // name makes its own later still.
    removals_pending_.insert(tp);
    e.done = [this, tp](Status journaled) {
      removals_pending_.erase(removals_pending_.find(tp));
      if (!journaled) return;
      if (Status renamed = delete_log_files(tp); !renamed)
        WEIR_WARN("removing {}: {}", tp.to_string(), renamed.error().message());
    };
  }
  journal_.add(std::move(e));
  if (lost_end(tp)) write_cell(loss_cell(tp), {}, [](Status) {});  // a new log of the name has lost nothing
  logs_.erase(it);
  by_number_.erase(log->identity().number);
  by_key_.erase(log->identity().key);
  flush_.forget(*log);
  retired_.push_back(log);
  log->retire();
  state_changed_ = true;
  return {};
}

Status LogSetImpl::delete_log_files(const TopicPartition& tp) {
  // Kafka's way: renamed at once, so that the name is free; deleted later.
  io::Disk& disk = runtime_.disk();
  TRY_ASSIGN(bool there, disk.exists(path(tp.to_string())));
  if (!there) return {};
  char unique[24];
  std::snprintf(unique, sizeof unique, ".%016llx", static_cast<unsigned long long>(runtime_.random().next()));
  // With the longest name of a topic it would be too long for a file system.
  std::string doomed = path(tp.to_string().substr(0, 200) + unique + "-delete");
  TRY(disk.rename(path(tp.to_string()), doomed));
  doomed_dirs_.push_back(doomed);
  dirs_changed_ = dirs_removed_ = true;
  return {};
}

Status LogSetImpl::before_directory_made() {
  // A removal of the same name must not become durable after what is put under it anew.
  if (dirs_removed_) TRY(runtime_.disk().sync_dir_now(options_.dir));
  dirs_removed_ = false;
  dirs_changed_ = true;
  return {};
}

void LogSetImpl::delete_next_directory() {
  if (doomed_dirs_.empty()) return;
  (void)runtime_.disk().remove_tree(doomed_dirs_.back()).ok();  // a rest goes at the next start
  doomed_dirs_.pop_back();
}

void LogSetImpl::set_cell(const std::string& name, ConstBytes value) {
  if (value.empty())
    cells_.erase(name);
  else
    cells_[name].assign(value.begin(), value.end());
}

void LogSetImpl::write_cell(const std::string& name, ConstBytes value, std::function<void(Status)> done) {
  CHECK(!name.empty(), "a cell has a name");
  if (offline_ || closed_) {
    runtime_.defer([done = std::move(done)] { done(Error(ErrorCode::kafka_storage_error, "cell")); });
    return;
  }
  set_cell(name, value);
  JournalEntry e;
  e.kind = EntryKind::cell;
  e.offset = static_cast<Offset>(name.size());
  e.bytes = Buffer::allocate(name.size() + value.size());
  std::copy(name.begin(), name.end(), e.bytes.data());
  std::copy(value.begin(), value.end(), e.bytes.data() + name.size());
  e.done = std::move(done);
  journal_.add(std::move(e));
  state_changed_ = true;
}

std::vector<uint8_t> LogSetImpl::read_cell(const std::string& name) const {
  auto it = cells_.find(name);
  return it == cells_.end() ? std::vector<uint8_t>() : it->second;
}

std::optional<EpochEnd> LogSet::lost_end(const TopicPartition& tp) const {
  std::vector<uint8_t> cell = read_cell(loss_cell(tp));
  FieldReader fields{cell};
  EpochEnd end;
  end.epoch = fields.take<int32_t>();
  end.end_offset = fields.take<int64_t>();
  return fields.bad ? std::nullopt : std::optional(end);
}

Uuid LogSet::directory_id() const {
  std::vector<uint8_t> cell = read_cell(kDirectoryCell);
  Uuid id;
  if (cell.size() == id.bytes.size()) std::copy(cell.begin(), cell.end(), id.bytes.begin());
  return id;
}

ErrorCode LogSetImpl::refusal(Need need) const {
  if (offline_ || closing_) return ErrorCode::kafka_storage_error;
  bool refused = (full_ && need != Need::raft) || (low_ && need == Need::data);
  return refused ? ErrorCode::no_space : ErrorCode::none;
}

uint64_t LogSetImpl::append_bytes_max() const {
  return memory_only() ? UINT64_MAX : std::max(options_.journal_bytes_initial, options_.journal_bytes_max) / 4;
}

void LogSetImpl::notify_later(PartitionLogImpl& log) {
  to_notify_.push_back(std::static_pointer_cast<PartitionLogImpl>(log.shared_from_this()));
  schedule_notify();
}

void LogSetImpl::schedule_notify() {
  if (notify_scheduled_) return;
  notify_scheduled_ = true;
  runtime_.defer([this, alive = alive_] {
    if (!*alive) return;
    notify_scheduled_ = false;
    notify_all();
  });
}

void LogSetImpl::notify_all() {
  std::vector<LogPtr> logs = std::exchange(to_notify_, {});
  auto alive = alive_;
  for (const LogPtr& log : logs) {
    log->notify();  // once per log: the second finds nothing new
    if (!*alive) return;
  }
}

void LogSetImpl::note_dirty(PartitionLogImpl& log) {
  if (cache_.used() > options_.tail_cache_bytes && !trim_scheduled_) {
    trim_scheduled_ = true;
    runtime_.defer([this, alive = alive_] {
      if (!*alive) return;
      trim_scheduled_ = false;
      trim_cache();
    });
  }
  if (memory_only()) return;
  flush_.dirty(log);
}

void LogSetImpl::trim_cache() {
  bool pinned = cache_.trim([this](uint64_t number, uint64_t id) {
    auto it = by_number_.find(number);
    return it == by_number_.end() || it->second->evict(id);
  });
  if (pinned && !memory_only()) flush_.write_all();
}

void LogSetImpl::on_journal_progress() {
  notify_all();
  if (memory_only()) {
    if (closing_ && journal_.idle()) finish_close();
    return;
  }
  flush_.write_large();
  if (cache_.used() > options_.tail_cache_bytes) trim_cache();
  uint64_t written = journal_.bytes_written();
  if (written - bytes_since_space_check_ > kSpaceCheckEvery) {
    bytes_since_space_check_ = written;
    check_free_space();
  }
  if (closing_ && !closed_ && journal_.idle()) finish_close();
}

void LogSetImpl::on_journal_pressure(bool blocked) {
  if (offline_) return;
  // Recycling is paid in syncs: a ring that fills up again this soon is too small for what comes in.
  if (blocked || runtime_.now() - last_checkpoint_ < kGrowWithin) journal_.grow();
  if (mutations().recycle_before_sync) journal_.recycled(journal_.durable_mark());
  if (!flush_.checkpointing()) flush_.checkpoint(nullptr);
}

void LogSetImpl::write_kafka_checkpoints() {
  OffsetMap recovery, start, high_watermarks;
  for (const auto& [tp, log] : logs_) {
    recovery[tp] = log->recovery_point().offset;
    high_watermarks[tp] = log->high_watermark_checkpoint();
    if (log->log_start_offset() > log->segments().front().base_offset) start[tp] = log->log_start_offset();
  }
  // For people and Kafka's tools only; the truth is in the state file. So no sync, and no failure.
  auto write = [&](const char* name, const OffsetMap& offsets) {
    std::string text = offsets_to_text(offsets);
    auto file = runtime_.disk().open(path(name), io::OpenMode::read_write);
    if (!file) return;
    if (runtime_.disk().truncate(*file, 0)) (void)runtime_.disk().write_now(*file, 0, as_bytes(text)).ok();
    runtime_.disk().close(*file);
  };
  write("recovery-point-offset-checkpoint", recovery);
  write("replication-offset-checkpoint", high_watermarks);
  write("log-start-offset-checkpoint", start);
}

void LogSetImpl::check_free_space() {
  auto free = runtime_.disk().free_bytes(options_.dir);
  if (!free) return;
  bool low = *free < options_.free_bytes_floor;
  if (low && !low_) {
    WEIR_ERROR(
        "{}: {} MiB free, less than weir.free.bytes.floor ({} MiB): produces are refused (KAFKA_STORAGE_ERROR), reads "
        "go on. Make room: delete topics or "
        "lower retention.ms or retention.bytes, remove other files, or enlarge the disk; no restart is needed",
        options_.dir, *free >> 20, options_.free_bytes_floor >> 20);
  }
  if (!low && low_ && !full_) WEIR_WARN("{}: {} MiB free: produces are accepted again", options_.dir, *free >> 20);
  low_ = low;
}

Error removed_error(const std::string& path) {
  return {ErrorCode::io_error, "storage", path + " was removed or moved away while this node runs"};
}

void LogSetImpl::check_files() {
  io::Disk& disk = runtime_.disk();
  for (auto [file, name] : {std::pair{lock_, kLockName},
                            {journal_file_, kJournalName},
                            {state_files_[0], kStateNames[0]},
                            {state_files_[1], kStateNames[1]}}) {
    auto there = disk.is_in_place(file);
    if (there && !*there) return storage_failed(removed_error(path(name)));
  }
  for (size_t n = std::min(kLogsCheckedATick, by_number_.size()); n > 0; --n) {
    auto next = by_number_.upper_bound(last_checked_);
    if (next == by_number_.end()) next = by_number_.begin();
    last_checked_ = next->first;
    if (std::string missing = next->second->missing_file(); !missing.empty())
      return storage_failed(removed_error(missing));
  }
}

void LogSetImpl::note_full(const Error& error) {
  if (!full_) {
    WEIR_ERROR(
        "{}: the disk is full ({}): all but reads is refused (KAFKA_STORAGE_ERROR). Nothing acknowledged is lost: what "
        "could not be written to its "
        "segment is in the commit journal. Make room, for example by removing other files; no restart is needed",
        options_.dir, error.message());
  }
  full_ = true;
}

void LogSetImpl::disk_full(PartitionLogImpl& log, const Error& error) {
  if (closing_) return give_up_closing(error);
  note_full(error);
  waiting_.insert(std::static_pointer_cast<PartitionLogImpl>(log.shared_from_this()));
}

void LogSetImpl::give_up_closing(const Error& error) {
  // Nobody may come and make room: the journal holds what is missing, and the next start brings it to the segments.
  closed_ = true;
  flush_.stop();
  Error said(ErrorCode::no_space, "stop",
             error.message() + ". Nothing is lost: the next start brings it from the commit journal to the segments");
  runtime_.defer([this, alive = alive_, said] {
    if (*alive && close_done_) std::exchange(close_done_, nullptr)(said);
  });
}

void LogSetImpl::try_again() {
  for (const LogPtr& log : std::exchange(waiting_, {})) log->pump_again();
}

void LogSetImpl::tick() {
  if (offline_ || closed_ || closing_) return;
  WallMillis now = runtime_.wall_now();
  // A full disk does not wait for what may go.
  const bool retention = low_ || full_ || runtime_.now() >= next_retention_;
  if (retention) next_retention_ = runtime_.now() + options_.retention_check_interval;
  if (!memory_only()) check_files();
  if (offline_) return;
  for (auto& [tp, log] : logs_) log->tick(now, retention);
  std::erase_if(retired_, [](const LogPtr& log) { return !log->busy() && log.use_count() == 1; });
  if (memory_only()) return;
  if (full_ && waiting_.empty() && !state_waits_) {
    full_ = false;
    if (!low_) WEIR_WARN("{}: there is room again: produces are accepted", options_.dir);
  }
  forget_losses();
  try_again();
  check_free_space();
  delete_next_directory();
  if (flush_.anything_dirty()) flush_.write_all();
  if (state_changed_ && runtime_.now() - last_high_watermarks_ > kHighWatermarksEvery) {
    last_high_watermarks_ = runtime_.now();
    if (!flush_.checkpointing()) flush_.checkpoint(nullptr);
  }
}

void LogSetImpl::close(std::function<void(Status)> done) {
  CHECK(!closing_, "closed twice");
  closing_ = true;
  close_done_ = std::move(done);
  runtime_.defer([this, alive = alive_] {
    if (!*alive) return;
    if (journal_.idle()) return finish_close();
    if (!full_) return;
    // The journal may wait for a checkpoint that waits for room on the disk.
    try_again();
    if (!flush_.checkpointing()) flush_.checkpoint(nullptr);
  });
}

void LogSetImpl::finish_close() {
  if (closed_ || !close_done_) return;
  closed_ = true;
  if (offline_) return std::exchange(close_done_, nullptr)(*failure_);
  if (memory_only()) return std::exchange(close_done_, nullptr)(Status());
  for (auto& [tp, log] : logs_) {
    log->write_snapshot();
    flush_.dirty(*log);
  }
  try_again();  // with a full disk a checkpoint may hang in it
  flush_.checkpoint([this] {
    store_state(nullptr, true, [this](Status written) {
      flush_.stop();
      if (close_done_) std::exchange(close_done_, nullptr)(written);
    });
  });
}

void LogSetImpl::storage_failed(const Error& error) {
  if (offline_) return;
  offline_ = true;
  failure_ = error;
  WEIR_ERROR(
      "log directory {} is offline: {}. Nothing is read from it or written to it any more; what was acknowledged with "
      "acks=all is on the other in-sync replicas. Put the disk or the directory right, or give the node an empty one, "
      "and start it again: it fetches what it lacks from them",
      options_.dir, error.message());
  journal_.fail(error);
  flush_.stop();
  runtime_.defer([this, alive = alive_, error] {
    if (!*alive) return;
    std::vector<LogPtr> logs;
    for (auto& [tp, log] : logs_) logs.push_back(log);
    for (const LogPtr& log : logs) {
      log->notify_failed(error);
      if (!*alive) return;
    }
    if (close_done_) std::exchange(close_done_, nullptr)(error);
    if (*alive && options_.on_offline) options_.on_offline(error);
  });
}

void LogSetImpl::check_invariants() const {
  journal_.check_invariants();
  uint64_t cached = 0;
  for (const auto& [tp, log] : logs_) {
    log->check_invariants();
    cached += log->tail_bytes();
  }
  CHECK(cached == cache_.used(), "the tail cache's account is wrong", cached, cache_.used());
}

}  // namespace weir::log
