#pragma once
#include <memory>

#include "base/io/thread_runtime.h"

namespace weir::io {

/// The runtime for every Linux: epoll for sockets, a small pool of threads for files. Errors: limit_reached (no
/// descriptors), io_error.
Result<std::unique_ptr<ThreadRuntime>> make_posix_runtime();

}  // namespace weir::io
