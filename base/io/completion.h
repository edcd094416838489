#pragma once
#include <cstdint>

namespace weir::io {

/// The end of one asynchronous operation. Embedded in its owner, never allocated; the owner and the operation's buffers
/// outlive the operation. `result` is a count of bytes (or a handle), or a negative errno. Called on the runtime's own
/// thread, never from inside the call that started the operation.
struct Completion {
  void (*done)(Completion& self, int32_t result) noexcept = nullptr;
  Completion* next = nullptr;
};

}  // namespace weir::io
