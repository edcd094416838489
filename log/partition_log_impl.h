#pragma once
#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/io/runtime.h"
#include "log/commit_journal.h"
#include "log/epoch_cache.h"
#include "log/partition_log.h"
#include "log/producer_state.h"
#include "log/segment.h"
#include "log/tail_cache.h"

namespace weir::log {

/// Of a file of ours that is not where it was.
Error removed_error(const std::string& path);

/// As Raft compares logs: by epoch, then by length.
inline bool reaches(const EpochEnd& log, const EpochEnd& other) {
  return std::pair(log.epoch, log.end_offset) >= std::pair(other.epoch, other.end_offset);
}

class PartitionLogImpl;

/// What a partition's log needs of the set that it belongs to.
class LogHost {
 public:
  virtual ~LogHost() = default;
  virtual io::Runtime& runtime() = 0;
  virtual CommitJournal& journal() = 0;
  virtual TailCache& cache() = 0;
  virtual bool memory_only() const = 0;
  virtual bool offline() const = 0;
  /// Why appends are refused: none, kafka_storage_error (offline, or closing) or no_space: for data when the disk is
  /// nearly full, for others when a write found it full. Raft's few records only wait: they are what deletes topics and
  /// makes room.
  enum class Need { data, system, raft };
  virtual ErrorCode refusal(Need need) const = 0;
  /// The largest append that the journal can ever hold.
  virtual uint64_t append_bytes_max() const = 0;
  /// Tell the log's listener later, outside of any call.
  virtual void notify_later(PartitionLogImpl& log) = 0;
  /// The log has bytes or changes that are not synced.
  virtual void note_dirty(PartitionLogImpl& log) = 0;
  /// Something about the log's files or bounds changed that the next checkpoint must hold.
  virtual void note_state_changed() = 0;
  /// A name in the log directory is about to be made: the next checkpoint syncs the directory.
  virtual Status before_directory_made() = 0;
  /// File changes of the log wait until the stored recovery points allow them: writes the state soon, once for all that
  /// ask.
  virtual void store_points_soon() = 0;
  /// A write found the disk full: the log is asked again (pump_again) until there is room. What it wants to write stays
  /// in memory and journal.
  virtual void disk_full(PartitionLogImpl& log, const Error& error) = 0;
  /// A write or sync failed: the directory goes offline.
  virtual void storage_failed(const Error& error) = 0;
};

/// See PartitionLog. Owned by its set and, while they run, by its operations in flight.
/// Write-behind (segment_writer.cc): at most one disk operation per log at a time.
class PartitionLogImpl final : public PartitionLog,
                               public JournalTarget,
                               public std::enable_shared_from_this<PartitionLogImpl> {
 public:
  struct Identity {
    TopicPartition tp;
    Uuid topic_id;
    LogKey key;
    uint64_t number = 0;  // in this process, never used again
    std::string dir;      // empty: memory only
  };
  PartitionLogImpl(LogHost& host, Identity identity, const LogConfig& config);
  ~PartitionLogImpl() override;

  // --- PartitionLog
  Result<AppendInfo> append_as_leader(Buffer batches, LeaderEpoch epoch, Origin origin) override;
  Result<AppendInfo> append_as_follower(Buffer batches) override;
  Status truncate_to(Offset to) override;
  Status truncate_fully_and_start_at(Offset to) override;
  Status advance_log_start(Offset to) override;
  void read(const ReadRequest& request, std::function<void(Result<ReadResult>)> done) override;
  void offset_for_timestamp(WallMillis timestamp, Offset up_to,
                            std::function<void(Result<TimestampOffset>)> done) override;
  void offset_of_max_timestamp(std::function<void(Result<TimestampOffset>)> done) override;
  EpochEnd epoch_end(LeaderEpoch epoch) const override;
  LeaderEpoch latest_epoch() const override { return epochs_.latest(); }
  std::optional<LeaderEpoch> epoch_of(Offset offset) const override;
  void begin_epoch(LeaderEpoch epoch) override;
  Offset log_start_offset() const override { return log_start_; }
  Offset log_end_offset() const override { return segments_.back()->end; }
  Offset durable_offset() const override { return durable_; }
  std::optional<Offset> first_unstable_offset() const override { return producers_.first_unstable_offset(); }
  std::vector<AbortedTxn> aborted_txns(Offset from, Offset up_to) const override;
  Offset high_watermark_checkpoint() const override { return high_watermark_; }
  void set_high_watermark(Offset hw) override;
  const TopicPartition& topic_partition() const override { return id_.tp; }
  const Uuid& topic_id() const override { return id_.topic_id; }
  const LogConfig& config() const override { return config_; }
  void set_config(const LogConfig& config) override;
  uint64_t size_bytes() const override;
  std::vector<SegmentInfo> segments() const override;
  void set_listener(LogListener* listener) override { listener_ = listener; }

  // --- for the set
  void on_journaled(const JournalEntry& entry) override;
  const Identity& identity() const { return id_; }
  /// Tells the listener where the durable offset is now, if it grew.
  void notify();
  void notify_failed(const Error& error);
  bool evict(uint64_t entry_id);
  /// Retention if it is due, roll by time, producer expiry.
  void tick(WallMillis now, bool retention);
  /// The log was removed from its set: nothing of it is told or written any more.
  void retire();
  bool retired() const { return retired_; }
  /// The newest segment's file if it is open and somebody took it away, else "".
  std::string missing_file() const;
  uint64_t dirty_bytes() const { return dirty_bytes_; }
  uint64_t tail_bytes() const { return tail_.bytes(); }
  const ProducerState& producers() const { return producers_; }
  const EpochCache& epochs() const { return epochs_; }
  void check_invariants() const;

  // --- write-behind (segment_writer.cc)
  /// Puts what is journaled into the segment files, in the background.
  void write_behind();
  /// Writes and syncs what is journaled now; `done` when it is on the disk. One at a time.
  void checkpoint(std::function<void()> done);
  /// There may be room on the disk again: goes on with what waited for it.
  void pump_again() { pump(); }
  bool busy() const { return busy_; }
  bool has_file_changes() const { return !file_changes_.empty(); }
  /// An exact image of the log: all of its journal entries with a number below `entry` are in it, no other is, and its
  /// bytes are synced in segment files whose names are durable.
  struct RecoveryPoint {
    Offset offset = 0;  // the log end
    Offset segment_base = 0;
    uint64_t position = 0;
    uint64_t entry = 0;
    std::shared_ptr<const std::vector<EpochCache::Entry>> epochs;  // none: no epoch yet
    // What of the segment's index files can be believed after a crash, if their first entries have this hash; the rest
    // is made anew.
    uint32_t index_entries = 0, time_entries = 0;
    uint64_t index_hash = 0;
  };
  const RecoveryPoint& recovery_point() const { return recovery_point_; }
  /// As far as the journal says: goes with the recovery point.
  Offset journaled_log_start() const { return journaled_log_start_; }
  /// The create entry is durable: a state may list the log.
  bool created() const { return created_; }
  void on_created() { created_ = true; }
  /// The number of the create entry.
  void begin_life(uint64_t number) { recovery_point_.entry = number + 1; }
  /// A state that holds the recovery point is being written; was written (or not: then either may be on the disk).
  void point_storing();
  void point_stored(bool written);
  void close_idle_files();
  /// Lets go of what an operation in flight keeps alive: its runtime is dead and will not call back.
  void abandon_io() { self_in_io_.reset(); }
  void write_snapshot();

  // --- recovery (partition_recovery.cc; the protocol: format.md §9)
  struct StoredState {
    RecoveryPoint recovery;
    Offset log_start = 0;
    Offset high_watermark = 0;
  };
  /// Finds the segments up to the stored recovery point and removes what lies above; indexes, epochs and producers as
  /// of there. The log is in recovery until finish_recovery(): nothing is journaled, files change at once.
  /// `journal_start`: how far the entries of the journal move the log start. Files below may be gone already.
  Status load(const StoredState& stored, Offset journal_start);
  /// `next_entry`: number of the first journal entry that may concern the log.
  void begin_recovery(uint64_t next_entry);
  /// Brings the log to the image behind entry `number`, a truncation or restart below the stored recovery point: in
  /// memory only.
  Status lower_to_cut(uint64_t number, Offset to, bool restart);
  /// The state with the lowered points is stored: files may follow.
  Status apply_recovery_cuts();
  /// The entries of the journal, in order; those that the recovery point holds are left out. Errors: malformed when one
  /// does not continue the log.
  Status replay_records(const JournalScan::Entry& entry, uint64_t& restored);
  Status replay_cut(const JournalScan::Entry& entry, bool restart);
  Status replay_log_start(const JournalScan::Entry& entry);
  /// How far the log reached by the state and the journal, where the disk had less of it.
  const std::optional<EpochEnd>& lost() const { return lost_; }
  /// The log had reached `end` as well.
  void also_lost(const EpochEnd& end) {
    if (!lost_ || !reaches(*lost_, end)) lost_ = end;
  }
  /// Writes and syncs everything; the log begins its normal life.
  Status finish_recovery(uint64_t next_entry);

 private:
  using SegmentPtr = std::shared_ptr<Segment>;
  using ReadDone = std::function<void(Result<ReadResult>)>;
  enum class IoKind { none, write, sync, index_sync, txns_sync, dir_sync };
  struct DiskRead;
  struct TimestampSearch;
  /// File work that waits until the journal holds the cut of `generation`, and until no stored recovery point needs
  /// what goes.
  struct FileChange {
    uint64_t generation = 0;
    enum class Kind { free, cut, restart, below } kind = Kind::free;
    uint64_t number = 0;  // cut, restart: of the journal entry, once durable
    Offset end = 0;       // cut: the log end; below: base of the first segment that stays
    SegmentPtr cut;       // its file is cut to `cut_size`; may be none
    uint64_t cut_size = 0;
    std::vector<SegmentPtr> dropped;  // their files go
  };

  // append (partition_log.cc)
  Status accepting(size_t bytes, Origin origin) const;
  Result<std::optional<AppendInfo>> check_producers(ConstBytes batches, Origin origin) const;
  AppendInfo append_checked(Buffer batches, WallMillis now);
  void place_batches(Buffer batches, Offset before, WallMillis now);
  void maybe_roll(ConstBytes batches, WallMillis now);
  void roll(Offset base, WallMillis now);
  Segment& active() { return *segments_.back(); }
  uint64_t journal_entry(EntryKind kind, Offset offset, Offset before, Buffer bytes);
  void raise_durable();

  // truncation (truncation.cc)
  Result<Offset> cut_memory(Offset to);
  void restart_memory(Offset to);
  void drop_below(Offset start, uint64_t number);
  void add_file_change(FileChange change);
  void recount_dirty();
  Status refresh_max_timestamp(Segment& segment);
  Status rebuild_producers(Offset end);
  void apply_file_change(FileChange& change);
  bool allowed_by(const RecoveryPoint& point, const FileChange& change) const;
  void cut_journaled(uint64_t number);
  /// The number behind the last entry that led to an image ending at `offset`.
  uint64_t entry_at(Offset offset) const;

  // reading (segment_reader.cc)
  size_t segment_of(Offset offset) const;
  ReadResult read_tail(const ReadRequest& request) const;
  void read_disk(const ReadRequest& request, ReadDone done, size_t bytes_wanted);
  void disk_read_done(DiskRead& read, int32_t result);
  Status open_file(Segment& segment);
  Status load_indexes(Segment& segment);
  /// Plain scan of the batches that overlap [from, to), disk and tail; for rare work.
  using OnBatch = std::function<bool(BatchHeader, Segment&, FilePos)>;  // false: enough
  Status for_each_batch(Offset from, Offset to, const OnBatch& fn);
  /// The batches in [from, to) of the segment's file. Errors: io_error; corrupt_message where the bytes are no batch.
  Status scan_file(Segment& segment, FilePos from, FilePos to, const OnBatch& fn);
  void search_step(const std::shared_ptr<TimestampSearch>& search);
  static void on_disk_read(io::Completion& completion, int32_t result) noexcept;

  // partition_recovery.cc
  Status load_files(const StoredState& stored, Offset journal_start);
  Status load_segments(const StoredState& stored, Offset needed_from);
  Status remove_segment_files(Offset base);
  Status cut_now(Offset to);
  Error malformed(std::string what) const;
  Status load_active(Segment& segment, const StoredState& stored);
  /// Adds the batches in [from, limit) up to offset `end`; at the first that is damaged the segment ends.
  Status scan_active(Segment& s, FilePos from, FilePos limit, Offset end);
  Status load_sealed(Segment& segment);
  /// Loads all but the active one. False: the log is not whole, and ends at its first hole (KIP-966's unclean restart,
  /// one log of it).
  Result<bool> load_sealed_ones(const std::vector<Offset>& bases, const StoredState& stored, Offset needed_from);
  struct SealedEnd {
    Offset offset;
    FilePos size;
  };
  /// Where the whole batches of a sealed segment end.
  Result<SealedEnd> sealed_end(Segment& segment, Offset expected);
  Status cut_sealed(Segment& segment, SealedEnd end);
  /// Removes what was not loaded and begins an empty segment at the hole, or at the log start where that is higher.
  Status end_at_hole(const std::vector<Offset>& bases, Offset hole, const StoredState& stored);
  /// What rolls a segment by time, and tells the age of the log, is its first batch; a load does not come by it.
  Status restore_first_timestamp(Segment& segment);
  Status load_txn_indexes();
  Status write_now(bool sync);
  Status sync_file_now(const Segment& segment, const char* suffix);
  Status note_lost(const JournalScan::Entry& entry);

  // write-behind (segment_writer.cc)
  void pump();
  void say_corrupt(const Segment& segment, FilePos at, const Error& why);
  bool taken_away(const Segment& segment) const;
  std::string file_name(const Segment& segment) const { return path(segment_file_name(segment.base, ".log")); }
  void disk_refused(const Error& error);
  bool pump_file_changes();
  bool pump_write();
  bool pump_sync();
  void io_done(int32_t result);
  Result<bool> sync_step();
  Result<bool> sync_final_indexes(const SegmentPtr& segment);
  Result<bool> sync_txn_indexes();
  Status start_sync(IoKind kind, const SegmentPtr& segment, const char* suffix);
  void begin_io(IoKind kind, SegmentPtr segment);
  /// `whole`: also what was written before is made sure to be there, and nothing behind it.
  Status save_indexes(Segment& segment, bool whole);
  Status save_txn_index(Segment& segment, Offset below);
  Status save_txn_indexes(Offset below);
  void note_indexes(RecoveryPoint& point) const;
  void save_epochs();
  Offset first_waiting_cut() const;
  RecoveryPoint take_point();
  void note_epochs(RecoveryPoint& point);
  std::string path(const std::string& name) const { return id_.dir + "/" + name; }

  LogHost& host_;
  Identity id_;
  LogConfig config_;
  std::vector<SegmentPtr> segments_;  // never empty; the last is active
  TailEntries tail_;
  mutable std::array<uint64_t, 11> checked_{};  // what check_invariants saw last
  EpochCache epochs_;
  ProducerState producers_;
  std::vector<AbortedTxnEntry> aborted_;  // by last offset
  LogListener* listener_ = nullptr;
  Offset log_start_ = 0;
  Offset durable_ = 0;
  Offset journaled_ = 0;  // what the segments may hold
  Offset notified_ = 0;
  Offset high_watermark_ = 0;
  uint64_t generation_ = 0;  // grows with every cut
  struct Cut {
    uint64_t generation;
    Offset end;
    Offset segment_base;
    uint64_t position;
    bool restart;
    uint64_t number;
  };
  void after_cut(Cut cut);
  std::vector<Cut> cuts_;  // not journaled yet
  /// Journaled entries that the recovery point does not hold: the log end each led to. Both grow.
  struct Mark {
    Offset end;
    uint64_t number;
  };
  std::deque<Mark> marks_;
  uint64_t journaled_number_ = 0;  // of the last entry heard of
  Offset journaled_log_start_ = 0;
  bool created_ = false;
  bool configured_ = true;        // not between a start that found the log and the first set_config
  bool read_all_ = false;         // a load that believes no index
  std::optional<EpochEnd> lost_;  // synced bytes were gone at the start: how far the log reached. The journal may not
                                  // continue what is left
  bool retired_ = false;

  // write-behind
  struct Io : io::Completion {
    PartitionLogImpl* log = nullptr;
  } io_;
  std::shared_ptr<PartitionLogImpl> self_in_io_;
  bool busy_ = false;
  bool pumping_ = false;
  IoKind io_kind_ = IoKind::none;
  SegmentPtr io_segment_;
  uint64_t io_end_ = 0;
  uint64_t io_generation_ = 0;  // of cuts, when it began
  std::vector<Buffer> io_buffers_;
  Offset io_end_offset_ = 0;
  Offset write_goal_ = 0;     // write up to here
  Offset written_ = 0;        // everything below is in the files
  uint64_t dirty_bytes_ = 0;  // in the tail and not in the files
  bool sync_wanted_ = false;
  Offset sync_goal_ = 0;
  std::function<void()> checkpoint_done_;
  RecoveryPoint recovery_point_;
  RecoveryPoint syncing_point_;                                // offset -1: to be taken
  std::optional<RecoveryPoint> storing_point_, stored_point_;  // in the state being written, in the last one written
  std::deque<FileChange> file_changes_;
  bool dir_made_ = false;
  bool dir_dirty_ = false;
  bool dir_unsure_ = false;    // names changed by a process before may be in the cache only
  bool epochs_dirty_ = false;  // the recovery point does not have all of them
  bool recovering_ = false;
  uint64_t bytes_since_snapshot_ = 0;
  MonoTime corrupt_said_next_{INT64_MIN / 2};
  std::vector<Offset> snapshots_;  // offsets of the snapshot files, ascending
};

}  // namespace weir::log
