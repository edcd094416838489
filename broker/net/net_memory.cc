#include "broker/net/net_memory.h"

#include <vector>

#include "base/util/check.h"
#include "base/util/diag.h"
#include "broker/net/connection.h"

namespace weir::broker {

void SharedBytes::give(size_t bytes) {
  CHECK(used_ >= bytes, "more memory given back than taken", used_, bytes);
  const bool was_full = full();
  used_ -= bytes;
  if (was_full && !full() && on_room) on_room();
}

void RequestMemory::arrived(Connection& connection, size_t more) {
  if (std::find(growing_.begin(), growing_.end(), &connection) == growing_.end()) growing_.push_back(&connection);
  unfinished_ += more;
  bytes.take(more);
  if (unfinished_ <= bytes.limit()) return;
  // Who began first and is still not done is the slowest.
  Connection& slowest = *growing_.front();
  WEIR_WARN(
      "closing {}: its request of which {} bytes came is the slowest of all that hold {} bytes "
      "(weir.request.memory.bytes)",
      slowest.peer().to_string(), slowest.unfinished_bytes(), bytes.limit());
  slowest.close("too many unfinished requests: the slowest is dropped");
}

void RequestMemory::whole(Connection& connection, size_t unfinished) {
  CHECK(unfinished_ >= unfinished, "more request memory given back than taken", unfinished_, unfinished);
  unfinished_ -= unfinished;
  bytes.give(unfinished);
  std::erase(growing_, &connection);
}

void AnswerMemory::close_stalled(MonoTime now) {
  while (bytes.nearly_full() && !owing.empty()) {
    Connection* oldest = *std::min_element(owing.begin(), owing.end(), [](const Connection* a, const Connection* b) {
      return a->last_taken() < b->last_taken();
    });
    const Duration stalled = now - oldest->last_taken();
    if (stalled < (bytes.used() / 2 >= bytes.limit() ? kStalledAfterInEmergency : kStalledAfter)) return;
    WEIR_WARN(
        "closing {}: it took nothing of {} bytes of answers for {} s, and all clients together hold {} of {} "
        "bytes (weir.answer.memory.bytes)",
        oldest->peer().to_string(), oldest->held_bytes(),
        std::chrono::duration_cast<std::chrono::seconds>(stalled).count(), bytes.used(), bytes.limit());
    oldest->close("answers not taken");
  }
}

}  // namespace weir::broker
