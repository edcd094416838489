#include "base/util/diag.h"
#include "log/checkpoint_text.h"
#include "log/log_set_impl.h"

namespace weir::log {

/// One state on its way to its slot: the names on the way to its logs synced, then written, then synced. One at a time.
struct LogSetImpl::StateWrite : io::Completion {
  LogSetImpl* set = nullptr;
  std::shared_ptr<bool> alive;
  LogState state;
  std::vector<uint8_t> bytes;
  std::vector<LogPtr> logs;
  std::vector<std::function<void(Status)>> waiting;
  io::FileId file = -1;
  bool recycle = false;
  enum class Step { names, write, sync } step = Step::write;
};

std::vector<LogSetImpl::LogPtr> LogSetImpl::listed_logs() const {
  // A log whose creation the journal does not hold yet comes with that entry, which lies behind any mark of now.
  std::vector<LogPtr> out;
  for (const auto& [tp, log] : logs_) {
    if (log->created()) out.push_back(log);
  }
  return out;
}

LogState LogSetImpl::gather_state() {
  LogState s;
  if (journal_.ring_bytes() > noted_journal_bytes()) note_journal_bytes(journal_.ring_bytes());
  // Only a slot that was written whole is never the next to be written: after a failure the same one is tried again.
  s.sequence = state_.sequence + 1;
  s.journal = state_.journal;
  s.incarnation = state_.incarnation;
  s.cells = cells_;
  for (const LogPtr& log : listed_logs()) {
    s.logs.push_back({log->topic_partition(),
                      log->topic_id(),
                      {log->recovery_point(), log->journaled_log_start(), log->high_watermark_checkpoint()}});
  }
  return s;
}

void LogSetImpl::store_state(const JournalMark* mark, bool clean, std::function<void(Status)> done) {
  if (offline_ || memory_only()) {
    if (done) done(offline_ ? Status(*failure_) : Status());
    return;
  }
  if (mark) mark_wanted_ = *mark;
  clean_wanted_ = clean_wanted_ || clean;  // for good: nothing follows it
  store_wanted_ = true;
  if (done) store_done_.push_back(std::move(done));
  begin_state_write();
}

void LogSetImpl::store_points_soon() {
  if (store_scheduled_ || offline_) return;
  store_scheduled_ = true;
  runtime_.defer([this, alive = alive_] {
    if (!*alive) return;
    store_scheduled_ = false;
    store_state(nullptr, false, nullptr);
  });
}

void LogSetImpl::begin_state_write() {
  if (state_write_ || !store_wanted_ || offline_) return;
  store_wanted_ = false;
  auto w = std::make_shared<StateWrite>();
  w->set = this;
  w->alive = alive_;
  w->logs = listed_logs();
  w->state = gather_state();
  w->state.clean = clean_wanted_;
  w->recycle = mark_wanted_.has_value();
  if (w->recycle) w->state.journal = *std::exchange(mark_wanted_, std::nullopt);
  w->waiting = std::exchange(store_done_, {});
  w->bytes = w->state.encode();
  w->file = state_files_[w->state.sequence % 2];
  CHECK(w->file >= 0, "the state files are not open");
  state_changed_ = false;
  w->done = [](io::Completion& c, int32_t result) noexcept {
    auto& write = static_cast<StateWrite&>(c);
    if (*write.alive) write.set->state_write_step(result);
  };
  state_write_ = std::move(w);
  for (const LogPtr& log : state_write_->logs) log->point_storing();
  // A recovery point promises its segment, so the names on the way to it come first.
  if (std::exchange(dirs_changed_, false)) {
    state_write_->step = StateWrite::Step::names;
    return runtime_.disk().sync_dir(options_.dir, *state_write_);
  }
  runtime_.disk().write(state_write_->file, 0, state_write_->bytes, *state_write_);
}

void LogSetImpl::state_write_step(int32_t result) {
  StateWrite& w = *state_write_;
  using Step = StateWrite::Step;
  if (result < 0)
    return end_state_write(io::error_of_errno(result, w.step == Step::write ? "state write" : "state sync"));
  switch (w.step) {
    case Step::names:
      w.step = Step::write;
      return runtime_.disk().write(w.file, 0, w.bytes, w);
    case Step::write:
      w.step = Step::sync;
      return runtime_.disk().sync(w.file, w);
    case Step::sync:
      return end_state_write({});
  }
}

void LogSetImpl::end_state_write(Status result) {
  std::shared_ptr<StateWrite> w = std::move(state_write_);
  bool waits = w->step == StateWrite::Step::write && !result && result.code() == ErrorCode::no_space;  // a full disk is
                                                                                                       // waited out
  if (result) {
    state_ = std::move(w->state);
    if (w->recycle) {
      journal_.recycled(state_.journal);
      last_checkpoint_ = runtime_.now();
      write_kafka_checkpoints();
    }
  } else {
    state_changed_ = true;
    if (!waits) storage_failed(result.error());
  }
  state_waits_ = waits;
  if (waits && closing_)
    give_up_closing(result.error());
  else if (waits)
    note_full(result.error());
  auto alive = alive_;
  for (const LogPtr& log : w->logs) log->point_stored(result.ok());
  for (auto& done : w->waiting) {
    done(result);
    if (!*alive) return;
  }
  begin_state_write();
}

Status LogSetImpl::write_state_now() {
  CHECK(!state_write_, "a state is being written");
  if (dirs_changed_ || dirs_removed_) TRY(runtime_.disk().sync_dir_now(options_.dir));
  dirs_changed_ = dirs_removed_ = false;
  LogState s = gather_state();
  std::vector<LogPtr> logs = listed_logs();
  io::FileId file = state_files_[s.sequence % 2];
  CHECK(file >= 0, "the state files are not open");
  for (const LogPtr& log : logs) log->point_storing();
  std::vector<uint8_t> bytes = s.encode();
  TRY(runtime_.disk().write_now(file, 0, bytes));
  TRY(runtime_.disk().sync_now(file));
  state_ = std::move(s);
  state_changed_ = false;
  for (const LogPtr& log : logs) log->point_stored(true);
  return {};
}

}  // namespace weir::log
