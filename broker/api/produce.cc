#include <algorithm>

#include "base/util/flatten.h"
#include "broker/api/handlers.h"

namespace weir::broker {
namespace {

using Response = wire::ProduceResponse;

struct Pending {
  ApiRequest request;
  Response response;
  size_t open = 1;
  Reply<Response> reply;
  MonoTime began;
};

/// KIP-951: with NOT_LEADER the client learns the new leader at once.
void name_leader(Pending& p, Response::PartitionProduceResponse& out, const replication::PartitionImage* image) {
  if (p.request.version() < 10 || !image || image->leader == kNoBroker) return;
  out.current_leader.leader_id = image->leader;
  out.current_leader.leader_epoch = image->leader_epoch;
  auto endpoint = endpoint_for(p.request, image->leader);
  auto& nodes = p.response.node_endpoints;
  bool there = std::any_of(nodes.begin(), nodes.end(), [&](const auto& n) { return n.node_id == image->leader; });
  if (endpoint && !there)
    nodes.push_back({image->leader, endpoint->host, endpoint->port, p.request.image().broker(image->leader)->rack});
}

void finish(const std::shared_ptr<Pending>& p) {
  if (--p->open > 0) return;
  Services& node = p->request.node;
  node.produce_latency.record(node.runtime.now() - p->began, node.runtime.now());
  p->reply(std::move(p->response));
}

/// KIP-110: zstd came with version 7; who speaks an older one could not read the records back. Anything that is no
/// batch is the log's to refuse.
bool zstd_too_early(const BufferChain& records, int16_t version) {
  constexpr size_t kMagicAt = 16, kCodecAt = 22;
  if (version >= 7 || records.empty() || records[0].size() <= kCodecAt) return false;
  return records[0].data()[kMagicAt] == 2 && (records[0].data()[kCodecAt] & 7) == 4;
}

void produce_one(const std::shared_ptr<Pending>& p, const wire::ProduceRequest& body,
                 const wire::ProduceRequest::TopicProduceData& topic,
                 const wire::ProduceRequest::PartitionProduceData& data, size_t t, size_t i) {
  auto fail = [&](ErrorCode code, std::string message = {}) {
    auto& out = p->response.responses[t].partition_responses[i];
    out.error_code = wire_code(code);
    out.base_offset = -1;
    if (!message.empty()) out.error_message = std::move(message);
  };
  Services& node = p->request.node;
  bool by_id = p->request.version() >= 13;
  const auto* known = by_id ? p->request.image().topic(topic.topic_id) : p->request.image().topic(topic.name);
  if (!known) return fail(by_id ? ErrorCode::unknown_topic_id : ErrorCode::unknown_topic_or_partition);
  if (body.acks < -1 || body.acks > 1) return fail(ErrorCode::invalid_required_acks);
  if (is_internal_topic(known->name) && !p->request.from_peer)
    return fail(ErrorCode::invalid_topic_exception, "clients may not write to internal topics");
  const auto* image = p->request.image().partition({known->name, data.index});
  if (!image) return fail(ErrorCode::unknown_topic_or_partition);
  replication::Partition* partition = node.replicas.find({known->name, data.index});
  if (!partition || !partition->leads()) {
    fail(ErrorCode::not_leader_or_follower);
    return name_leader(*p, p->response.responses[t].partition_responses[i], image);
  }
  if (!data.records || chain_size(*data.records) == 0)
    return fail(ErrorCode::invalid_record, "the request holds no records");
  if (zstd_too_early(*data.records, p->request.version()))
    return fail(ErrorCode::unsupported_compression_type, "zstd needs Produce 7 or later");
  ++p->open;
  TopicPartition tp{known->name, data.index};
  partition->produce(flatten(*data.records), body.acks, std::chrono::milliseconds(std::max(0, body.timeout_ms)),
                     log::PartitionLog::Origin::client, [p, t, i, tp](Result<replication::ProduceOutcome> outcome) {
                       auto& out = p->response.responses[t].partition_responses[i];
                       if (outcome) {
                         out.base_offset = outcome->base_offset;
                         out.log_append_time_ms = outcome->log_append_time;
                         out.log_start_offset = outcome->log_start_offset;
                       } else {
                         out.error_code = wire_code(outcome.code());
                         out.base_offset = -1;
                         if (outcome.error().where[0] || !outcome.error().detail.empty())
                           out.error_message = outcome.error().message();
                         if (outcome.code() == ErrorCode::not_leader_or_follower)
                           name_leader(*p, out, p->request.image().partition(tp));
                       }
                       finish(p);
                     });
}

}  // namespace

WEIR_API(Produce, produce) {
  auto p = std::make_shared<Pending>(Pending{request, {}, 1, std::move(reply), request.node.runtime.now()});
  // All slots first: the callbacks below keep indexes.
  for (const auto& topic : body.topic_data) {
    auto& out = p->response.responses.emplace_back();
    out.name = topic.name;
    out.topic_id = topic.topic_id;
    for (const auto& data : topic.partition_data) out.partition_responses.emplace_back().index = data.index;
  }
  for (size_t t = 0; t < body.topic_data.size(); ++t) {
    const auto& topic = body.topic_data[t];
    for (size_t i = 0; i < topic.partition_data.size(); ++i) produce_one(p, body, topic, topic.partition_data[i], t, i);
  }
  finish(p);
}

}  // namespace weir::broker
