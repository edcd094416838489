#pragma once
#include "broker/api/api.h"

namespace weir::broker {

/// Takes frames of all connections to the handlers of broker/api. An unknown API or version closes the connection, as
/// Kafka does; only ApiVersions is answered in its version 0 (KIP-511). So does an API of controllers (apis.def:
/// without kOnBroker) on a listener that is not theirs (Services::controller_listeners).
class Dispatcher : public FrameHandler {
 public:
  /// Once the node is put together, before the runtime turns.
  void attach(Services& node) { node_ = &node; }
  void on_frame(Buffer frame, ReplyTicket ticket) override;
  void on_closed(Connection& connection) override;
  /// Called when a connection is gone (the listener forgets it).
  std::function<void(Connection&)> closed;

  /// From now on clients are served; what came before this is taken up.
  void set_ready();

  uint64_t requests() const { return requests_; }
  uint64_t refused() const { return refused_; }

 private:
  static constexpr size_t kHeldMax = 1000;
  struct Held {
    Buffer frame;
    ReplyTicket ticket;
  };
  bool may_run_early(int16_t key) const;

  Services* node_ = nullptr;
  bool ready_ = false;
  std::vector<Held> held_;
  uint64_t requests_ = 0, refused_ = 0;
};

/// Version range served for an API key; {0, -1} when it is not served.
struct ServedRange {
  int16_t min = 0, max = -1;
};
ServedRange served(int16_t api_key);

}  // namespace weir::broker
