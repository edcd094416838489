#pragma once
#include <functional>
#include <memory>
#include <string>

#include "base/wire/frame.h"
#include "broker/net/connection.h"
#include "broker/services.h"

namespace weir::broker {

/// One request on its way: the node's parts, the header and the connection it came on.
struct ApiRequest {
  Services& node;
  wire::RequestHeader header;
  ConnectionPtr connection;
  bool from_peer = false;  // client id of another node: served here or refused, never forwarded

  int16_t version() const { return header.api_version; }
  const replication::MetadataImage& image() const { return node.image(); }
};

template <class Response>
using Reply = std::function<void(Response)>;

/// Every handler: `void handle(const ApiRequest&, wire::XRequest, Reply<wire::XResponse>)`, answers once, now or later.
/// Handlers with further ways out (no answer at all) take the ticket: Produce.
#define WEIR_API(Name, snake) \
  void handle_##snake(const ApiRequest& request, wire::Name##Request body, Reply<wire::Name##Response> reply)

/// What a client sees of an error: Kafka's number, ours mapped.
ErrorCode wire_error(ErrorCode code);
inline int16_t wire_code(ErrorCode code) { return static_cast<int16_t>(wire_error(code)); }

/// Longest wait for the controller on behalf of a client.
inline constexpr Duration kControllerTimeout{30'000'000'000};

bool is_internal_topic(const std::string& name);

/// Name and port a client should use for a broker, seen from the listener it came in on; nullopt: the broker has no
/// such listener or is not alive.
std::optional<io::Endpoint> endpoint_for(const ApiRequest& request, BrokerId broker);

}  // namespace weir::broker
