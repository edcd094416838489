#pragma once
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "log/flush_scheduler.h"
#include "log/log_set.h"
#include "log/log_state.h"

namespace weir::log {

/// See LogSet. Ties the logs, their journal, the tail cache's budget and the flush scheduler together.
class LogSetImpl final : public LogSet, private LogHost, private JournalOwner {
 public:
  LogSetImpl(io::Runtime& runtime, LogSetOptions options);
  /// Closed, or the runtime is dead (simulated kill).
  ~LogSetImpl() override;
  /// Takes the directory, replays, starts the journal (recovery.cc).
  Status start(RecoveryReport& report);

  PartitionLog* find(const TopicPartition& tp) override;
  std::vector<PartitionLog*> all() override;
  Result<PartitionLog*> create(const TopicPartition& tp, const Uuid& topic_id, const LogConfig& config) override;
  Status remove(const TopicPartition& tp) override;
  void write_cell(const std::string& name, ConstBytes value, std::function<void(Status)> done) override;
  std::vector<uint8_t> read_cell(const std::string& name) const override;
  void tick() override;
  void close(std::function<void(Status)> done) override;
  bool offline() const override { return offline_; }
  uint64_t tail_cache_used() const override { return cache_.used(); }
  uint64_t journal_bytes_written() const override { return journal_.bytes_written(); }
  uint64_t journal_groups_written() const override { return journal_.groups_written(); }
  bool direct_io() const override { return direct_io_; }
  void check_invariants() const override;

 private:
  using LogPtr = std::shared_ptr<PartitionLogImpl>;

  // LogHost
  io::Runtime& runtime() override { return runtime_; }
  CommitJournal& journal() override { return journal_; }
  TailCache& cache() override { return cache_; }
  bool memory_only() const override { return options_.dir.empty(); }
  ErrorCode refusal() const override;
  uint64_t append_bytes_max() const override;
  void notify_later(PartitionLogImpl& log) override;
  void note_dirty(PartitionLogImpl& log) override;
  void note_state_changed() override { state_changed_ = true; }
  Status before_directory_made() override;
  Status lower_recovery_point(PartitionLogImpl& log) override;
  void storage_failed(const Error& error) override;
  // JournalOwner
  void on_journal_progress() override;
  void on_journal_pressure(bool blocked) override;
  void on_journal_failed(const Error& error) override { storage_failed(error); }

  void notify_all();
  void schedule_notify();
  void trim_cache();
  Status persist(const JournalMark& mark);
  Status write_state(bool clean);
  void write_kafka_checkpoints();
  void check_free_space();
  void finish_close();
  void delete_next_directory();
  LogPtr make_log(const TopicPartition& tp, const Uuid& topic_id, const LogConfig& config);
  LogPtr by_key(const LogKey& key);
  std::string path(const std::string& name) const { return options_.dir + "/" + name; }

  /// What the first pass over the journal found of one log: where the second begins to believe it. Entries are counted from 0 over the whole scan.
  struct LogPlan {
    int64_t last_remove = -1;       // what lies before is of a log that is gone
    int64_t last_restart = -1;      // after the last remove: what lies before was emptied
    Offset restart_at = 0;
    int64_t lowest_cut = -1;        // the last of the lowest truncations (without a restart)
    Offset cut_to = 0;
  };
  // recovery.cc
  Result<bool> load_state();
  Status open_journal(bool fresh);
  Status plan_entry(const JournalScan::Entry& entry, int64_t index);
  Status load_logs();
  Status apply_entry(const JournalScan::Entry& entry, int64_t index);
  Status replay_create(const JournalScan::Entry& entry);
  Status start_journal(const JournalMark& end);
  Status remove_strays(bool fresh);
  Status delete_log_files(const TopicPartition& tp);

  io::Runtime& runtime_;
  LogSetOptions options_;
  TailCache cache_;
  CommitJournal journal_;
  FlushScheduler flush_;
  std::map<TopicPartition, LogPtr> logs_;
  std::map<uint64_t, PartitionLogImpl*> by_number_;
  std::map<LogKey, LogPtr> by_key_;
  std::map<std::string, std::vector<uint8_t>> cells_;
  std::multiset<TopicPartition> removals_pending_;  // journaled soon
  std::vector<LogPtr> to_notify_;
  std::vector<LogPtr> retired_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  uint64_t last_number_ = 0;
  bool notify_scheduled_ = false;
  bool trim_scheduled_ = false;
  bool offline_ = false;
  bool no_space_ = false;
  bool closing_ = false;
  bool closed_ = false;
  bool direct_io_ = false;
  bool state_changed_ = false;
  bool dirs_changed_ = false;
  bool dirs_removed_ = false;
  uint64_t bytes_since_space_check_ = 0;
  MonoTime last_checkpoint_{INT64_MIN / 2};
  MonoTime last_high_watermarks_{0};
  std::function<void(Status)> close_done_;
  std::optional<Error> failure_;

  io::FileId lock_ = -1;
  io::FileId journal_file_ = -1;
  io::FileId state_files_[2] = {-1, -1};
  LogState state_;                       // as last persisted
  std::vector<std::string> doomed_dirs_; // to be deleted
  std::map<LogKey, LogPlan> plan_;
  RecoveryReport* report_ = nullptr;
};

}  // namespace weir::log
