#include <algorithm>

#include "broker/api/handlers.h"

/// Requests that only the active controller decides: from clients they are taken to it wherever it is (any broker will
/// do); from other nodes they are served here or refused, so that none travels in circles.
namespace weir::broker {
namespace {

template <class Response>
void set_error(Response& response, ErrorCode code) {
  if constexpr (requires { response.error_code; }) response.error_code = wire_code(code);
}

/// A request without a top-level error code gets one per item.
wire::CreateTopicsResponse refusal(const wire::CreateTopicsRequest& r, ErrorCode code) {
  wire::CreateTopicsResponse out;
  for (const auto& t : r.topics) {
    auto& topic = out.topics.emplace_back();
    topic.name = t.name;
    topic.error_code = wire_code(code);
    topic.error_message = std::string(error_phrase(code));
  }
  return out;
}
wire::DeleteTopicsResponse refusal(const wire::DeleteTopicsRequest& r, ErrorCode code) {
  wire::DeleteTopicsResponse out;
  auto add = [&](std::optional<std::string> name, Uuid id) {
    auto& topic = out.responses.emplace_back();
    topic.name = std::move(name);
    topic.topic_id = id;
    topic.error_code = wire_code(code);
  };
  for (const auto& t : r.topics) add(t.name, t.topic_id);
  for (const auto& name : r.topic_names) add(name, {});
  return out;
}
wire::CreatePartitionsResponse refusal(const wire::CreatePartitionsRequest& r, ErrorCode code) {
  wire::CreatePartitionsResponse out;
  for (const auto& t : r.topics) {
    auto& topic = out.results.emplace_back();
    topic.name = t.name;
    topic.error_code = wire_code(code);
  }
  return out;
}
template <class Response, class Request>
Response refuse_resources(const Request& r, ErrorCode code) {
  Response out;
  for (const auto& resource : r.resources) {
    auto& one = out.responses.emplace_back();
    one.resource_type = resource.resource_type;
    one.resource_name = resource.resource_name;
    one.error_code = wire_code(code);
    one.error_message = std::string(error_phrase(code));
  }
  return out;
}
wire::IncrementalAlterConfigsResponse refusal(const wire::IncrementalAlterConfigsRequest& r, ErrorCode code) {
  return refuse_resources<wire::IncrementalAlterConfigsResponse>(r, code);
}
wire::AlterConfigsResponse refusal(const wire::AlterConfigsRequest& r, ErrorCode code) {
  return refuse_resources<wire::AlterConfigsResponse>(r, code);
}
wire::ElectLeadersResponse refusal(const wire::ElectLeadersRequest&, ErrorCode code) {
  wire::ElectLeadersResponse out;
  set_error(out, code);
  return out;
}
wire::UpdateFeaturesResponse refusal(const wire::UpdateFeaturesRequest&, ErrorCode code) {
  wire::UpdateFeaturesResponse out;
  set_error(out, code);
  return out;
}
wire::UnregisterBrokerResponse refusal(const wire::UnregisterBrokerRequest&, ErrorCode code) {
  wire::UnregisterBrokerResponse out;
  set_error(out, code);
  return out;
}
wire::DescribeQuorumResponse refusal(const wire::DescribeQuorumRequest&, ErrorCode code) {
  wire::DescribeQuorumResponse out;
  set_error(out, code);
  return out;
}

template <class Request, class Response>
void forward(const ApiRequest& request, Request body, Reply<Response> reply) {
  if (request.from_peer) return request.node.quorum.handle(body, {request.version()}, std::move(reply));
  request.node.quorum.call(body, request.version(), kControllerTimeout,
                           [body, reply = std::move(reply)](Result<Response> response) {
                             reply(response ? std::move(*response) : refusal(body, response.code()));
                           });
}

template <class Request, class Response>
void serve(const ApiRequest& request, const Request& body, Reply<Response> reply) {
  request.node.quorum.handle(body, {request.version()}, std::move(reply));
}

/// The answer leaves once this node's own metadata shows the topics, so that the same client's next request finds them.
void when_visible(const ApiRequest& request, wire::CreateTopicsResponse response,
                  Reply<wire::CreateTopicsResponse> reply) {
  std::vector<std::string> made;
  for (const auto& t : response.topics) {
    if (t.error_code == 0) made.push_back(t.name);
  }
  auto shared = std::make_shared<wire::CreateTopicsResponse>(std::move(response));
  request.node.metadata_waiter.wait(
      request.node.replicas.image(),
      [made](const replication::MetadataImage& image) {
        return std::all_of(made.begin(), made.end(),
                           [&](const std::string& name) { return image.topic(name) != nullptr; });
      },
      std::chrono::seconds(2), [shared, reply = std::move(reply)](bool) { reply(std::move(*shared)); });
}

}  // namespace

WEIR_API(CreateTopics, create_topics) {
  if (request.from_peer || body.validate_only) return forward(request, std::move(body), std::move(reply));
  forward<wire::CreateTopicsRequest, wire::CreateTopicsResponse>(
      request, std::move(body), [request, reply = std::move(reply)](wire::CreateTopicsResponse response) mutable {
        when_visible(request, std::move(response), std::move(reply));
      });
}
WEIR_API(DeleteTopics, delete_topics) { forward(request, std::move(body), std::move(reply)); }
WEIR_API(CreatePartitions, create_partitions) { forward(request, std::move(body), std::move(reply)); }
WEIR_API(IncrementalAlterConfigs, incremental_alter_configs) { forward(request, std::move(body), std::move(reply)); }
WEIR_API(AlterConfigs, alter_configs) { forward(request, std::move(body), std::move(reply)); }
WEIR_API(ElectLeaders, elect_leaders) { forward(request, std::move(body), std::move(reply)); }
WEIR_API(UpdateFeatures, update_features) { forward(request, std::move(body), std::move(reply)); }
WEIR_API(UnregisterBroker, unregister_broker) { forward(request, std::move(body), std::move(reply)); }
WEIR_API(DescribeQuorum, describe_quorum) { forward(request, std::move(body), std::move(reply)); }

WEIR_API(Vote, vote) { serve(request, body, std::move(reply)); }
WEIR_API(BeginQuorumEpoch, begin_quorum_epoch) { serve(request, body, std::move(reply)); }
WEIR_API(EndQuorumEpoch, end_quorum_epoch) { serve(request, body, std::move(reply)); }
WEIR_API(AlterPartition, alter_partition) { serve(request, body, std::move(reply)); }
WEIR_API(BrokerRegistration, broker_registration) { serve(request, body, std::move(reply)); }
WEIR_API(BrokerHeartbeat, broker_heartbeat) { serve(request, body, std::move(reply)); }
WEIR_API(AllocateProducerIds, allocate_producer_ids) { serve(request, body, std::move(reply)); }

}  // namespace weir::broker
