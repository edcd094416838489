#include "base/io/uring/ring.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/util/check.h"

namespace weir::io {

namespace {
constexpr size_t kMaxIov = 1024;
}

bool UringOp::advance(size_t n) {
  total += static_cast<int32_t>(n);
  while (at < slices.size()) {
    iovec& slice = slices[at];
    const size_t part = std::min(n, slice.iov_len);
    slice.iov_base = static_cast<uint8_t*>(slice.iov_base) + part;
    slice.iov_len -= part;
    n -= part;
    if (slice.iov_len > 0) return false;
    ++at;
  }
  return true;
}

Result<std::unique_ptr<Ring>> Ring::create() {
  std::unique_ptr<Ring> ring(new Ring);
  io_uring_params params{};
  params.flags = IORING_SETUP_R_DISABLED | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
                 IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE;
  params.cq_entries = kCompletions;
  const int error = -io_uring_queue_init_params(kEntries, &ring->ring_, &params);
  if (error == 0) return ring;
  ring->ring_.ring_fd = -1;
  switch (error) {
    case EPERM:
    case EACCES:
      return Error(ErrorCode::permission_denied, "io_uring",
                   "io_uring_setup refused: EPERM (container seccomp or kernel.io_uring_disabled?)");
    case ENOSYS:
      return Error(ErrorCode::unsupported, "io_uring",
                   "io_uring_setup refused: ENOSYS (kernel or sandbox without io_uring)");
    case EINVAL:
      return Error(ErrorCode::unsupported, "io_uring", "io_uring_setup refused: EINVAL (needs kernel 6.1 or later)");
    default:
      return Error(ErrorCode::limit_reached, "io_uring", std::string("io_uring_setup failed: ") + std::strerror(error));
  }
}

Ring::~Ring() {
  if (ring_.ring_fd < 0) return;
  // The kernel may still write into buffers of requests in flight. If the thread that issued them is gone, so are they;
  // if it is this one, end them here.
  if (enabled_ && owner_ == static_cast<int>(::syscall(SYS_gettid)) && in_flight_ > 0) {
    hand_over();
    io_uring_sqe* sqe = next_entry();
    io_uring_prep_cancel64(sqe, 0, IORING_ASYNC_CANCEL_ANY | IORING_ASYNC_CANCEL_ALL);
    sqe->user_data = kIgnore;
    for (int rounds = 0; in_flight_ > 0 && rounds < 100; ++rounds) {
      io_uring_cqe* first;
      __kernel_timespec ts{0, 50'000'000};
      io_uring_submit_and_wait_timeout(&ring_, &first, 1, &ts, nullptr);
      dispatch([](UringOp*, int32_t, unsigned) {});
    }
  }
  io_uring_queue_exit(&ring_);
}

UringOp* Ring::take() {
  if (spare_.empty()) {
    all_.push_back(std::make_unique<UringOp>());
    return all_.back().get();
  }
  UringOp* op = spare_.back();
  spare_.pop_back();
  return op;
}

void Ring::recycle(UringOp* op) {
  std::vector<iovec> slices = std::move(op->slices);
  slices.clear();
  *op = UringOp{};
  op->slices = std::move(slices);
  spare_.push_back(op);
}

void Ring::push(UringOp* op) {
  op->queued = true;
  queue_.push_back(op);
}

void Ring::cancel(UringOp* op) {
  if (op->queued) {
    op->dropped = true;
    return;
  }
  UringOp* cancel = take();
  cancel->kind = UringOp::Kind::cancel;
  cancel->target = op;
  push(cancel);
}

void Ring::push_wakeup_of(int ring_fd) { wakeups_.push_back(ring_fd); }

void Ring::enable() {
  const int error = io_uring_register(static_cast<unsigned>(ring_.ring_fd), IORING_REGISTER_ENABLE_RINGS, nullptr, 0);
  CHECK(error >= 0, "the ring cannot be enabled", -error);
  enabled_ = true;
  owner_ = static_cast<int>(::syscall(SYS_gettid));
}

io_uring_sqe* Ring::next_entry() {
  io_uring_sqe* sqe = io_uring_get_sqe(&ring_);
  if (!sqe) {
    const int error = io_uring_submit(&ring_);
    CHECK(error >= 0 || error == -EBUSY || error == -EAGAIN || error == -EINTR, "io_uring_submit failed", -error);
    sqe = io_uring_get_sqe(&ring_);
    if (!sqe) {  // the completion side is full: take what is deferred in, then there is room
      io_uring_submit_and_get_events(&ring_);
      sqe = io_uring_get_sqe(&ring_);
    }
    CHECK(sqe, "the submission queue stays full");
  }
  return sqe;
}

void Ring::prepare(io_uring_sqe* sqe, UringOp& op) {
  using Kind = UringOp::Kind;
  switch (op.kind) {
    case Kind::read:
      io_uring_prep_read(sqe, op.fd, op.slices[op.at].iov_base, static_cast<unsigned>(op.slices[op.at].iov_len),
                         op.pos + static_cast<FilePos>(op.total));
      break;
    case Kind::write:
    case Kind::write_durable: {
      const size_t count = op.slices.size() - op.at;
      const FilePos pos = op.pos + static_cast<FilePos>(op.total);
      if (count == 1)
        io_uring_prep_write(sqe, op.fd, op.slices[op.at].iov_base, static_cast<unsigned>(op.slices[op.at].iov_len),
                            pos);
      else
        io_uring_prep_writev(sqe, op.fd, &op.slices[op.at], static_cast<unsigned>(std::min(count, kMaxIov)), pos);
      if (op.kind == Kind::write_durable) sqe->rw_flags = RWF_DSYNC;
      break;
    }
    case Kind::sync:
      io_uring_prep_fsync(sqe, op.fd, IORING_FSYNC_DATASYNC);
      break;
    case Kind::sync_dir:
      io_uring_prep_fsync(sqe, op.fd, 0);  // a name is no data
      break;
    case Kind::recv:
      io_uring_prep_recv(sqe, op.fd, op.slices[0].iov_base, op.slices[0].iov_len, 0);
      if (op.poll_first) sqe->ioprio |= IORING_RECVSEND_POLL_FIRST;
      break;
    case Kind::send: {
      const size_t count = std::min(op.slices.size() - op.at, kMaxIov);
      if (count == 1) {
        io_uring_prep_send(sqe, op.fd, op.slices[op.at].iov_base, op.slices[op.at].iov_len, MSG_NOSIGNAL | MSG_WAITALL);
        break;
      }
      op.message = {};
      op.message.msg_iov = &op.slices[op.at];
      op.message.msg_iovlen = count;
      io_uring_prep_sendmsg(sqe, op.fd, &op.message, MSG_NOSIGNAL | MSG_WAITALL);
      break;
    }
    case Kind::accept:
      io_uring_prep_multishot_accept(sqe, op.fd, nullptr, nullptr, SOCK_CLOEXEC);
      break;
    case Kind::connect:
      io_uring_prep_connect(sqe, op.fd, static_cast<const sockaddr*>(op.target), op.target_size);
      break;
    case Kind::wakeup:
      io_uring_prep_read(sqe, op.fd, op.slices[0].iov_base, sizeof(uint64_t), 0);
      break;
    case Kind::cancel:
      io_uring_prep_cancel64(sqe, reinterpret_cast<uint64_t>(op.target), 0);
      break;
  }
  sqe->user_data = reinterpret_cast<uint64_t>(&op);
}

void Ring::hand_over() {
  for (UringOp* op : queue_) {
    op->queued = false;
    if (op->dropped) {
      local_.push_back({op, -ECANCELED});
      continue;
    }
    prepare(next_entry(), *op);
    ++in_flight_;
  }
  queue_.clear();
  for (int fd : wakeups_) {
    io_uring_sqe* sqe = next_entry();
    io_uring_prep_msg_ring(sqe, fd, 0, kIgnore, 0);
    sqe->user_data = kIgnore;
    sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
  }
  wakeups_.clear();
}

void Ring::wait(Duration timeout) {
  if (!enabled_) enable();
  hand_over();
  if (timeout.count() <= 0 || !local_.empty() || io_uring_cq_ready(&ring_) > 0) {
    const unsigned flags = __atomic_load_n(ring_.sq.kflags, __ATOMIC_RELAXED);
    if (io_uring_sq_ready(&ring_) > 0 || (flags & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)))
      io_uring_submit_and_get_events(&ring_);
    return;
  }
  const int64_t ns = timeout.count();
  __kernel_timespec ts{ns / 1'000'000'000, ns % 1'000'000'000};
  io_uring_cqe* first = nullptr;
  const int error = -io_uring_submit_and_wait_timeout(&ring_, &first, 1, &ts, nullptr);
  CHECK(error <= 0 || error == ETIME || error == EINTR || error == EBUSY || error == EAGAIN, "io_uring_enter failed",
        error);
}

}  // namespace weir::io
