#pragma once
#include <memory>
#include <string>

#include "base/io/runtime.h"

namespace weir::io {

/// The config key weir.io.
enum class IoChoice { auto_, io_uring, posix };

/// Probes once and gives the best runtime that works (auto_), or the wanted one. `why` becomes the line for the log:
/// "io_uring (kernel 6.18)", "posix: io_uring_setup refused: EPERM (…)". For more shards of one process pass what
/// runtime_choice() says of the first. Errors: those of the wanted backend.
Result<std::unique_ptr<Runtime>> make_runtime(IoChoice choice, std::string& why);
IoChoice runtime_choice(const Runtime& runtime);

}  // namespace weir::io
