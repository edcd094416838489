#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/io/disk.h"
#include "base/io/handle_table.h"

namespace weir::io {

/// The plain calls of Disk by system calls, and the table of open files that the real backends share. A file closed
/// with operations in flight keeps its descriptor until the last of them ended.
class OsDisk : public Disk {
 public:
  ~OsDisk() override;

  Result<FileId> open(const std::string& path, OpenMode mode) override;
  void close(FileId file) override;
  Result<uint64_t> size(FileId file) override;
  Result<bool> is_in_place(FileId file) override;
  Status truncate(FileId file, uint64_t size) override;
  Result<size_t> read_now(FileId file, FilePos pos, Bytes into) override;
  Status write_now(FileId file, FilePos pos, ConstBytes bytes) override;
  Status sync_now(FileId file) override;
  Result<std::vector<DirEntry>> list(const std::string& dir) override;
  Result<bool> exists(const std::string& path) override;
  Status make_dirs(const std::string& path) override;
  Status remove(const std::string& path) override;
  Status remove_tree(const std::string& path) override;
  Status rename(const std::string& from, const std::string& to) override;
  Status sync_dir_now(const std::string& dir) override;
  Result<FileId> lock(const std::string& path) override;
  Result<uint64_t> free_bytes(const std::string& path) override;

 protected:
  struct File {
    int fd = -1;
    uint32_t in_flight = 0;
    bool closing = false;
    std::string path;
  };
  /// The descriptor for one more operation, to be ended by end_operation(); -1: not open.
  int begin_operation(FileId file);
  /// A directory as a file that can only be synced; or -errno.
  FileId open_dir(const std::string& dir);
  void end_operation(FileId file);

 private:
  FileId add(int fd, const std::string& path);
  File* find_open(FileId file);
  void release(FileId id, File& file);
  HandleTable<File> files_;
};

}  // namespace weir::io
