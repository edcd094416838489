#include "base/io/uring/uring_disk.h"

#include <cerrno>

#include "base/util/check.h"

namespace weir::io {

namespace {
using Kind = UringOp::Kind;
constexpr size_t kMaxSlices = 512;
}  // namespace

void UringDisk::start(Kind kind, FileId file, FilePos pos, const ConstBytes* slices, size_t count,
                      Completion& completion) {
  const int fd = begin_operation(file);
  if (fd < 0) return runtime_.complete_later(completion, -EBADF);
  UringOp* op = ring_.take();
  op->kind = kind;
  op->fd = fd;
  op->id = file;
  op->pos = pos;
  op->completion = &completion;
  for (size_t i = 0; i < count; ++i) {
    if (!slices[i].empty()) op->slices.push_back({const_cast<uint8_t*>(slices[i].data()), slices[i].size()});
  }
  if (op->slices.empty() && kind != Kind::sync && kind != Kind::sync_dir) {
    ring_.recycle(op);
    end_operation(file);
    return runtime_.complete_later(completion, 0);
  }
  ring_.push(op);
}

void UringDisk::read(FileId file, FilePos pos, Bytes into, Completion& completion) {
  const ConstBytes slice = into;
  start(Kind::read, file, pos, &slice, 1, completion);
}
void UringDisk::write(FileId file, FilePos pos, ConstBytes bytes, Completion& completion) {
  start(Kind::write, file, pos, &bytes, 1, completion);
}
void UringDisk::writev(FileId file, FilePos pos, const std::vector<ConstBytes>& slices, Completion& completion) {
  CHECK(slices.size() <= kMaxSlices, "too many slices", slices.size());
  start(Kind::write, file, pos, slices.data(), slices.size(), completion);
}
void UringDisk::write_durable(FileId file, FilePos pos, ConstBytes bytes, Completion& completion) {
  start(Kind::write_durable, file, pos, &bytes, 1, completion);
}
void UringDisk::sync(FileId file, Completion& completion) { start(Kind::sync, file, 0, nullptr, 0, completion); }
void UringDisk::sync_dir(const std::string& dir, Completion& completion) {
  const FileId opened = open_dir(dir);
  if (opened < 0) return runtime_.complete_later(completion, opened);
  start(Kind::sync_dir, opened, 0, nullptr, 0, completion);
  close(opened);  // when the sync has ended
}

void UringDisk::ended(UringOp* op, int32_t result) {
  if (result == -EINTR || result == -EAGAIN) return ring_.push(op);
  if (op->kind == Kind::write_durable && result == -EOPNOTSUPP) {
    // No RWF_DSYNC here: write through the cache, then sync. `pos` stays, so that the sync can tell how much was
    // written.
    op->kind = Kind::write;
    op->dsync_by_hand = true;
    return ring_.push(op);
  }
  if (result > 0 && !op->advance(static_cast<size_t>(result))) return ring_.push(op);
  if (result >= 0 && op->dsync_by_hand && op->kind == Kind::write) {
    op->kind = Kind::sync;
    return ring_.push(op);
  }
  Completion* completion = op->completion;
  const FileId file = op->id;
  const int32_t total = op->total;
  ring_.recycle(op);
  end_operation(file);
  completion->done(*completion, result < 0 ? result : total);
}

}  // namespace weir::io
