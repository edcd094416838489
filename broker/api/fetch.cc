#include "broker/api/handlers.h"
#include "broker/fetch/fetch_handler.h"

namespace weir::broker {
namespace {

bool is_metadata_fetch(const wire::FetchRequest& body, int16_t version) {
  if (body.topics.size() != 1) return false;
  return version >= 13 ? body.topics[0].topic_id == kMetadataTopicId : body.topics[0].topic == "__cluster_metadata";
}

wire::FetchResponse refusal(const wire::FetchRequest& body, ErrorCode code) {
  wire::FetchResponse response;
  response.error_code = wire_code(code);
  for (const auto& t : body.topics) {
    auto& topic = response.responses.emplace_back();
    topic.topic = t.topic;
    topic.topic_id = t.topic_id;
    for (const auto& p : t.partitions) {
      auto& partition = topic.partitions.emplace_back();
      partition.partition_index = p.partition;
      partition.error_code = wire_code(code);
      partition.records.emplace();
    }
  }
  return response;
}

}  // namespace

WEIR_API(Fetch, fetch) {
  // The quorum keeps its own log.
  if (is_metadata_fetch(body, request.version())) {
    // Where a follower fetches counts for the quorum's high watermark and keeps its leader in office: not every
    // client's to say.
    if (replica_of(body, request.version()) >= 0 && !request.node.takes_controller_apis(request.connection->listener()))
      return reply(refusal(body, ErrorCode::cluster_authorization_failed));
    return request.node.quorum.handle(body, {request.version()}, std::move(reply));
  }
  FetchContext context;
  context.listener = request.connection->listener();
  context.memory = &request.connection->answer_memory();
  request.node.fetch.handle(std::move(context), std::move(body), request.version(), std::move(reply));
}

}  // namespace weir::broker
