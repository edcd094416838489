#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <vector>

#include "log/partition_log_impl.h"

namespace weir::log {

/// When segments are written behind, and the checkpoints of a set: all logs written and synced up to a mark, a few at
/// once, then the state is persisted and the journal recycled up to the mark. Drives logs; decides nothing about their
/// bytes. One checkpoint at a time.
class FlushScheduler {
 public:
  static constexpr uint64_t kWriteAt = 256 * 1024;  // a log with so many journaled bytes is written at once
  static constexpr Duration kWriteAfter = 250ms;    // any other after about this
  static constexpr size_t kSyncsAtOnce = 8;
  static constexpr size_t kWritesPerTurn = 16;  // the first write of a log makes its directory and its files

  struct Hooks {
    std::function<JournalMark()> mark;  // where a checkpoint that begins now leads to
    std::function<void(const JournalMark&, std::function<void(Status)>)> persist;
    std::function<void(const Error&)> failed;
  };
  FlushScheduler(io::Runtime& runtime, Hooks hooks);
  ~FlushScheduler() { *alive_ = false; }

  void dirty(PartitionLogImpl& log);
  /// After the journal progressed: writes logs that have much.
  void write_large();
  void write_all();
  void forget(const PartitionLogImpl& log);
  /// Begins a checkpoint, or notes that another shall follow the running one. `done` (may be none) is called once one
  /// that began after this call ended.
  void checkpoint(std::function<void()> done);
  bool checkpointing() const { return running_; }
  bool anything_dirty() const { return !dirty_.empty(); }
  void stop();

 private:
  using LogPtr = std::shared_ptr<PartitionLogImpl>;
  struct ByNumber {
    bool operator()(const LogPtr& a, const LogPtr& b) const { return a->identity().number < b->identity().number; }
  };
  void write_some();
  void begin();
  void advance();
  void finish();
  void persisted(const Status& status);

  io::Runtime& runtime_;
  Hooks hooks_;
  io::Timer timer_;
  std::set<LogPtr, ByNumber> dirty_;  // have bytes or file changes that no finished checkpoint covered
  std::vector<LogPtr> writing_;       // of the running write_all()
  std::vector<LogPtr> waiting_;       // of the running checkpoint
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  size_t syncing_ = 0;
  bool running_ = false;
  bool persisting_ = false;
  bool advancing_ = false;
  bool stopped_ = false;
  JournalMark mark_;
  std::vector<std::function<void()>> done_now_, done_next_;
  bool again_ = false;
};

}  // namespace weir::log
