#pragma once
#include <map>
#include <memory>
#include <set>

#include "base/io/disk.h"
#include "tests/sim/sim_world.h"

namespace weir::sim {

class SimFile;
class SimFs;

/// The Disk of one simulated shard: handles and operations in flight; the bytes are the node's SimFs. Bytes are moved
/// when the operation ends, in the order of the endings.
class SimDisk final : public io::Disk {
 public:
  explicit SimDisk(SimRuntime& runtime) : runtime_(runtime) {}
  ~SimDisk() override;

  void read(io::FileId file, FilePos pos, Bytes into, io::Completion& completion) override;
  void write(io::FileId file, FilePos pos, ConstBytes bytes, io::Completion& completion) override;
  void writev(io::FileId file, FilePos pos, const std::vector<ConstBytes>& slices, io::Completion& completion) override;
  void write_durable(io::FileId file, FilePos pos, ConstBytes bytes, io::Completion& completion) override;
  void sync(io::FileId file, io::Completion& completion) override;
  void sync_dir(const std::string& dir, io::Completion& completion) override;

  Result<io::FileId> open(const std::string& path, io::OpenMode mode) override;
  void close(io::FileId file) override;
  Result<uint64_t> size(io::FileId file) override;
  Result<bool> is_in_place(io::FileId file) override;
  Status truncate(io::FileId file, uint64_t size) override;
  Result<size_t> read_now(io::FileId file, FilePos pos, Bytes into) override;
  Status write_now(io::FileId file, FilePos pos, ConstBytes bytes) override;
  Status sync_now(io::FileId file) override;
  Result<std::vector<io::DirEntry>> list(const std::string& dir) override;
  Result<bool> exists(const std::string& path) override;
  Status make_dirs(const std::string& path) override;
  Status remove(const std::string& path) override;
  Status remove_tree(const std::string& path) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status sync_dir_now(const std::string& dir) override;
  Result<io::FileId> lock(const std::string& path) override;
  Result<uint64_t> free_bytes(const std::string& path) override;

  size_t in_flight() const { return operations_.size(); }
  size_t open_files() const { return handles_.size(); }
  /// The process ended: operations in flight are carried out or not, in part or wholly.
  void die();

 private:
  enum class Kind : uint8_t { read, write, write_durable, sync, sync_dir };
  struct Handle {
    std::shared_ptr<SimFile> file;
    std::string path;
    io::OpenMode mode = io::OpenMode::read_only;
    bool is_lock = false;
  };
  struct Operation {
    Kind kind;
    std::shared_ptr<SimFile> file;
    FilePos pos = 0;
    Bytes into;
    std::vector<ConstBytes> slices;
    uint64_t sync_mark = 0;
    io::Completion* completion = nullptr;
    std::string dir{};
  };
  SimFs& fs();
  Handle* find(io::FileId file);
  /// 0, or why the kernel would refuse at once.
  int32_t refuse(const Handle* handle, Kind kind, FilePos pos, const std::vector<ConstBytes>& slices) const;
  void start(io::FileId file, Kind kind, FilePos pos, Bytes into, std::vector<ConstBytes> slices,
             io::Completion& completion);
  void begin(Operation operation, Duration latency);
  int32_t carry_out(Operation& operation);
  int32_t write_slices(Operation& operation);

  SimRuntime& runtime_;
  std::map<io::FileId, Handle> handles_;
  io::FileId next_handle_ = 1;
  std::map<uint64_t, Operation> operations_;
  uint64_t next_operation_ = 1;
};

}  // namespace weir::sim
