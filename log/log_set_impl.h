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

/// The cells of what a start found lost (format.md §9).
inline constexpr const char* kDirectoryCell = "directory-id";
inline constexpr const char* kJournalCell = "journal-bytes";
inline constexpr std::string_view kLossCells = "lost/";
inline std::string loss_cell(const TopicPartition& tp) { return std::string(kLossCells).append(tp.to_string()); }

inline constexpr const char* kLockName = ".lock";
inline constexpr const char* kStateNames[2] = {"weir-state.0", "weir-state.1"};
inline constexpr const char* kJournalName = "commit.journal";

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
  metrics::RecentLatency& journal_write_latency() override { return journal_.write_latency(); }
  bool direct_io() const override { return direct_io_; }
  void check_invariants() const override;

 private:
  using LogPtr = std::shared_ptr<PartitionLogImpl>;

  // LogHost
  io::Runtime& runtime() override { return runtime_; }
  CommitJournal& journal() override { return journal_; }
  TailCache& cache() override { return cache_; }
  bool memory_only() const override { return options_.dir.empty(); }
  ErrorCode refusal(Need need) const override;
  uint64_t append_bytes_max() const override;
  void notify_later(PartitionLogImpl& log) override;
  void note_dirty(PartitionLogImpl& log) override;
  void note_state_changed() override { state_changed_ = true; }
  Status before_directory_made() override;
  void store_points_soon() override;
  void disk_full(PartitionLogImpl& log, const Error& error) override;
  void storage_failed(const Error& error) override;
  // JournalOwner
  void on_journal_progress() override;
  void on_journal_pressure(bool blocked) override;
  void on_journal_failed(const Error& error) override { storage_failed(error); }

  void notify_all();
  void schedule_notify();
  void trim_cache();
  // state_store.cc
  struct StateWrite;
  /// Writes the state in the background: the recovery points as they are when the write begins; with a mark, the
  /// journal is recycled up to it afterwards.
  void store_state(const JournalMark* mark, bool clean, std::function<void(Status)> done);
  void begin_state_write();
  void state_write_step(int32_t result);
  void end_state_write(Status result);
  LogState gather_state();
  /// The same at once, for the start.
  Status write_state_now();
  std::vector<LogPtr> listed_logs() const;
  void write_kafka_checkpoints();
  void check_free_space();
  /// Files that somebody removed under us take writes and syncs like any other, and nothing of it is ever found again.
  void check_files();
  void note_full(const Error& error);
  void try_again();
  void give_up_closing(const Error& error);
  void finish_close();
  void delete_next_directory();
  static LogKey key_of(const TopicPartition& tp, const Uuid& topic_id);
  LogPtr make_log(const TopicPartition& tp, const Uuid& topic_id, const LogConfig& config);
  LogPtr by_key(const LogKey& key);
  std::string path(const std::string& name) const { return options_.dir + "/" + name; }

  /// What the first pass over the journal found of a stored log (format.md §9).
  struct LogPlan {
    uint64_t next = 0;     // the stored recovery point holds what is below
    Offset end = 0;        // and ends here; lowered by cuts
    uint64_t cut_by = 0;   // number of the entry that lowered it last, 0: none
    bool restart = false;  // it was a restart, or came behind one
    bool removed = false;
    Offset log_start = 0;  // the highest that the journal moves it to
  };
  void set_cell(const std::string& name, ConstBytes value);
  // recovery.cc
  Result<bool> load_state();
  Status open_journal(bool fresh);
  /// Size of the journal's file as the state knows it; 0: it does not.
  uint64_t noted_journal_bytes() const;
  void note_journal_bytes(uint64_t bytes);
  Status plan_entry(const JournalScan::Entry& entry);
  Status load_logs();
  /// Enters what logs have lost into the cells, which are stored with the very state that accepts the loss. `news`:
  /// some of it was found just now, even where the cells know of a larger loss.
  void note_losses(bool news);
  /// Forgets losses that were made good; those of a removed log go with it.
  void forget_losses();
  Status apply_entry(const JournalScan::Entry& entry);
  Status replay_create(const JournalScan::Entry& entry);
  Status replay_remove(const LogPtr& log, const JournalScan::Entry& entry);
  Status start_journal(const JournalMark& end, bool fresh);
  void set_directory_id(const Uuid& id);
  Status remove_strays(bool fresh);
  /// A name alone does not make a directory ours ("backup-2024"): it is empty, or holds a file that only logs have.
  Result<bool> holds_log(const std::string& dir);
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
  uint64_t last_checked_ = 0;  // of the logs, whose files are looked at in turn
  bool notify_scheduled_ = false;
  bool trim_scheduled_ = false;
  bool offline_ = false;
  bool low_ = false;          // less is free than the floor
  bool full_ = false;         // a write found no room, and what it had to write is not written yet
  bool state_waits_ = false;  // the state among it
  std::set<LogPtr> waiting_;  // and these logs
  bool closing_ = false;
  bool closed_ = false;
  bool direct_io_ = false;
  bool state_changed_ = false;
  bool dirs_changed_ = false;
  bool dirs_removed_ = false;
  uint64_t bytes_since_space_check_ = 0;
  MonoTime last_checkpoint_{INT64_MIN / 2};
  MonoTime last_high_watermarks_{0};
  MonoTime next_retention_{0};
  std::function<void(Status)> close_done_;
  std::optional<Error> failure_;

  io::FileId lock_ = -1;
  io::FileId journal_file_ = -1;
  io::FileId state_files_[2] = {-1, -1};
  LogState state_;  // as last persisted
  std::shared_ptr<StateWrite> state_write_;
  std::optional<JournalMark> mark_wanted_;  // of the next state write
  bool clean_wanted_ = false;
  bool store_wanted_ = false;
  bool store_scheduled_ = false;
  std::vector<std::function<void(Status)>> store_done_;
  std::vector<std::string> doomed_dirs_;  // to be deleted
  std::map<LogKey, LogPlan> plan_;
  RecoveryReport* report_ = nullptr;
};

}  // namespace weir::log
