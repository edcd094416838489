#pragma once
#include <deque>
#include <functional>
#include <utility>
#include <vector>

#include "base/util/check.h"
#include "base/util/result.h"
#include "base/util/types.h"
#include "replication/decider/decider.h"

namespace weir::replication {

/// The log behind a decider: the metadata log for the controller, a partition of an internal topic for a coordinator.
template <class Record>
class DeciderLog {
 public:
  virtual ~DeciderLog() = default;
  /// Appends `records` as one batch, all or nothing, and returns the log end behind it. An error: nothing was written.
  /// Commits are told later through DeciderRuntime::committed, never from inside this call.
  virtual Result<Offset> append(const std::vector<Record>& records) = 0;
};

/// Runs decisions over a State that has `void replay(const Record&)`: decide → append → replay (at once, so that the
/// next decision sees it) → the response leaves at the commit. A decision without records also waits for all records
/// appended before it, so no answer ever shows what may still be lost. When leadership or the log is lost, fail()
/// answers everything that waits and the owner drops the State: it is rebuilt by replay of what is committed, which is
/// the same code as a restart. One shard's thread.
template <class State, class Record>
class DeciderRuntime {
 public:
  DeciderRuntime(State& state, DeciderLog<Record>& log) : state_(state), log_(log) {}

  /// `decide(state)` gives a Result<Decision<Record, Response>>; `done(Result<Response>)` is called once: from inside
  /// when nothing is uncommitted, else later.
  template <class Response, class Decide, class Done>
  void run(Decide&& decide, Done done) {
    if (failed_ != ErrorCode::none) return done(Result<Response>(failed_));
    Result<Decision<Record, Response>> decided = decide(std::as_const(state_));
    if (!decided) return done(Result<Response>(decided.error()));
    if (Status s = apply(decided->records); !s) return done(Result<Response>(s.error()));
    at_commit([done = std::move(done), response = std::move(decided->response)](ErrorCode code) mutable {
      done(code == ErrorCode::none ? Result<Response>(std::move(response)) : Result<Response>(code));
    });
  }

  /// Appends and replays records that no one waits for (timers).
  Status apply(const std::vector<Record>& records) {
    if (failed_ != ErrorCode::none) return failed_;
    if (records.empty()) return {};
    TRY_ASSIGN(Offset end, log_.append(records));
    CHECK(end > appended_, "an append moves the log end", end, appended_);
    appended_ = end;
    for (const Record& r : records) state_.replay(r);
    return {};
  }

  /// Calls back when everything appended so far is committed (`none`) or lost.
  void at_commit(std::function<void(ErrorCode)> then) {
    if (failed_ != ErrorCode::none) return then(failed_);
    if (appended_ <= committed_) return then(ErrorCode::none);
    waiting_.push_back({appended_, std::move(then)});
  }

  /// Everything below `offset` is committed. Called by the log's owner, in order.
  void committed(Offset offset) {
    if (offset > committed_) committed_ = offset;
    while (!waiting_.empty() && waiting_.front().offset <= committed_) {
      auto then = std::move(waiting_.front().then);
      waiting_.pop_front();
      then(ErrorCode::none);
    }
  }

  /// Leadership or the log is gone: all that waits is answered with `code`, and all later runs.
  void fail(ErrorCode code) {
    CHECK(code != ErrorCode::none, "failure needs a code");
    failed_ = code;
    auto waiting = std::move(waiting_);
    waiting_.clear();
    for (Waiting& w : waiting) w.then(code);
  }

  size_t waiting() const { return waiting_.size(); }
  Offset appended() const { return appended_; }
  bool failed() const { return failed_ != ErrorCode::none; }
  const State& state() const { return state_; }

 private:
  struct Waiting {
    Offset offset;
    std::function<void(ErrorCode)> then;
  };
  State& state_;
  DeciderLog<Record>& log_;
  std::deque<Waiting> waiting_;
  Offset appended_ = kNoOffset;
  Offset committed_ = kNoOffset;
  ErrorCode failed_ = ErrorCode::none;
};

}  // namespace weir::replication
