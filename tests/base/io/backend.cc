#include "tests/base/io/backend.h"

#include <stdlib.h>

#include "base/io/posix/posix_runtime.h"
#include "base/io/uring/uring_runtime.h"
#include "tests/sim/sim_runtime.h"

namespace weir::io {
namespace {

class SimBackend final : public Backend {
 public:
  Runtime& runtime() override { return world_->runtime(); }
  bool run_until(const std::function<bool()>& pred) override { return world_->run_until(pred); }
  std::string dir() override { return "/tmp"; }

 private:
  std::unique_ptr<sim::SimWorld> world_ = sim::SimWorld::single();
};

class ThreadBackend final : public Backend {
 public:
  explicit ThreadBackend(std::unique_ptr<ThreadRuntime> runtime) : runtime_(std::move(runtime)) {
    char path[] = "/var/tmp/weir_io_XXXXXX";  // not /tmp: a tmpfs there would refuse O_DIRECT
    dir_ = ::mkdtemp(path);
  }
  ~ThreadBackend() override {
    Status removed = runtime_->disk().remove_tree(dir_);
    EXPECT_TRUE(removed.ok());
  }
  Runtime& runtime() override { return *runtime_; }
  bool run_until(const std::function<bool()>& pred) override {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!pred()) {
      if (std::chrono::steady_clock::now() > end) return false;
      runtime_->turn(100ms);
    }
    return true;
  }
  std::string dir() override { return dir_; }

 private:
  std::unique_ptr<ThreadRuntime> runtime_;
  std::string dir_;
};

}  // namespace

std::unique_ptr<Backend> make_backend(const std::string& name) {
  if (name == "sim") return std::make_unique<SimBackend>();
  if (name == "posix") return std::make_unique<ThreadBackend>(make_posix_runtime().value());
  if (name == "io_uring") {
    auto uring = make_uring_runtime();
    if (uring.ok()) return std::make_unique<ThreadBackend>(std::move(uring).value());
    EXPECT_TRUE(uring.code() == ErrorCode::permission_denied || uring.code() == ErrorCode::unsupported)
        << uring.error().message();
  }
  return nullptr;
}

}  // namespace weir::io
