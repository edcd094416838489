#pragma once
#include <liburing.h>
#include <sys/uio.h>

#include <memory>
#include <string>
#include <vector>

#include "base/io/completion.h"
#include "base/util/result.h"
#include "base/util/types.h"

namespace weir::io {

/// One request to the kernel, from push() until its last completion; `user_data` of its entries. Recycled, never freed
/// in between.
struct UringOp {
  enum class Kind : uint8_t { read, write, write_durable, sync, sync_dir, recv, send, accept, connect, wakeup, cancel };
  Kind kind = Kind::read;
  bool queued = false;         // pushed, not yet seen by the kernel
  bool dropped = false;        // cancelled while queued
  bool dsync_by_hand = false;  // write_durable where RWF_DSYNC is not known
  bool poll_first = false;     // recv: nothing is there yet, as far as we know
  int fd = -1;
  int32_t id = -1;  // FileId or SocketId
  Completion* completion = nullptr;
  FilePos pos = 0;
  int32_t total = 0;  // moved by earlier, short rounds
  std::vector<iovec> slices;
  size_t at = 0;  // first unfinished slice
  msghdr message{};
  void* target = nullptr;  // connect: the sockaddr; cancel: the UringOp
  uint32_t target_size = 0;

  /// Notes that `n` more bytes are done; true when all are.
  bool advance(size_t n);
};

/// The ring of one thread: requests are collected and handed over in one system call a turn, which also waits. Made on
/// any thread, afterwards used by the one that waits first (IORING_SETUP_SINGLE_ISSUER, R_DISABLED until then).
class Ring {
 public:
  /// Errors: unsupported, permission_denied, limit_reached, with the reason in `detail`.
  static Result<std::unique_ptr<Ring>> create();
  ~Ring();

  UringOp* take();  // a fresh op
  void recycle(UringOp* op);
  void push(UringOp* op);
  /// Ends `op` early: with -ECANCELED if it was not done yet.
  void cancel(UringOp* op);
  /// Tells another ring's waiter to look at its mailbox (IORING_OP_MSG_RING), with the next hand-over.
  void push_wakeup_of(int ring_fd);

  void wait(Duration timeout);
  /// Calls `ended(op, result, cqe_flags)` for every completion that is in, at most some hundreds.
  template <class F>
  void dispatch(F&& ended) {
    std::vector<Local> local;
    local.swap(local_);
    for (const Local& l : local) ended(l.op, l.result, 0u);
    unsigned head, seen = 0;
    io_uring_cqe* cqe;
    io_uring_for_each_cqe(&ring_, head, cqe) {
      if (seen == kMaxPerTurn) break;
      ++seen;
      if (cqe->user_data == kIgnore) continue;
      if (!(cqe->flags & IORING_CQE_F_MORE)) --in_flight_;
      ended(reinterpret_cast<UringOp*>(cqe->user_data), cqe->res, cqe->flags);
    }
    io_uring_cq_advance(&ring_, seen);
  }
  int fd() const { return ring_.ring_fd; }
  size_t in_flight() const { return in_flight_; }

 private:
  static constexpr unsigned kEntries = 256, kCompletions = 4096, kMaxPerTurn = 1024;
  static constexpr uint64_t kIgnore = 0;
  struct Local {
    UringOp* op;
    int32_t result;
  };
  Ring() = default;
  void enable();
  io_uring_sqe* next_entry();
  void hand_over();
  void prepare(io_uring_sqe* sqe, UringOp& op);

  io_uring ring_{};
  bool enabled_ = false;
  int owner_ = 0;  // thread id
  size_t in_flight_ = 0;
  std::vector<UringOp*> queue_;
  std::vector<int> wakeups_;
  std::vector<Local> local_;
  std::vector<std::unique_ptr<UringOp>> all_;
  std::vector<UringOp*> spare_;
};

}  // namespace weir::io
