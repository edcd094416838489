#include <cerrno>
#include <cstring>

#include "base/io/disk.h"

namespace weir::io {

namespace {
ErrorCode code_of_errno(int e) {
  switch (e) {
    case ENOENT:
      return ErrorCode::not_found;
    case EEXIST:
      return ErrorCode::already_exists;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return ErrorCode::no_space;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorCode::permission_denied;
    case EADDRINUSE:
      return ErrorCode::busy_address;
    case EINVAL:
    case ENOTDIR:
    case EISDIR:
    case ENOTEMPTY:
    case ENAMETOOLONG:
    case EADDRNOTAVAIL:
      return ErrorCode::invalid_argument;
    case ECONNREFUSED:
    case ECONNRESET:
    case ECONNABORTED:
    case ENOTCONN:
    case EPIPE:
    case ETIMEDOUT:
    case EHOSTUNREACH:
    case ENETUNREACH:
    case ENETDOWN:
      return ErrorCode::connection_failed;
    case ECANCELED:
      return ErrorCode::cancelled;
    case EBADF:
      return ErrorCode::closed;
    case EMFILE:
    case ENFILE:
      return ErrorCode::limit_reached;
    case EOPNOTSUPP:
    case ENOSYS:
      return ErrorCode::unsupported;
    default:
      return ErrorCode::io_error;
  }
}
}  // namespace

Error error_of_errno(int negative_errno, const char* where, std::string detail) {
  const int e = -negative_errno;
  if (!detail.empty()) detail.append(": ");
  detail.append(std::strerror(e));
  return Error(code_of_errno(e), where, std::move(detail));
}

Result<std::vector<uint8_t>> Disk::read_file(const std::string& path) {
  TRY_ASSIGN(FileId file, open(path, OpenMode::read_only));
  auto read_all = [&]() -> Result<std::vector<uint8_t>> {
    TRY_ASSIGN(uint64_t bytes, size(file));
    std::vector<uint8_t> content(bytes);
    TRY_ASSIGN(size_t n, read_now(file, 0, content));
    content.resize(n);
    return content;
  };
  auto result = read_all();
  close(file);
  return result;
}

Status Disk::write_file_atomic(const std::string& path, ConstBytes bytes) {
  const std::string temporary = path + ".tmp";
  TRY_ASSIGN(FileId file, open(temporary, OpenMode::read_write));
  auto write_all = [&]() -> Status {
    TRY(truncate(file, 0));
    TRY(write_now(file, 0, bytes));
    return sync_now(file);
  };
  Status written = write_all();
  close(file);
  TRY(written);
  TRY(rename(temporary, path));
  const size_t slash = path.rfind('/');
  return sync_dir_now(slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash));
}

}  // namespace weir::io
