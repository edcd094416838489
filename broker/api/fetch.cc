#include "broker/api/handlers.h"
#include "broker/fetch/fetch_handler.h"

namespace weir::broker {
namespace {

bool is_metadata_fetch(const wire::FetchRequest& body, int16_t version) {
  if (body.topics.size() != 1) return false;
  return version >= 13 ? body.topics[0].topic_id == kMetadataTopicId : body.topics[0].topic == "__cluster_metadata";
}

}  // namespace

WEIR_API(Fetch, fetch) {
  // The quorum keeps its own log.
  if (is_metadata_fetch(body, request.version()))
    return request.node.quorum.handle(body, {request.version()}, std::move(reply));
  FetchContext context;
  context.listener = request.connection->listener();
  request.node.fetch.handle(std::move(context), std::move(body), request.version(), std::move(reply));
}

}  // namespace weir::broker
