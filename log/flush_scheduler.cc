#include "log/flush_scheduler.h"

namespace weir::log {

FlushScheduler::FlushScheduler(io::Runtime& runtime, Hooks hooks)
    : runtime_(runtime), hooks_(std::move(hooks)), timer_([this] { write_all(); }) {
  CHECK(hooks_.persist != nullptr, "a checkpoint that nobody persists");
}

void FlushScheduler::dirty(PartitionLogImpl& log) {
  if (stopped_) return;
  dirty_.insert(log.shared_from_this());
  if (!timer_.armed()) runtime_.arm_in(timer_, kWriteAfter);
}

void FlushScheduler::write_large() {
  if (stopped_) return;
  for (const LogPtr& log : dirty_) {
    if (log->dirty_bytes() >= kWriteAt && !log->busy()) log->write_behind();
  }
}

void FlushScheduler::write_all() {
  if (stopped_ || !writing_.empty()) return;
  for (const LogPtr& log : dirty_) {
    if (log->dirty_bytes() > 0) writing_.push_back(log);
  }
  if (writing_.empty()) return;
  if (!timer_.armed()) runtime_.arm_in(timer_, kWriteAfter);
  write_some();
}

void FlushScheduler::write_some() {
  for (size_t n = 0; n < kWritesPerTurn && !writing_.empty(); ++n) {
    LogPtr log = std::move(writing_.back());
    writing_.pop_back();
    if (!log->retired()) log->write_behind();
  }
  if (writing_.empty()) return;
  runtime_.post([this, alive = alive_] {
    if (*alive && !stopped_) write_some();
  });
}

void FlushScheduler::forget(const PartitionLogImpl& log) {
  std::erase_if(dirty_, [&](const LogPtr& l) { return l.get() == &log; });
}

void FlushScheduler::checkpoint(std::function<void()> done) {
  if (stopped_) return;
  if (running_) {
    again_ = again_ || done != nullptr;
    if (done) done_next_.push_back(std::move(done));
    return;
  }
  if (done) done_now_.push_back(std::move(done));
  begin();
}

void FlushScheduler::begin() {
  CHECK(!running_, "two checkpoints at once");
  CHECK(syncing_ == 0, "logs still sync for another checkpoint", syncing_);
  running_ = true;
  mark_ = hooks_.mark();
  waiting_.assign(dirty_.begin(), dirty_.end());
  dirty_.clear();
  // In a later turn, so that whoever asked is out of our way.
  advance();
}

void FlushScheduler::advance() {
  if (advancing_ || stopped_) return;
  advancing_ = true;
  while (!waiting_.empty() && syncing_ < kSyncsAtOnce) {
    LogPtr log = std::move(waiting_.back());
    waiting_.pop_back();
    if (log->retired()) continue;
    ++syncing_;
    log->checkpoint([this, log] {
      CHECK(syncing_ > 0, "a log synced that was not asked to");
      --syncing_;
      // What came while it synced is the next checkpoint's.
      if (!log->retired() && (log->dirty_bytes() > 0 || log->has_file_changes())) dirty(*log);
      advance();
    });
  }
  advancing_ = false;
  if (waiting_.empty() && syncing_ == 0 && running_ && !persisting_) finish();
}

void FlushScheduler::finish() {
  CHECK(!persisting_, "a checkpoint is persisted twice");
  persisting_ = true;
  hooks_.persist(mark_, [this](const Status& status) { persisted(status); });
}

void FlushScheduler::persisted(const Status& status) {
  if (stopped_) return;
  running_ = persisting_ = false;
  if (!status && status.code() != ErrorCode::no_space) return hooks_.failed(status.error());
  auto done = std::exchange(done_now_, std::exchange(done_next_, {}));
  bool again = std::exchange(again_, false);
  for (auto& d : done) d();
  if (again && !running_ && !stopped_) begin();
}

void FlushScheduler::stop() {
  stopped_ = true;
  runtime_.disarm(timer_);
  dirty_.clear();
  writing_.clear();
  waiting_.clear();
  done_now_.clear();
  done_next_.clear();
}

}  // namespace weir::log
