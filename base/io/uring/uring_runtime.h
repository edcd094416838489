#pragma once
#include <memory>

#include "base/io/thread_runtime.h"

namespace weir::io {

/// How shards wake each other. Measured in bench/micro/io_bench.cc; the default is the faster one.
enum class UringWakeup { eventfd, msg_ring };

/// The runtime on io_uring (kernel 6.1 or later). Errors as Ring::create().
Result<std::unique_ptr<ThreadRuntime>> make_uring_runtime(UringWakeup wakeup = UringWakeup::eventfd);

}  // namespace weir::io
