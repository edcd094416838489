#include "base/io/posix/posix_runtime.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>

#include "base/io/posix/posix_disk.h"
#include "base/io/posix/posix_net.h"

namespace weir::io {

namespace {

constexpr int kEventsPerTurn = 256;
constexpr uint64_t kWakeup = UINT64_MAX;

class PosixRuntime final : public ThreadRuntime {
 public:
  PosixRuntime(int epoll_fd, int event_fd)
      : epoll_(epoll_fd), event_(event_fd), disk_(*this, [this] { wake(); }), net_(*this, epoll_fd) {}

  Disk& disk() override { return disk_; }
  Net& net() override { return net_; }
  std::string_view backend() const override { return "posix"; }

 private:
  void wait(Duration timeout) override {
    if (net_.has_ended()) timeout = Duration{0};
    // epoll_pwait2 would sleep to the nanosecond, but some sandboxes refuse it; rounded up, so that no timer is met too
    // early.
    const auto ms = static_cast<int>((timeout.count() + 999'999) / 1'000'000);
    const int n = ::epoll_wait(epoll_.fd, events_, kEventsPerTurn, ms);
    event_count_ = n < 0 ? 0 : n;
    for (int i = 0; i < event_count_; ++i) {
      if (events_[i].data.u64 != kWakeup) continue;
      // Before the mailbox is emptied: a wake-up that comes later must end the next wait.
      uint64_t count;
      [[maybe_unused]] ssize_t got = ::read(event_.fd, &count, sizeof count);
    }
  }

  void dispatch() override {
    for (int i = 0; i < event_count_; ++i) {
      const epoll_event& event = events_[i];
      if (event.data.u64 != kWakeup) net_.on_event(static_cast<SocketId>(event.data.u64), event.events);
    }
    event_count_ = 0;
    disk_.dispatch();
    net_.dispatch();
  }

  void wake() override {
    const uint64_t one = 1;
    [[maybe_unused]] ssize_t n = ::write(event_.fd, &one, sizeof one);
  }

  // Before disk_ and net_, whose threads may wake us until they are gone.
  const OwnedFd epoll_;
  const OwnedFd event_;
  epoll_event events_[kEventsPerTurn];
  int event_count_ = 0;
  PosixDisk disk_;
  PosixNet net_;
};

}  // namespace

Result<std::unique_ptr<ThreadRuntime>> make_posix_runtime() {
  const int epoll_fd = ::epoll_create1(EPOLL_CLOEXEC);
  if (epoll_fd < 0) return error_of_errno(-errno, "epoll_create1");
  const int event_fd = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (event_fd < 0) {
    const int error = errno;
    ::close(epoll_fd);
    return error_of_errno(-error, "eventfd");
  }
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = kWakeup;
  if (::epoll_ctl(epoll_fd, EPOLL_CTL_ADD, event_fd, &event) != 0) {
    const int error = errno;
    ::close(epoll_fd);
    ::close(event_fd);
    return error_of_errno(-error, "epoll_ctl");
  }
  return std::unique_ptr<ThreadRuntime>(std::make_unique<PosixRuntime>(epoll_fd, event_fd));
}

}  // namespace weir::io
