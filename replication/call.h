#pragma once
#include <functional>
#include <string>

#include "base/wire/codec.h"
#include "base/wire/frame.h"
#include "replication/transport.h"

namespace weir::replication {

/// The client id of requests between nodes.
inline constexpr const char* kPeerClientId = "__weir_peer";

/// Sends `request` at `version` to `to` and decodes the answer: `call<wire::VoteResponse>(transport, 2, Lane::quorum,
/// request, 2, 1s, done)`. `done` is called once, later. Errors: the transport's; truncated or malformed for an answer
/// that cannot be read. The request is encoded when the transport sends it.
template <class Response, class Request>
void call(Transport& transport, BrokerId to, Lane lane, Request request, int16_t version, Duration timeout,
          std::function<void(Result<Response>)> done) {
  static_assert(Request::kApiKey == Response::kApiKey, "the response belongs to another request");
  transport.send(
      to, lane, Request::kApiKey, version,
      [request = std::move(request), version](int32_t correlation_id) {
        return wire::encode_request(request, version, correlation_id, kPeerClientId);
      },
      timeout,
      [version, done = std::move(done)](Result<Buffer> body) {
        if (!body) return done(body.error());
        done(wire::decode<Response>(*body, version));
      });
}

}  // namespace weir::replication
