#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/io/completion.h"
#include "base/util/buffer.h"
#include "base/util/result.h"
#include "base/util/types.h"

namespace weir::io {

/// An open file. -1: none.
using FileId = int32_t;

enum class OpenMode {
  read_only,
  read_write,         // made when missing
  read_write_direct,  // O_DIRECT: positions, sizes and addresses in multiples of 4096
};

struct DirEntry {
  std::string name;
  bool is_directory = false;
  uint64_t size = 0;
};

/// Files. The hot path (read, write, sync) is asynchronous; what happens at start, on roll or on delete is a plain call
/// that returns a Result and may take a disk's time. Paths are relative to nothing: callers give whole ones. Errors:
/// not_found, already_exists, no_space, permission_denied, unsupported (direct I/O refused), io_error, with the path
/// and the system's words in `detail`.
class Disk {
 public:
  virtual ~Disk() = default;

  // --- asynchronous, in any number at once; completion.result: bytes moved, or -errno. Short writes are finished by
  // the implementation.
  virtual void read(FileId file, FilePos pos, Bytes into, Completion& completion) = 0;
  /// Buffered write: in the page cache when done, not durable.
  virtual void write(FileId file, FilePos pos, ConstBytes bytes, Completion& completion) = 0;
  /// Gathers; the slices (at most 512) stay alive until done.
  virtual void writev(FileId file, FilePos pos, const std::vector<ConstBytes>& slices, Completion& completion) = 0;
  /// One write that is on stable storage when done (RWF_DSYNC). On a direct file: aligned.
  virtual void write_durable(FileId file, FilePos pos, ConstBytes bytes, Completion& completion) = 0;
  /// fdatasync: what was written before is durable when done. A failure is final: never try again (design: the
  /// directory goes offline).
  virtual void sync(FileId file, Completion& completion) = 0;
  /// Makes the creations, renames and removals that happened inside `dir` before the call durable. A failure is final,
  /// as with sync().
  virtual void sync_dir(const std::string& dir, Completion& completion) = 0;

  // --- plain calls
  virtual Result<FileId> open(const std::string& path, OpenMode mode) = 0;
  virtual void close(FileId file) = 0;
  virtual Result<uint64_t> size(FileId file) = 0;
  /// The file is still there where it was opened. False: somebody removed it, or moved it or a directory above it away;
  /// what is written to it from then on nobody finds. A locked file is asked about in the same way.
  virtual Result<bool> is_in_place(FileId file) = 0;
  virtual Status truncate(FileId file, uint64_t size) = 0;
  virtual Result<size_t> read_now(FileId file, FilePos pos, Bytes into) = 0;  // fewer bytes than asked: end of file
  virtual Status write_now(FileId file, FilePos pos, ConstBytes bytes) = 0;
  virtual Status sync_now(FileId file) = 0;
  virtual Result<std::vector<DirEntry>> list(const std::string& dir) = 0;
  virtual Result<bool> exists(const std::string& path) = 0;
  virtual Status make_dirs(const std::string& path) = 0;
  virtual Status remove(const std::string& path) = 0;       // a file, or an empty directory
  virtual Status remove_tree(const std::string& path) = 0;  // not_found is no error
  virtual Status rename(const std::string& from, const std::string& to) = 0;
  /// The same as a plain call.
  virtual Status sync_dir_now(const std::string& dir) = 0;
  /// Takes an exclusive lock that dies with the process (`.lock` of a log directory). Errors: busy_address when another
  /// holds it.
  virtual Result<FileId> lock(const std::string& path) = 0;
  virtual Result<uint64_t> free_bytes(const std::string& path) = 0;

  // --- built from the above
  Result<std::vector<uint8_t>> read_file(const std::string& path);
  /// Writes PATH.tmp, syncs it, renames it over PATH, syncs the directory.
  Status write_file_atomic(const std::string& path, ConstBytes bytes);
};

/// The Error for a negative errno of a completion.
Error error_of_errno(int negative_errno, const char* where, std::string detail = {});

}  // namespace weir::io
