#include <algorithm>

#include "broker/api/handlers.h"
#include "broker/group/group_coordinator.h"
#include "broker/topic_creator.h"

namespace weir::broker {
namespace {

MemberContext context_of(const ApiRequest& request) {
  return {request.version(), request.header.client_id.value_or(""), "/" + request.connection->peer().host};
}

constexpr int8_t kGroupKey = 0, kTransactionKey = 1;

using Coordinator = wire::FindCoordinatorResponse::Coordinator;

Coordinator find_group(const ApiRequest& request, const std::string& group) {
  Coordinator out;
  out.key = group;
  out.node_id = -1;
  out.port = -1;
  auto fail = [&](ErrorCode code) {
    out.error_code = wire_code(code);
    out.error_message = std::string(error_phrase(code));
    return out;
  };
  const auto* topic = request.image().topic(kOffsetsTopic);
  if (!topic) return fail(ErrorCode::coordinator_not_available);
  const auto& p = topic->partitions[static_cast<size_t>(partition_of_group(group, topic->partitions.size()))];
  auto endpoint = p.leader == kNoBroker ? std::nullopt : endpoint_for(request, p.leader);
  if (!endpoint) return fail(ErrorCode::coordinator_not_available);
  out.node_id = p.leader;
  out.host = endpoint->host;
  out.port = endpoint->port;
  out.error_message = std::nullopt;
  return out;
}

constexpr Duration kImageLag{500'000'000};

/// Runs `serve` once this node knows of the offsets topic. The node that made it may name its coordinator a moment
/// before the coordinator has heard of it; a client that gets NOT_COORDINATOR then waits for seconds before it tries
/// again (librdkafka: 3 s).
template <class Serve>
void with_offsets_topic(const ApiRequest& request, Serve serve) {
  if (request.image().topic(kOffsetsTopic)) return serve();
  request.node.metadata_waiter.wait(
      request.node.replicas.image(),
      [](const replication::MetadataImage& image) { return image.topic(kOffsetsTopic) != nullptr; }, kImageLag,
      [serve = std::move(serve)](bool) mutable { serve(); });
}

}  // namespace

WEIR_API(FindCoordinator, find_coordinator) {
  bool batched = request.version() >= 4;
  std::vector<std::string> keys = batched ? body.coordinator_keys : std::vector<std::string>{body.key};
  auto answer = [request, keys, batched, type = body.key_type, reply = std::move(reply)](ErrorCode code) {
    wire::FindCoordinatorResponse response;
    response.node_id = response.port = -1;
    std::vector<Coordinator> found;
    for (const std::string& key : keys) {
      if (type == kGroupKey && code == ErrorCode::none) {
        found.push_back(find_group(request, key));
        continue;
      }
      Coordinator c;
      c.key = key;
      c.node_id = c.port = -1;
      ErrorCode why = type == kGroupKey         ? ErrorCode::coordinator_not_available
                      : type == kTransactionKey ? ErrorCode::transactional_id_authorization_failed
                                                : ErrorCode::invalid_request;
      c.error_code = wire_code(why);
      c.error_message = type == kTransactionKey ? "transactions are not served by this version"
                                                : std::string(error_phrase(why));
      found.push_back(std::move(c));
    }
    if (batched) {
      response.coordinators = std::move(found);
      for (auto& c : response.coordinators) {
        if (!c.error_message) c.error_message = "";
      }
    } else {
      response.error_code = found[0].error_code;
      response.error_message = found[0].error_message;
      response.node_id = found[0].node_id;
      response.host = found[0].host;
      response.port = found[0].port;
    }
    reply(std::move(response));
  };
  // The first to ask for a coordinator makes the topic, and gets an answer that can be used at once.
  if (body.key_type == kGroupKey)
    request.node.topics.ensure(kOffsetsTopic, std::move(answer));
  else
    answer(ErrorCode::none);
}

WEIR_API(JoinGroup, join_group) {
  with_offsets_topic(request, [request, body = std::move(body), reply = std::move(reply)] {
    request.node.groups.join(body, context_of(request),
                             [version = request.version(), reply](wire::JoinGroupResponse r) {
                               if (version < 7 && !r.protocol_name) r.protocol_name = "";
                               reply(std::move(r));
                             });
  });
}
WEIR_API(SyncGroup, sync_group) { request.node.groups.sync(body, std::move(reply)); }
WEIR_API(Heartbeat, heartbeat) {
  wire::HeartbeatResponse response;
  response.error_code = wire_code(request.node.groups.heartbeat(body));
  reply(std::move(response));
}
WEIR_API(LeaveGroup, leave_group) { reply(request.node.groups.leave(body, request.version())); }
WEIR_API(OffsetCommit, offset_commit) {
  with_offsets_topic(request, [request, body = std::move(body), reply = std::move(reply)] {
    request.node.groups.commit(body, request.version(), reply);
  });
}
WEIR_API(OffsetFetch, offset_fetch) {
  with_offsets_topic(request, [request, body = std::move(body), reply = std::move(reply)] {
    request.node.groups.fetch(body, request.version(), reply);
  });
}
WEIR_API(ListGroups, list_groups) { reply(request.node.groups.list(body)); }
WEIR_API(DescribeGroups, describe_groups) { reply(request.node.groups.describe(body, request.version())); }
WEIR_API(DeleteGroups, delete_groups) { request.node.groups.remove(body, std::move(reply)); }
WEIR_API(OffsetDelete, offset_delete) { request.node.groups.remove_offsets(body, std::move(reply)); }

}  // namespace weir::broker
