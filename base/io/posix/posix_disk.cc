#include "base/io/posix/posix_disk.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/io/thread_runtime.h"
#include "base/util/check.h"

namespace weir::io {

namespace {
constexpr size_t kMaxSlices = 512;

/// One system call; RWF_DSYNC where the kernel and file system know it, else the caller syncs.
ssize_t write_some(int fd, const iovec* slices, size_t count, off_t pos, bool durable, bool* needs_sync) {
  if (durable && !*needs_sync) {
    const ssize_t n = ::pwritev2(fd, slices, static_cast<int>(count), pos, RWF_DSYNC);
    if (n >= 0 || (errno != EOPNOTSUPP && errno != ENOSYS)) return n;
    *needs_sync = true;
  }
  return ::pwritev(fd, slices, static_cast<int>(count), pos);
}
}  // namespace

PosixDisk::~PosixDisk() {
  {
    std::lock_guard lock(mutex_);
    ending_ = true;
  }
  work_to_do_.notify_all();
  for (std::thread& t : threads_) t.join();
}

void PosixDisk::start(Kind kind, FileId file, FilePos pos, const ConstBytes* slices, size_t count,
                      Completion& completion) {
  const int fd = begin_operation(file);
  if (fd < 0) return runtime_.complete_later(completion, -EBADF);
  std::unique_ptr<Operation> op;
  if (spare_.empty()) {
    op = std::make_unique<Operation>();
  } else {
    op = std::move(spare_.back());
    spare_.pop_back();
  }
  op->kind = kind;
  op->file = file;
  op->fd = fd;
  op->pos = pos;
  op->completion = &completion;
  op->slices.clear();
  for (size_t i = 0; i < count; ++i) op->slices.push_back({const_cast<uint8_t*>(slices[i].data()), slices[i].size()});
  if (threads_.empty()) {
    for (int i = 0; i < kThreads; ++i) threads_.emplace_back([this] { work(); });
  }
  {
    std::lock_guard lock(mutex_);
    queue_.push_back(std::move(op));
  }
  work_to_do_.notify_one();
}

void PosixDisk::read(FileId file, FilePos pos, Bytes into, Completion& completion) {
  const ConstBytes slice = into;
  start(Kind::read, file, pos, &slice, 1, completion);
}
void PosixDisk::write(FileId file, FilePos pos, ConstBytes bytes, Completion& completion) {
  start(Kind::write, file, pos, &bytes, 1, completion);
}
void PosixDisk::writev(FileId file, FilePos pos, const std::vector<ConstBytes>& slices, Completion& completion) {
  CHECK(slices.size() <= kMaxSlices, "too many slices", slices.size());
  start(Kind::write, file, pos, slices.data(), slices.size(), completion);
}
void PosixDisk::write_durable(FileId file, FilePos pos, ConstBytes bytes, Completion& completion) {
  start(Kind::write_durable, file, pos, &bytes, 1, completion);
}
void PosixDisk::sync(FileId file, Completion& completion) { start(Kind::sync, file, 0, nullptr, 0, completion); }
void PosixDisk::sync_dir(const std::string& dir, Completion& completion) {
  const FileId opened = open_dir(dir);
  if (opened < 0) return runtime_.complete_later(completion, opened);
  start(Kind::sync_dir, opened, 0, nullptr, 0, completion);
  close(opened);  // when the sync has ended
}

int32_t PosixDisk::carry_out(Operation& op) {
  if (op.kind == Kind::sync) return ::fdatasync(op.fd) == 0 ? 0 : -errno;
  if (op.kind == Kind::sync_dir) return ::fsync(op.fd) == 0 ? 0 : -errno;  // a name is no data
  int32_t total = 0;
  bool needs_sync = false;
  size_t at = 0;
  const bool durable = op.kind == Kind::write_durable;
  while (at < op.slices.size()) {
    iovec& first = op.slices[at];
    if (first.iov_len == 0) {
      ++at;
      continue;
    }
    const auto pos = static_cast<off_t>(op.pos + static_cast<FilePos>(total));
    ssize_t n = op.kind == Kind::read
                    ? ::pread(op.fd, first.iov_base, first.iov_len, pos)
                    : write_some(op.fd, &op.slices[at], op.slices.size() - at, pos, durable, &needs_sync);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return -errno;
    if (n == 0) break;  // end of file
    total += static_cast<int32_t>(n);
    while (n > 0) {
      iovec& slice = op.slices[at];
      const size_t part = std::min(static_cast<size_t>(n), slice.iov_len);
      slice.iov_base = static_cast<uint8_t*>(slice.iov_base) + part;
      slice.iov_len -= part;
      n -= static_cast<ssize_t>(part);
      if (slice.iov_len == 0) ++at;
    }
  }
  if (needs_sync && ::fdatasync(op.fd) != 0) return -errno;
  return total;
}

void PosixDisk::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    work_to_do_.wait(lock, [&] { return ending_ || queue_head_ < queue_.size(); });
    if (ending_) return;
    std::unique_ptr<Operation> op = std::move(queue_[queue_head_++]);
    if (queue_head_ == queue_.size()) {
      queue_.clear();
      queue_head_ = 0;
    }
    lock.unlock();
    op->result = carry_out(*op);
    lock.lock();
    done_.push_back(std::move(op));
    if (done_.size() == 1) wake_();
  }
}

void PosixDisk::dispatch() {
  if (threads_.empty()) return;
  {
    std::lock_guard lock(mutex_);
    ended_.swap(done_);
  }
  for (auto& op : ended_) {
    end_operation(op->file);
    Completion* completion = op->completion;
    const int32_t result = op->result;
    spare_.push_back(std::move(op));
    completion->done(*completion, result);
  }
  ended_.clear();
}

}  // namespace weir::io
