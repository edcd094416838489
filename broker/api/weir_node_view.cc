#include "broker/api/handlers.h"

namespace weir::broker {

WEIR_API(WeirNodeView, weir_node_view) {
  (void)body;
  wire::WeirNodeViewResponse response;
  if (request.node.node_view)
    response = request.node.node_view();
  else
    response.error_code = wire_code(ErrorCode::broker_not_available);
  reply(std::move(response));
}

}  // namespace weir::broker
