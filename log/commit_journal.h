#pragma once
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/io/runtime.h"
#include "base/metrics/recent_latency.h"
#include "base/util/buffer.h"
#include "base/util/uuid.h"

namespace weir::log {

/// Which log an entry is about: the topic's id (of a topic without one: a hash of its name) and the partition.
struct LogKey {
  Uuid id;
  PartitionId partition = 0;
  auto operator<=>(const LogKey&) const = default;
};

enum class EntryKind : uint8_t {
  records = 1,
  truncate = 2,
  restart = 3,
  log_start = 4,
  create = 5,
  remove = 6,
  cell = 7
};

/// Hears, in order, that its entries are durable. Kept alive by them.
struct JournalEntry;
class JournalTarget {
 public:
  virtual ~JournalTarget() = default;
  /// This entry (its bytes are gone) is durable, and so is all that came before it.
  virtual void on_journaled(const JournalEntry& entry) = 0;
};

struct JournalEntry {
  EntryKind kind = EntryKind::records;
  LogKey key;
  Offset offset = 0;  // records: base offset; truncate, restart, log_start: the new bound
  Offset before = 0;  // the log end that the entry was made at
  Buffer bytes;       // records: the batches; create: the topic's name; cell: name and value (format.md §2)
  std::shared_ptr<JournalTarget> target;  // may be none
  uint64_t generation = 0;  // of the target's cuts, and the log end that the entry leads to: the target's own
  Offset end = 0;
  uint64_t number = 0;               // given by add()
  std::function<void(Status)> done;  // may be none
};

/// A point between two groups: everything before it is durable.
struct JournalMark {
  uint64_t sequence = 1;           // of the next group
  uint64_t entry = 1;              // number of the next entry
  FilePos position = 0;            // end of the group before
  uint64_t previous_checksum = 0;  // of the group before
};

/// What the journal tells its set, on the runtime's thread, never from inside a call into the journal.
class JournalOwner {
 public:
  virtual ~JournalOwner() = default;
  virtual void on_journal_progress() = 0;              // some entries became durable; their targets were told
  virtual void on_journal_pressure(bool blocked) = 0;  // more than half is in use (blocked: a group waits for room):
                                                       // recycle
  virtual void on_journal_failed(const Error& error) = 0;
};

struct JournalOptions {
  uint64_t bytes = 8ull << 20;
  uint64_t bytes_max = 256ull << 20;
  uint32_t groups_in_flight = 4;
  uint64_t group_bytes_max = 4ull << 20;
};

/// The commit journal: a pre-written file used as a ring of groups. What is added in a turn becomes one group at the
/// turn's end; up to K groups are in flight, and entries become durable over the contiguous prefix only. While K are in
/// flight the next one gathers. Lives on its shard's thread. Format: format.md §2. Without a file (memory only) entries
/// are durable at the turn's end.
class CommitJournal {
 public:
  static constexpr uint64_t kBlock = 4096;
  static constexpr uint64_t kHeaderSize = 64;

  CommitJournal(io::Runtime& runtime, JournalOwner& owner, JournalOptions options);
  ~CommitJournal();

  /// Takes a file of `file_bytes` that is zero-filled or an old ring, and begins at `mark`. `incarnation` differs from
  /// that of any group in the file.
  void start(io::FileId file, uint64_t file_bytes, JournalMark mark, uint64_t incarnation);
  /// The entry's number: entries are counted without a gap, in the order of the journal, over all lives of the
  /// directory.
  uint64_t add(JournalEntry entry);

  /// The mark behind the last durable group: once everything before it is in synced segments, it may be recycled.
  JournalMark durable_mark() const;
  /// Frees what lies before `mark`, which is persisted already.
  void recycled(const JournalMark& mark);
  /// Adds zeros behind the ring in the background, doubling it, if it may grow.
  void grow();
  void fail(const Error& error);

  bool idle() const { return pending_.empty() && in_flight_.empty(); }
  bool has_io_in_flight() const { return ios_ > 0; }
  bool in_memory() const { return file_ < 0; }
  uint64_t bytes_written() const { return bytes_written_; }
  uint64_t groups_written() const { return groups_written_; }
  metrics::RecentLatency& write_latency() { return write_latency_; }
  uint64_t ring_bytes() const { return size_; }
  uint64_t live_bytes() const;
  void check_invariants() const;

 private:
  struct Group;
  struct Growth;
  void flush();
  void flush_later();
  bool write_group();
  std::unique_ptr<Group> gather(size_t budget);
  bool place(uint64_t bytes, FilePos& pos) const;
  uint64_t largest_room() const;
  void group_done(Group& group, int32_t result);
  void complete_prefix();
  void finish(std::vector<JournalEntry>& entries, const Status& status);
  void grow_step(int32_t result);
  Buffer take_buffer(size_t bytes);
  void keep_buffer(Buffer buffer);

  io::Runtime& runtime_;
  JournalOwner& owner_;
  JournalOptions options_;
  io::FileId file_ = -1;
  uint64_t size_ = 0;  // the ring is [kBlock, size_)
  uint64_t incarnation_ = 0;
  JournalMark tail_;     // recovery begins here
  JournalMark durable_;  // behind the contiguous prefix
  JournalMark head_;     // behind the last group written
  std::deque<JournalEntry> pending_;
  std::deque<std::unique_ptr<Group>> in_flight_;
  std::vector<Buffer> free_buffers_;
  std::unique_ptr<Growth> growth_;
  std::shared_ptr<bool> alive_;
  bool flush_scheduled_ = false;
  bool completing_ = false;
  std::optional<Error> failed_;
  uint32_t ios_ = 0;
  uint64_t bytes_written_ = 0;
  uint64_t groups_written_ = 0;
  metrics::RecentLatency write_latency_;
};

/// Reads the groups of a ring in order from `mark` to the first that does not check. Plain reads, before the runtime
/// turns.
class JournalScan {
 public:
  struct Entry {
    EntryKind kind;
    LogKey key;
    Offset offset;
    Offset before;
    uint64_t number;
    ConstBytes bytes;  // into the group's buffer, valid until the next group
  };
  using OnEntry = std::function<Status(const Entry&)>;

  JournalScan(io::Disk& disk, io::FileId file, uint64_t file_bytes) : disk_(disk), file_(file), size_(file_bytes) {}
  /// Calls back for each entry of each group. Errors: the callback's, io_error; a group that checks but cannot be read
  /// is malformed.
  Status run(JournalMark mark, const OnEntry& on_entry);
  uint64_t groups() const { return groups_; }
  uint64_t bytes() const { return bytes_; }
  const JournalMark& end() const { return mark_; }

 private:
  /// `bytes` of the file from `pos` on, valid until the next call; null: the file ends before.
  Result<const uint8_t*> bytes_at(FilePos pos, uint64_t bytes);
  Result<bool> load_group(FilePos pos);
  Status entries(const OnEntry& on_entry);

  io::Disk& disk_;
  io::FileId file_;
  uint64_t size_;
  JournalMark mark_;
  Buffer window_;  // read ahead: a group is often a block, and a direct read costs the same for 4 KiB as for 100
  FilePos window_at_ = 0;
  uint64_t window_bytes_ = 0;
  const uint8_t* group_ = nullptr;  // into the window
  uint64_t groups_ = 0, bytes_ = 0;
};

}  // namespace weir::log
