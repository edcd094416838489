#include "broker/fetch/fetch_handler.h"

#include "broker/fetch/fetch_op.h"

namespace weir::broker {

FetchHandler::FetchHandler(io::Runtime& runtime, replication::ReplicaManager& replicas, FetchOptions options)
    : runtime_(runtime), replicas_(replicas), options_(options), sessions_(options.sessions) {}

FetchHandler::~FetchHandler() {
  for (auto& [op, owned] : ops_) op->abandon();
}

void FetchHandler::handle(FetchContext context, wire::FetchRequest request, int16_t version, Reply reply) {
  FetchSessions::Opened opened = sessions_.open(request, version, runtime_.now(), runtime_.random());
  if (opened.error != ErrorCode::none) {
    wire::FetchResponse response;
    response.error_code = static_cast<int16_t>(opened.error);
    return reply(std::move(response));
  }
  auto op = std::make_shared<FetchOp>(*this, std::move(context), std::move(request), version, std::move(opened),
                                      std::move(reply));
  ops_.emplace(op.get(), op);
  std::vector<FetchOp*>& queue = queues_[op->session().get()];
  queue.push_back(op.get());
  if (queue.size() == 1) return op->start();
  const std::vector<FetchOp*> before(queue.begin(), queue.end() - 1);
  for (FetchOp* older : before)
    if (ops_.count(older) > 0) older->hurry();
}

void FetchHandler::finished(FetchOp& op) {
  auto owned = ops_.extract(&op);
  auto queue = queues_.find(op.session().get());
  std::erase(queue->second, &op);
  if (queue->second.empty()) {
    queues_.erase(queue);
    return;
  }
  // Not from inside: the older one's reply goes first.
  runtime_.defer([this, next = queue->second.front(), weak = ops_.at(queue->second.front())->weak_from_this()] {
    if (auto self = weak.lock()) next->start();
  });
}

}  // namespace weir::broker
