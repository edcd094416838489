#include "base/io/uring/uring_runtime.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>

#include "base/io/uring/uring_disk.h"
#include "base/io/uring/uring_net.h"

namespace weir::io {

namespace {

class UringRuntime final : public ThreadRuntime {
 public:
  UringRuntime(std::unique_ptr<Ring> ring, int event_fd, UringWakeup wakeup)
      : event_(event_fd), ring_(std::move(ring)), wakeup_(wakeup), disk_(*this, *ring_), net_(*this, *ring_) {
    UringOp* op = ring_->take();
    op->kind = UringOp::Kind::wakeup;
    op->fd = event_.fd;
    op->slices.push_back({&event_count_, sizeof event_count_});
    ring_->push(op);
  }
  Disk& disk() override { return disk_; }
  Net& net() override { return net_; }
  std::string_view backend() const override { return "io_uring"; }

 private:
  void wait(Duration timeout) override { ring_->wait(timeout); }

  void dispatch() override {
    using Kind = UringOp::Kind;
    ring_->dispatch([this](UringOp* op, int32_t result, unsigned flags) {
      switch (op->kind) {
        case Kind::read:
        case Kind::write:
        case Kind::write_durable:
        case Kind::sync:
        case Kind::sync_dir:
          return disk_.ended(op, result);
        case Kind::recv:
        case Kind::send:
        case Kind::accept:
        case Kind::connect:
          return net_.ended(op, result, flags);
        case Kind::wakeup:
          return ring_->push(op);
        case Kind::cancel:
          return ring_->recycle(op);
      }
    });
  }

  void wake() override {
    ThreadRuntime* sender = current();
    if (wakeup_ == UringWakeup::msg_ring && sender && sender->backend() == backend()) {
      static_cast<UringRuntime*>(sender)->ring_->push_wakeup_of(ring_->fd());
      return;
    }
    const uint64_t one = 1;
    [[maybe_unused]] ssize_t n = ::write(event_.fd, &one, sizeof one);
  }

  // The order matters: net_ and disk_ go first (with the name lookups, which may still post), then the ring (which ends
  // what is in flight).
  const OwnedFd event_;
  std::unique_ptr<Ring> ring_;
  const UringWakeup wakeup_;
  uint64_t event_count_ = 0;
  UringDisk disk_;
  UringNet net_;
};

}  // namespace

Result<std::unique_ptr<ThreadRuntime>> make_uring_runtime(UringWakeup wakeup) {
  TRY_ASSIGN(auto ring, Ring::create());
  const int event_fd = ::eventfd(0, EFD_CLOEXEC);
  if (event_fd < 0) return error_of_errno(-errno, "eventfd");
  return std::unique_ptr<ThreadRuntime>(std::make_unique<UringRuntime>(std::move(ring), event_fd, wakeup));
}

}  // namespace weir::io
