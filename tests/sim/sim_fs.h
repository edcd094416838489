#pragma once
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/io/disk.h"
#include "base/util/rng.h"

namespace weir::sim {

/// The content of one file as the processes see it, with what the platter would hold. A power cut keeps the synced
/// state plus a random subset of the changes since: whole, dropped or torn in sectors or pages, whatever their order.
class SimFile {
 public:
  const std::vector<uint8_t>& data() const { return data_; }

  void write(FilePos pos, ConstBytes bytes) {
    change(Change{next_id_++, false, false, false, pos, {bytes.begin(), bytes.end()}});
  }
  void write_durable(FilePos pos, ConstBytes bytes);
  void truncate(uint64_t size) { change(Change{next_id_++, true, false, false, size, {}}); }
  /// Everything up to here is what a sync issued now covers.
  uint64_t sync_mark() const { return next_id_; }
  void sync(uint64_t mark);
  /// A sync failed: what it covered never becomes durable, also not by a later sync that succeeds (Linux marks the
  /// pages clean).
  void fail_sync(uint64_t mark);
  void lose_power(Random& random);
  /// Flips bits of one byte, on the platter too.
  void rot(FilePos pos, uint8_t mask);
  bool all_durable() const { return unsynced_.empty(); }

 private:
  struct Change {
    uint64_t id;
    bool is_truncate;
    bool durable;  // happened after older unsynced ones, and is on the platter
    bool lost;
    uint64_t pos;  // truncate: the size
    std::vector<uint8_t> bytes;
  };
  void change(Change change);
  void keep_before(uint64_t from, uint64_t to);
  void apply(uint64_t pos, ConstBytes bytes);
  void patch_before(const Change& change);

  std::vector<uint8_t> data_;
  uint64_t durable_size_ = 0;
  std::map<uint64_t, std::vector<uint8_t>> before_;  // page number → durable content of pages with unsynced changes
  std::vector<Change> unsynced_;
  uint64_t next_id_ = 1;
};

/// The file system of one node. Names (creations, renames, removals, directories) become durable by sync_dir of their
/// directory; a power cut keeps, per directory, a random prefix of the changes since.
class SimFs {
 public:
  explicit SimFs(Random& random);

  // --- faults, set by tests
  uint64_t quota_bytes = UINT64_MAX;  // growth beyond it is ENOSPC
  uint32_t fail_syncs = 0;            // so many next syncs and durable writes end with EIO
  uint32_t fail_writes = 0;           // so many next writes end with EIO
  uint32_t fail_reads = 0;
  uint32_t slow_factor = 1;    // multiplies every latency
  bool refuse_direct = false;  // O_DIRECT is not supported
  /// not_found when there is no such file or byte.
  Status rot(const std::string& path, FilePos pos, uint8_t mask);
  /// A new, empty disk.
  void wipe();

  // --- what SimDisk is made of; paths are normalised here
  Result<std::shared_ptr<SimFile>> open(const std::string& path, bool create);
  Result<std::vector<io::DirEntry>> list(const std::string& dir) const;
  bool exists(const std::string& path) const;
  bool is_dir(const std::string& path) const;
  Status make_dirs(const std::string& path);
  Status remove(const std::string& path);
  Status rename(const std::string& from, const std::string& to);
  /// Makes the changes of names in `dir` up to `mark` durable.
  Status sync_dir(const std::string& dir, uint64_t mark = UINT64_MAX);
  uint64_t names_mark() const { return changes_; }
  Status remove_tree(const std::string& path);
  bool take_lock(const std::string& path);
  void release_lock(const std::string& path);
  void drop_locks() { locks_.clear(); }
  bool may_grow(const SimFile& file, uint64_t end) const;
  uint64_t used_bytes() const;
  Random& random() { return random_; }

  /// Decides now what a power cut leaves; later changes do not count.
  void freeze_image();
  void lose_power();

 private:
  using Entry = std::shared_ptr<SimFile>;  // null: a directory
  using Names = std::map<std::string, Entry>;
  /// What a power cut now leaves. `copies`: the files go on being used meanwhile.
  Names image(bool copies);
  struct NameChange {
    std::string dir;
    std::string path;
    bool removal;
    std::string from;  // rename: the old name, else empty
    Entry entry;
    uint64_t number = 0;
  };
  static std::string normal(const std::string& path);
  static std::string parent(const std::string& path);
  static void apply(Names& names, const NameChange& change);
  void record(NameChange change);

  Random& random_;
  Names names_;
  Names durable_names_;
  std::vector<NameChange> pending_;
  uint64_t changes_ = 0;
  std::set<std::string> locks_;
  std::unique_ptr<Names> frozen_;  // the image of freeze_image()
};

}  // namespace weir::sim
