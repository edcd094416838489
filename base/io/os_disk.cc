#include "base/io/os_disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "base/util/check.h"

namespace weir::io {

namespace {
Error last_error(const char* where, const std::string& path) { return error_of_errno(-errno, where, path); }
Error not_open(const char* where) { return Error(ErrorCode::closed, where, "the file is not open"); }
}  // namespace

OsDisk::~OsDisk() {
  files_.for_each([](File& f) { ::close(f.fd); });
}

OsDisk::File* OsDisk::find_open(FileId id) {
  File* file = files_.find(id);
  return file && !file->closing ? file : nullptr;
}

int OsDisk::begin_operation(FileId id) {
  File* file = find_open(id);
  if (!file) return -1;
  ++file->in_flight;
  return file->fd;
}

void OsDisk::end_operation(FileId id) {
  File* file = files_.find(id);
  CHECK(file && file->in_flight > 0, "an operation ended on a file that has none", id);
  if (--file->in_flight == 0 && file->closing) release(id, *file);
}

void OsDisk::release(FileId id, File& file) {
  ::close(file.fd);
  files_.remove(id);
}

Result<FileId> OsDisk::open(const std::string& path, OpenMode mode) {
  int flags = O_CLOEXEC;
  if (mode == OpenMode::read_only)
    flags |= O_RDONLY;
  else
    flags |= O_RDWR | O_CREAT;
  if (mode == OpenMode::read_write_direct) flags |= O_DIRECT;
  const int fd = ::open(path.c_str(), flags, 0644);
  if (fd < 0) {
    if (errno == EINVAL && mode == OpenMode::read_write_direct) {
      return Error(ErrorCode::unsupported, "open", path + ": the file system refuses direct I/O");
    }
    return last_error("open", path);
  }
  struct stat st;
  if (::fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
    ::close(fd);
    return error_of_errno(-EISDIR, "open", path);
  }
  return add(fd, path);
}

FileId OsDisk::open_dir(const std::string& dir) {
  const int fd = ::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  return fd < 0 ? -errno : add(fd, dir);
}

FileId OsDisk::add(int fd, const std::string& path) {
  auto file = std::make_unique<File>();
  file->fd = fd;
  file->path = path;
  return files_.add(std::move(file));
}

void OsDisk::close(FileId id) {
  File* file = find_open(id);
  CHECK(file, "closing a file that is not open", id);
  file->closing = true;
  if (file->in_flight == 0) release(id, *file);
}

Result<uint64_t> OsDisk::size(FileId id) {
  File* file = find_open(id);
  if (!file) return not_open("size");
  struct stat st;
  if (::fstat(file->fd, &st) != 0) return last_error("size", file->path);
  return static_cast<uint64_t>(st.st_size);
}

Result<bool> OsDisk::is_in_place(FileId id) {
  File* file = find_open(id);
  if (!file) return not_open("is_in_place");
  struct stat st;
  if (::fstat(file->fd, &st) != 0) return last_error("is_in_place", file->path);
  if (st.st_nlink == 0) return false;
  // By name only: what a path leads to has another inode number each time on some file systems.
  return exists(file->path);
}

Status OsDisk::truncate(FileId id, uint64_t size) {
  File* file = find_open(id);
  if (!file) return not_open("truncate");
  while (::ftruncate(file->fd, static_cast<off_t>(size)) != 0) {
    if (errno != EINTR) return last_error("truncate", file->path);
  }
  return {};
}

Result<size_t> OsDisk::read_now(FileId id, FilePos pos, Bytes into) {
  File* file = find_open(id);
  if (!file) return not_open("read");
  size_t done = 0;
  while (done < into.size()) {
    const ssize_t n = ::pread(file->fd, into.data() + done, into.size() - done, static_cast<off_t>(pos + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return last_error("read", file->path);
    if (n == 0) break;
    done += static_cast<size_t>(n);
  }
  return done;
}

Status OsDisk::write_now(FileId id, FilePos pos, ConstBytes bytes) {
  File* file = find_open(id);
  if (!file) return not_open("write");
  for (size_t done = 0; done < bytes.size();) {
    const ssize_t n = ::pwrite(file->fd, bytes.data() + done, bytes.size() - done, static_cast<off_t>(pos + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return last_error("write", file->path);
    done += static_cast<size_t>(n);
  }
  return {};
}

Status OsDisk::sync_now(FileId id) {
  File* file = find_open(id);
  if (!file) return not_open("sync");
  if (::fdatasync(file->fd) != 0) return last_error("sync", file->path);
  return {};
}

Result<std::vector<DirEntry>> OsDisk::list(const std::string& dir) {
  DIR* handle = ::opendir(dir.c_str());
  if (!handle) return last_error("list", dir);
  std::vector<DirEntry> out;
  for (;;) {
    errno = 0;
    dirent* entry = ::readdir(handle);
    if (!entry) break;
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    struct stat st;
    if (::fstatat(::dirfd(handle), entry->d_name, &st, 0) != 0) continue;  // removed meanwhile
    out.push_back(
        {std::string(name), S_ISDIR(st.st_mode), S_ISDIR(st.st_mode) ? 0 : static_cast<uint64_t>(st.st_size)});
  }
  const int failed = errno;
  ::closedir(handle);
  if (failed) return error_of_errno(-failed, "list", dir);
  return out;
}

Result<bool> OsDisk::exists(const std::string& path) {
  if (::access(path.c_str(), F_OK) == 0) return true;
  if (errno == ENOENT || errno == ENOTDIR) return false;
  return last_error("exists", path);
}

Status OsDisk::make_dirs(const std::string& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return error_of_errno(-error.value(), "make_dirs", path);
  return {};
}

Status OsDisk::remove(const std::string& path) {
  return ::remove(path.c_str()) == 0 ? Status() : Status(last_error("remove", path));
}

Status OsDisk::remove_tree(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) return error_of_errno(-error.value(), "remove_tree", path);
  return {};
}

Status OsDisk::rename(const std::string& from, const std::string& to) {
  return ::rename(from.c_str(), to.c_str()) == 0 ? Status() : Status(last_error("rename", from + " to " + to));
}

Status OsDisk::sync_dir_now(const std::string& dir) {
  const int fd = ::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return last_error("sync_dir", dir);
  Status result;
  if (::fsync(fd) != 0) result = last_error("sync_dir", dir);
  ::close(fd);
  return result;
}

Result<FileId> OsDisk::lock(const std::string& path) {
  TRY_ASSIGN(FileId id, open(path, OpenMode::read_write));
  if (::flock(files_.find(id)->fd, LOCK_EX | LOCK_NB) != 0) {
    Error error = errno == EWOULDBLOCK ? Error(ErrorCode::busy_address, "lock",
                                               path + ": held by another process; stop it, or choose another directory")
                                       : last_error("lock", path);
    close(id);
    return error;
  }
  return id;
}

Result<uint64_t> OsDisk::free_bytes(const std::string& path) {
  struct statvfs st;
  if (::statvfs(path.c_str(), &st) != 0) return last_error("free_bytes", path);
  return static_cast<uint64_t>(st.f_bavail) * st.f_frsize;
}

}  // namespace weir::io
