#pragma once
#include <cstdint>
#include <functional>

#include "base/io/net.h"
#include "base/util/buffer.h"
#include "base/util/result.h"
#include "base/util/types.h"

namespace weir::replication {

/// Requests to other nodes, on shard 0's thread. Implemented over base/io/net in broker/net/peer_client. One connection
/// per (node, lane), kept open, re-made with back-off on use; requests on a lane are answered in order, so long polls
/// and quick calls use different lanes. quorum: votes; quorum_fetch: the long poll of the metadata log, which must not
/// hold a vote back.
enum class Lane : uint8_t { quorum, controller, fetch, probe, quorum_fetch, read, append, view };
inline constexpr int kLaneCount = 8;

class Transport {
 public:
  virtual ~Transport() = default;
  /// Where a node listens for its peers. Set from the voters' config and from broker registrations.
  virtual void set_endpoint(BrokerId node, const io::Endpoint& endpoint) = 0;
  /// Sends a whole request frame made by `encode(correlation_id)` (wire::encode_request). `done` gets the response's
  /// body behind its header, once, later: or connection_failed / request_timed_out / cancelled.
  virtual void send(BrokerId to, Lane lane, int16_t api_key, int16_t version,
                    std::function<BufferChain(int32_t correlation_id)> encode, Duration timeout,
                    std::function<void(Result<Buffer>)> done) = 0;
  /// Hears when an established connection to a node breaks (its process died, or the link): a hint for failure
  /// detection, at once.
  virtual void on_disconnect(std::function<void(BrokerId)> heard) = 0;
  /// Whether a TCP connection to the node is refused: the machine is up and the process is gone. A fresh attempt with a
  /// short timeout.
  virtual void probe(BrokerId node, Duration timeout, std::function<void(bool reachable)> done) = 0;
};

}  // namespace weir::replication
