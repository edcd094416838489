#pragma once
#include <functional>

#include "base/util/types.h"
#include "base/util/uuid.h"

namespace weir::replication {

/// What comes with a request beside its body.
struct RequestContext {
  int16_t api_version = 0;
};

/// Gets one response, once, on the shard's thread; from inside the call or later.
template <class Response>
using Reply = std::function<void(Response)>;

struct QuorumOptions {
  Duration fetch_timeout{2'000'000'000};    // controller.quorum.fetch.timeout.ms
  Duration election_timeout{500'000'000};   // controller.quorum.election.timeout.ms; the timer draws from [1, 2) of it
  Duration request_timeout{2'000'000'000};  // controller.quorum.request.timeout.ms
  Duration fetch_wait_max{250'000'000};     // how long the leader parks a fetch that has nothing new
  int32_t fetch_bytes = 8 << 20;            // that a follower asks for at most; one batch comes in any case
};

struct QuorumReplicaView {
  BrokerId id = kNoBroker;
  Uuid directory_id;
  bool voter = false;
  Offset log_end = kNoOffset;  // durable, as the leader knows it; -1: not heard of in this epoch
  Offset lag = 0;
  Duration last_fetch_ago{-1};  // negative: never
  Duration last_caught_up_ago{-1};
};

}  // namespace weir::replication
