#include "broker/api/dispatch.h"

#include <algorithm>
#include <unordered_map>

#include "base/util/diag.h"
#include "base/wire/apis.h"
#include "broker/api/handlers.h"
#include "replication/call.h"

namespace weir::broker {
namespace {

// What the arrays of one request may take in memory. Names of 100,000 topics take 6 MiB, as many partitions to fetch 9.
constexpr size_t kDecodedMax = 24 << 20;

using Run = void (*)(const ApiRequest&, const Buffer& body, std::shared_ptr<ReplyTicket>);

template <class Request, class Response, void (*Handle)(const ApiRequest&, Request, Reply<Response>)>
void run(const ApiRequest& request, const Buffer& body, std::shared_ptr<ReplyTicket> ticket) {
  auto message = wire::decode<Request>(body, request.version(), kDecodedMax);
  if (!message) {
    WEIR_WARN("closing {}: {} v{} cannot be read: {}", request.connection->peer().to_string(),
              wire::find_api(Request::kApiKey)->name, request.version(), message.error().message());
    return ticket->close_connection("malformed request");
  }
  int16_t version = request.version();
  int32_t correlation = request.header.correlation_id;
  Handle(request, std::move(*message), [ticket = std::move(ticket), version, correlation](Response response) {
    ticket->reply(wire::encode_response(response, version, correlation));
  });
}

/// Produce may have no answer (acks=0): an empty optional then; an error at acks=0 closes the connection.
void run_produce(const ApiRequest& request, const Buffer& body, std::shared_ptr<ReplyTicket> ticket) {
  auto message = wire::decode<wire::ProduceRequest>(body, request.version(), kDecodedMax);
  if (!message) {
    WEIR_WARN("closing {}: Produce v{} cannot be read: {}", request.connection->peer().to_string(), request.version(),
              message.error().message());
    return ticket->close_connection("malformed request");
  }
  int16_t version = request.version();
  int32_t correlation = request.header.correlation_id;
  bool wants_answer = message->acks != 0;
  handle_produce(request, std::move(*message),
                 [ticket = std::move(ticket), version, correlation, wants_answer](wire::ProduceResponse response) {
                   if (wants_answer) return ticket->reply(wire::encode_response(response, version, correlation));
                   for (const auto& topic : response.responses) {
                     for (const auto& partition : topic.partition_responses) {
                       if (partition.error_code != 0) return ticket->close_connection("acks=0 produce failed");
                     }
                   }
                   ticket->skip();
                 });
}

struct Served {
  Run run;
  ServedRange range;
  bool controllers_only = false;
};

const std::unordered_map<int16_t, Served>& table() {
  static const std::unordered_map<int16_t, Served> handlers = [] {
    std::unordered_map<int16_t, Served> t;
#define HANDLER(Name, snake)                                                         \
  {                                                                                  \
    const wire::ApiRow* row = wire::find_api(wire::Name##Request::kApiKey);          \
    t[row->key] = {&run<wire::Name##Request, wire::Name##Response, &handle_##snake>, \
                   {row->min, row->max},                                             \
                   !(row->flags & (wire::kOnBroker | wire::kHidden))};               \
  }
#include "broker/api/handlers.def"
    // Produce is advertised from 0 for librdkafka's sake (KAFKA-18659) and served from 3.
    t[wire::ProduceRequest::kApiKey] = {&run_produce,
                                        {wire::ProduceRequest::kMinVersion, wire::ProduceRequest::kMaxVersion}};
    return t;
  }();
  return handlers;
}

/// KIP-511: a client newer than we are learns our range from a version 0 answer, and the connection stays open.
void answer_unsupported_api_versions(const wire::RequestHeader& header, ReplyTicket& ticket) {
  wire::ApiVersionsResponse response;
  response.error_code = static_cast<int16_t>(ErrorCode::unsupported_version);
  ServedRange range = served(wire::ApiVersionsRequest::kApiKey);
  response.api_keys.push_back({wire::ApiVersionsRequest::kApiKey, range.min, range.max});
  ticket.reply(wire::encode_response(response, 0, header.correlation_id));
}

}  // namespace

ServedRange served(int16_t api_key) {
  auto it = table().find(api_key);
  return it == table().end() ? ServedRange{} : it->second.range;
}

void Dispatcher::set_ready() {
  ready_ = true;
  auto held = std::move(held_);
  held_.clear();
  for (Held& h : held) on_frame(std::move(h.frame), std::move(h.ticket));
}

bool Dispatcher::may_run_early(int16_t key) const {
  const wire::ApiRow* row = wire::find_api(key);
  return row && (row->flags & wire::kOnController);
}

void Dispatcher::on_frame(Buffer frame, ReplyTicket ticket) {
  if (!ready_ && !may_run_early(load_be<int16_t>(frame.data()))) {
    // A client that came too early waits for the node instead of learning of a cluster without brokers.
    if (held_.size() >= kHeldMax) return ticket.close_connection("the node is starting");
    held_.push_back({std::move(frame), std::move(ticket)});
    return;
  }
  ++requests_;
  // The key and version stand first whatever the header's version is.
  int16_t key = load_be<int16_t>(frame.data());
  int16_t version = load_be<int16_t>(frame.data() + 2);
  auto it = table().find(key);
  if (key == wire::ApiVersionsRequest::kApiKey && (version < it->second.range.min || version > it->second.range.max)) {
    wire::RequestHeader header{key, version, load_be<int32_t>(frame.data() + 4), std::nullopt};
    return answer_unsupported_api_versions(header, ticket);
  }
  if (it == table().end() || version < it->second.range.min || version > it->second.range.max ||
      (it->second.controllers_only && !node_->takes_controller_apis(ticket.connection().listener()))) {
    ++refused_;
    const wire::ApiRow* row = wire::find_api(key);
    WEIR_WARN("closing {}: {} (key {}) version {} is not served here", ticket.connection().peer().to_string(),
              row ? row->name : "unknown API", key, version);
    return ticket.close_connection("API or version not served");
  }
  auto parsed = wire::parse_request(frame);
  if (!parsed) {
    ++refused_;
    return ticket.close_connection("malformed header");
  }
  ApiRequest request{*node_, std::move(parsed->header), ticket.connection().shared_from_this()};
  request.from_peer = request.header.client_id == replication::kPeerClientId;
  if (request.from_peer)
    request.connection->count_as_peer();
  else if (key == wire::FetchRequest::kApiKey)
    ticket.hold_others();
  it->second.run(request, parsed->body, std::make_shared<ReplyTicket>(std::move(ticket)));
}

void Dispatcher::on_closed(Connection& connection) {
  if (closed) closed(connection);
}

ErrorCode wire_error(ErrorCode code) {
  if (static_cast<int16_t>(code) >= -1) return code;
  switch (code) {
    case ErrorCode::io_error:
    case ErrorCode::no_space:
      return ErrorCode::kafka_storage_error;
    case ErrorCode::truncated:
    case ErrorCode::malformed:
    case ErrorCode::invalid_argument:
      return ErrorCode::invalid_request;
    case ErrorCode::cancelled:
    case ErrorCode::closed:
    case ErrorCode::connection_failed:
      return ErrorCode::request_timed_out;
    case ErrorCode::not_found:
      return ErrorCode::unknown_topic_or_partition;
    default:
      return ErrorCode::unknown_server_error;
  }
}

bool is_internal_topic(const std::string& name) {
  return name == "__consumer_offsets" || name == "__transaction_state" || name == "__share_group_state";
}

std::optional<io::Endpoint> endpoint_for(const ApiRequest& request, BrokerId id) {
  const replication::BrokerImage* broker = request.image().broker(id);
  if (!broker || broker->fenced || broker->listeners.empty()) return std::nullopt;
  const replication::ListenerImage* found = nullptr;
  for (const auto& l : broker->listeners) {
    if (l.name == request.connection->listener()) found = &l;
  }
  if (!found) found = &broker->listeners.front();
  io::Endpoint e = found->endpoint;
  const auto& dialled = request.node.dialled_listeners;
  const bool host_unknown = std::find(dialled.begin(), dialled.end(), found->name) != dialled.end();
  if (id == request.node.node_id() && host_unknown) e.host = request.connection->local().host;
  return e;
}

}  // namespace weir::broker
