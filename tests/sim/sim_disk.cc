#include "tests/sim/sim_disk.h"

#include <algorithm>
#include <cerrno>

#include "base/util/check.h"
#include "tests/sim/sim_fs.h"
#include "tests/sim/sim_node.h"
#include "tests/sim/sim_runtime.h"

namespace weir::sim {

namespace {
constexpr uint64_t kDirectAlignment = 4096;

size_t total(const std::vector<ConstBytes>& slices) {
  size_t n = 0;
  for (ConstBytes s : slices) n += s.size();
  return n;
}

bool aligned(uint64_t v) { return v % kDirectAlignment == 0; }
}  // namespace

SimDisk::~SimDisk() = default;

SimFs& SimDisk::fs() { return runtime_.node().fs(); }

SimDisk::Handle* SimDisk::find(io::FileId file) {
  auto it = handles_.find(file);
  return it == handles_.end() ? nullptr : &it->second;
}

int32_t SimDisk::refuse(const Handle* handle, Kind kind, FilePos pos, const std::vector<ConstBytes>& slices) const {
  if (!handle || handle->is_lock) return -EBADF;
  if (handle->mode == io::OpenMode::read_only && (kind == Kind::write || kind == Kind::write_durable)) return -EBADF;
  if (handle->mode == io::OpenMode::read_write_direct && kind != Kind::sync) {
    if (!aligned(pos)) return -EINVAL;
    for (ConstBytes s : slices) {
      if (!aligned(s.size()) || !aligned(reinterpret_cast<uintptr_t>(s.data()))) return -EINVAL;
    }
  }
  return 0;
}

void SimDisk::start(io::FileId id, Kind kind, FilePos pos, Bytes into, std::vector<ConstBytes> slices,
                    io::Completion& completion) {
  if (runtime_.dead()) return;
  Handle* handle = find(id);
  if (int32_t error = refuse(handle, kind, pos, kind == Kind::read ? std::vector<ConstBytes>{into} : slices)) {
    runtime_.ready(completion, error);
    return;
  }
  SimWorld& world = runtime_.world();
  const SimProfile& profile = world.profile();
  const size_t bytes = kind == Kind::read ? into.size() : total(slices);
  Duration latency = world.latency(kind == Kind::read    ? profile.disk_read
                                   : kind == Kind::write ? profile.disk_write
                                                         : profile.disk_sync);
  latency += Duration{static_cast<int64_t>(kind == Kind::write ? bytes / 4 : bytes)};  // 4 GB/s into the page cache,
                                                                                       // else 1 GB/s
  begin(Operation{kind, handle->file, pos, into, std::move(slices), handle->file->sync_mark(), &completion}, latency);
}

void SimDisk::begin(Operation started, Duration latency) {
  const uint64_t ticket = next_operation_++;
  operations_[ticket] = std::move(started);
  runtime_.world().schedule_in(latency * fs().slow_factor, Trace::disk, runtime_.node().index(), [this, ticket] {
    auto it = operations_.find(ticket);
    if (it == operations_.end()) return;
    Operation operation = std::move(it->second);
    operations_.erase(it);
    const int32_t result = carry_out(operation);
    runtime_.world().trace(static_cast<uint64_t>(result));
    runtime_.ready(*operation.completion, result);
  });
}

int32_t SimDisk::write_slices(Operation& operation) {
  if (fs().fail_writes > 0) return --fs().fail_writes, -EIO;
  const size_t bytes = total(operation.slices);
  if (!fs().may_grow(*operation.file, operation.pos + bytes)) return -ENOSPC;
  FilePos pos = operation.pos;
  const bool durable = operation.kind == Kind::write_durable;
  const bool fails = durable && fs().fail_syncs > 0 && fs().fail_syncs-- > 0;
  for (ConstBytes slice : operation.slices) {
    if (durable && !fails)
      operation.file->write_durable(pos, slice);
    else
      operation.file->write(pos, slice);
    pos += slice.size();
  }
  if (fails) operation.file->fail_sync(operation.file->sync_mark());
  runtime_.node().disk_changes();
  return fails ? -EIO : static_cast<int32_t>(bytes);
}

int32_t SimDisk::carry_out(Operation& operation) {
  if (operation.kind == Kind::sync_dir) {
    if (fs().fail_syncs > 0) return --fs().fail_syncs, -EIO;
    // Gone, or under another name, meanwhile: there is nothing to make durable under this one.
    (void)fs().sync_dir(operation.dir, operation.sync_mark).ok();
    runtime_.node().disk_changes();
    return 0;
  }
  SimFile& file = *operation.file;
  switch (operation.kind) {
    case Kind::read: {
      if (fs().fail_reads > 0) return --fs().fail_reads, -EIO;
      const auto& data = file.data();
      if (operation.pos >= data.size()) return 0;
      const size_t n = std::min<size_t>(operation.into.size(), data.size() - operation.pos);
      std::copy_n(data.begin() + static_cast<ptrdiff_t>(operation.pos), n, operation.into.begin());
      return static_cast<int32_t>(n);
    }
    case Kind::write:
    case Kind::write_durable:
      return write_slices(operation);
    case Kind::sync:
      if (fs().fail_syncs > 0) {
        --fs().fail_syncs;
        file.fail_sync(operation.sync_mark);
        return -EIO;
      }
      file.sync(operation.sync_mark);
      runtime_.node().disk_changes();
      return 0;
    case Kind::sync_dir:
      break;  // above
  }
  return -EINVAL;
}

void SimDisk::die() {
  Random& random = fs().random();
  for (auto& [ticket, operation] : operations_) {
    if (operation.kind == Kind::read || random.chance(1, 2)) continue;
    if (operation.kind == Kind::write_durable && random.chance(1, 2))
      operation.kind = Kind::write;  // in the cache, may tear
    carry_out(operation);
  }
  operations_.clear();
  handles_.clear();
}

void SimDisk::read(io::FileId file, FilePos pos, Bytes into, io::Completion& completion) {
  start(file, Kind::read, pos, into, {}, completion);
}
void SimDisk::write(io::FileId file, FilePos pos, ConstBytes bytes, io::Completion& completion) {
  start(file, Kind::write, pos, {}, {bytes}, completion);
}
void SimDisk::writev(io::FileId file, FilePos pos, const std::vector<ConstBytes>& slices, io::Completion& completion) {
  CHECK(slices.size() <= 512, "too many slices", slices.size());
  start(file, Kind::write, pos, {}, slices, completion);
}
void SimDisk::write_durable(io::FileId file, FilePos pos, ConstBytes bytes, io::Completion& completion) {
  start(file, Kind::write_durable, pos, {}, {bytes}, completion);
}
void SimDisk::sync(io::FileId file, io::Completion& completion) { start(file, Kind::sync, 0, {}, {}, completion); }
void SimDisk::sync_dir(const std::string& dir, io::Completion& completion) {
  if (runtime_.dead()) return;
  if (!fs().sync_dir(dir, 0)) {  // no change is that old
    runtime_.ready(completion, -ENOENT);
    return;
  }
  // Only the names that are there now: what comes while it syncs is the next one's.
  begin(Operation{Kind::sync_dir, nullptr, 0, {}, {}, fs().names_mark(), &completion, dir},
        runtime_.world().latency(runtime_.world().profile().disk_sync));
}

// --- plain calls: no virtual time passes; a dead process's calls do nothing.

Result<io::FileId> SimDisk::open(const std::string& path, io::OpenMode mode) {
  if (runtime_.dead()) return Error(ErrorCode::closed, "open", path);
  if (mode == io::OpenMode::read_write_direct && fs().refuse_direct) {
    return Error(ErrorCode::unsupported, "open", path + ": the file system refuses direct I/O");
  }
  const bool existed = fs().exists(path);
  TRY_ASSIGN(auto file, fs().open(path, mode != io::OpenMode::read_only));
  if (!existed) runtime_.node().disk_changes();
  handles_[next_handle_] = Handle{std::move(file), path, mode, false};
  return next_handle_++;
}

void SimDisk::close(io::FileId file) {
  if (runtime_.dead()) return;
  Handle* handle = find(file);
  CHECK(handle, "closing a file that is not open", file);
  if (handle->is_lock) fs().release_lock(handle->path);
  handles_.erase(file);
}

Result<uint64_t> SimDisk::size(io::FileId file) {
  Handle* handle = find(file);
  if (!handle || handle->is_lock) return Error(ErrorCode::closed, "size");
  return static_cast<uint64_t>(handle->file->data().size());
}

Result<bool> SimDisk::is_in_place(io::FileId file) {
  Handle* handle = find(file);
  if (!handle) return Error(ErrorCode::closed, "is_in_place");
  if (handle->is_lock) return fs().exists(handle->path);
  auto now = fs().open(handle->path, false);
  return now.ok() && *now == handle->file;
}

Status SimDisk::truncate(io::FileId file, uint64_t size) {
  Handle* handle = find(file);
  if (int32_t error = refuse(handle, Kind::write, 0, {})) return io::error_of_errno(error, "truncate");
  if (!fs().may_grow(*handle->file, size)) return io::error_of_errno(-ENOSPC, "truncate", handle->path);
  handle->file->truncate(size);
  runtime_.node().disk_changes();
  return {};
}

Result<size_t> SimDisk::read_now(io::FileId file, FilePos pos, Bytes into) {
  Handle* handle = find(file);
  if (int32_t error = refuse(handle, Kind::read, pos, {into})) return io::error_of_errno(error, "read");
  Operation operation{Kind::read, handle->file, pos, into, {}, 0, nullptr};
  const int32_t n = carry_out(operation);
  if (n < 0) return io::error_of_errno(n, "read", handle->path);
  return static_cast<size_t>(n);
}

Status SimDisk::write_now(io::FileId file, FilePos pos, ConstBytes bytes) {
  Handle* handle = find(file);
  if (int32_t error = refuse(handle, Kind::write, pos, {bytes})) return io::error_of_errno(error, "write");
  Operation operation{Kind::write, handle->file, pos, {}, {bytes}, 0, nullptr};
  const int32_t n = carry_out(operation);
  return n < 0 ? Status(io::error_of_errno(n, "write", handle->path)) : Status();
}

Status SimDisk::sync_now(io::FileId file) {
  Handle* handle = find(file);
  if (int32_t error = refuse(handle, Kind::sync, 0, {})) return io::error_of_errno(error, "sync");
  Operation operation{Kind::sync, handle->file, 0, {}, {}, handle->file->sync_mark(), nullptr};
  const int32_t n = carry_out(operation);
  return n < 0 ? Status(io::error_of_errno(n, "sync", handle->path)) : Status();
}

Result<std::vector<io::DirEntry>> SimDisk::list(const std::string& dir) { return fs().list(dir); }
Result<bool> SimDisk::exists(const std::string& path) { return fs().exists(path); }

Status SimDisk::make_dirs(const std::string& path) {
  if (runtime_.dead()) return ErrorCode::closed;
  TRY(fs().make_dirs(path));
  runtime_.node().disk_changes();
  return {};
}

Status SimDisk::remove(const std::string& path) {
  if (runtime_.dead()) return ErrorCode::closed;
  TRY(fs().remove(path));
  runtime_.node().disk_changes();
  return {};
}

Status SimDisk::remove_tree(const std::string& path) {
  if (runtime_.dead()) return ErrorCode::closed;
  TRY(fs().remove_tree(path));
  runtime_.node().disk_changes();
  return {};
}

Status SimDisk::rename(const std::string& from, const std::string& to) {
  if (runtime_.dead()) return ErrorCode::closed;
  TRY(fs().rename(from, to));
  runtime_.node().disk_changes();
  return {};
}

Status SimDisk::sync_dir_now(const std::string& dir) {
  if (runtime_.dead()) return ErrorCode::closed;
  TRY(fs().sync_dir(dir));
  runtime_.node().disk_changes();
  return {};
}

Result<io::FileId> SimDisk::lock(const std::string& path) {
  if (runtime_.dead()) return Error(ErrorCode::closed, "lock", path);
  TRY(fs().open(path, true));
  if (!fs().take_lock(path)) return Error(ErrorCode::busy_address, "lock", path + ": held by another process");
  handles_[next_handle_] = Handle{nullptr, path, io::OpenMode::read_write, true};
  return next_handle_++;
}

Result<uint64_t> SimDisk::free_bytes(const std::string&) {
  if (fs().quota_bytes == UINT64_MAX) return uint64_t{1} << 40;
  const uint64_t used = fs().used_bytes();
  return used < fs().quota_bytes ? fs().quota_bytes - used : 0;
}

}  // namespace weir::sim
