#include "broker/api/handlers.h"
#include "broker/topic_creator.h"

namespace weir::broker {

WEIR_API(InitProducerId, init_producer_id) {
  wire::InitProducerIdResponse response;
  if (body.transactional_id) {
    // Said at once and finally: a client that waits for a coordinator would hang for its whole timeout.
    response.error_code = wire_code(body.transactional_id->empty() ? ErrorCode::invalid_request
                                                                   : ErrorCode::transactional_id_authorization_failed);
    return reply(std::move(response));
  }
  // KIP-360: an idempotent producer that lost its sequence asks for the next epoch of its id, or a new id when epochs
  // are used up.
  if (body.producer_id >= 0 && body.producer_epoch >= 0 && body.producer_epoch < INT16_MAX - 1) {
    response.producer_id = body.producer_id;
    response.producer_epoch = static_cast<int16_t>(body.producer_epoch + 1);
    return reply(std::move(response));
  }
  request.node.producer_ids.next([reply = std::move(reply)](Result<ProducerId> id) {
    wire::InitProducerIdResponse r;
    r.error_code = wire_code(id.code() == ErrorCode::request_timed_out ? ErrorCode::coordinator_not_available
                                                                       : id.code());
    if (id)
      r.producer_id = *id;
    else
      r.producer_epoch = -1;
    reply(std::move(r));
  });
}

}  // namespace weir::broker
