#pragma once
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "base/io/runtime.h"

namespace weir::io {

/// A runtime under test and the way to let it run: the same tests pass on all three.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual Runtime& runtime() = 0;
  /// Turns until `pred`; false when it takes longer than any test may.
  virtual bool run_until(const std::function<bool()>& pred) = 0;
  /// An empty directory of this test's own.
  virtual std::string dir() = 0;
};

/// "sim", "posix", "io_uring"; null when the kernel refuses it.
std::unique_ptr<Backend> make_backend(const std::string& name);

/// A Completion that remembers.
struct Op : Completion {
  Op() {
    done = [](Completion& c, int32_t r) noexcept {
      Op& self = static_cast<Op&>(c);
      self.result = r;
      ++self.times;
      if (self.then) self.then(r);
    };
  }
  int32_t result = 0;
  int times = 0;
  std::function<void(int32_t)> then;
};

class OnEveryBackend : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    backend_ = make_backend(GetParam());
    if (!backend_) GTEST_SKIP() << GetParam() << " is refused by this kernel";
  }
  Runtime& rt() { return backend_->runtime(); }
  Disk& disk() { return rt().disk(); }
  Net& net() { return rt().net(); }
  std::string dir() { return backend_->dir(); }
  bool run_until(const std::function<bool()>& pred) { return backend_->run_until(pred); }
  /// Waits for the end of one operation.
  int32_t result_of(Op& op) {
    EXPECT_TRUE(run_until([&] { return op.times > 0; }));
    return op.result;
  }
  std::unique_ptr<Backend> backend_;
};

#define ON_EVERY_BACKEND(suite)                                                       \
  INSTANTIATE_TEST_SUITE_P(All, suite, ::testing::Values("sim", "posix", "io_uring"), \
                           [](const auto& info) { return info.param; })

}  // namespace weir::io
