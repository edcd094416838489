#include <algorithm>
#include <unordered_set>
#include <utility>

#include "broker/api/handlers.h"
#include "broker/suspects.h"
#include "broker/topic_creator.h"

namespace weir::broker {
namespace {

using Response = wire::MetadataResponse;
using Topic = Response::MetadataResponseTopic;

constexpr Duration kAskedAgainDelay{2'000'000};
// Of more names than this the rest is made when it is asked for again.
constexpr size_t kMadeAtOnceMax = 1000;

/// One answer in the making: it leaves when the topics that had to be made are there.
struct Pending {
  ApiRequest request;
  std::vector<Topic> topics;  // in the order asked
  std::vector<std::string> names;
  size_t open = 0;
  Reply<Response> reply;
};

std::vector<int32_t> offline(const replication::MetadataImage& image, const std::vector<BrokerId>& replicas) {
  std::vector<int32_t> out;
  std::copy_if(replicas.begin(), replicas.end(), std::back_inserter(out),
               [&](BrokerId id) { return !image.alive(id); });
  return out;
}

Topic describe(const replication::MetadataImage& image, const replication::TopicImage& topic) {
  Topic out;
  out.name = topic.name;
  out.topic_id = topic.id;
  out.is_internal = is_internal_topic(topic.name);
  for (size_t i = 0; i < topic.partitions.size(); ++i) {
    const auto& p = topic.partitions[i];
    Response::MetadataResponsePartition part;
    part.partition_index = static_cast<int32_t>(i);
    bool led = p.leader != kNoBroker && image.alive(p.leader);
    part.error_code = led ? 0 : wire_code(ErrorCode::leader_not_available);
    part.leader_id = led ? p.leader : kNoBroker;
    part.leader_epoch = p.leader_epoch;
    part.replica_nodes = p.replicas;
    part.isr_nodes = p.isr;
    part.offline_replicas = offline(image, p.replicas);
    out.partitions.push_back(std::move(part));
  }
  return out;
}

Topic failed(const std::optional<std::string>& name, const Uuid& id, ErrorCode code) {
  Topic out;
  out.name = name;
  out.topic_id = id;
  out.error_code = wire_code(code);
  out.is_internal = name && is_internal_topic(*name);
  return out;
}

void finish(const std::shared_ptr<Pending>& p) {
  const auto& image = p->request.image();
  Response response;
  for (size_t i = 0; i < p->topics.size(); ++i) {
    // What had to be made is looked up now.
    if (!p->names[i].empty()) {
      if (const auto* topic = image.topic(p->names[i])) p->topics[i] = describe(image, *topic);
    }
  }
  for (const auto& [id, broker] : image.brokers) {
    auto endpoint = endpoint_for(p->request, id);
    if (!endpoint) continue;
    response.brokers.push_back({id, endpoint->host, endpoint->port, broker->rack});
  }
  response.cluster_id = image.cluster_id;
  // Clients send admin requests to "the controller"; any live broker will do, since all forward. The quorum leader
  // saves the hop.
  response.controller_id = image.alive(image.controller) ? image.controller
                           : response.brokers.empty()    ? -1
                                                         : response.brokers[0].node_id;
  response.topics = std::move(p->topics);
  p->reply(std::move(response));
}

/// The answer, from the image of now.
void describe_all(const ApiRequest& request, const wire::MetadataRequest& body, Reply<Response> reply) {
  auto p = std::make_shared<Pending>(Pending{request, {}, {}, 1, std::move(reply)});
  const auto& image = request.image();
  bool all = !body.topics || (request.version() == 0 && body.topics->empty());
  if (all) {
    for (const auto& [name, topic] : image.topics) {
      p->topics.push_back(describe(image, *topic));
      p->names.emplace_back();
    }
  } else {
    std::unordered_set<std::string> seen;  // named twice counts once
    size_t to_make = 0;
    for (const auto& asked : *body.topics) {
      bool by_id = !asked.topic_id.is_zero();
      if (!seen.insert(by_id ? asked.topic_id.to_string() : "/" + asked.name.value_or("")).second) continue;
      const auto* topic = by_id ? image.topic(asked.topic_id) : asked.name ? image.topic(*asked.name) : nullptr;
      p->names.emplace_back();
      if (topic) {
        p->topics.push_back(describe(image, *topic));
      } else if (by_id) {
        p->topics.push_back(failed(std::nullopt, asked.topic_id, ErrorCode::unknown_topic_id));
        if (request.version() < 12) p->topics.back().name = "";
      } else if (asked.name && body.allow_auto_topic_creation && request.node.config.auto_create_topics_enable) {
        const bool now = ++to_make <= kMadeAtOnceMax;
        p->topics.push_back(
            failed(asked.name, {}, now ? ErrorCode::unknown_topic_or_partition : ErrorCode::leader_not_available));
        if (now) p->names.back() = *asked.name;
      } else {
        p->topics.push_back(failed(asked.name.value_or(""), {}, ErrorCode::unknown_topic_or_partition));
      }
    }
  }
  for (size_t i = 0; i < p->names.size(); ++i) {
    if (p->names[i].empty()) continue;
    ++p->open;
    request.node.topics.ensure(p->names[i], [p, i](ErrorCode code) {
      if (code != ErrorCode::none) {
        // Unknown but being made is for the client to ask again; a name that can never be is final.
        bool final = code == ErrorCode::invalid_topic_exception || code == ErrorCode::invalid_replication_factor ||
                     code == ErrorCode::policy_violation;
        p->topics[i].error_code = wire_code(final ? code : ErrorCode::leader_not_available);
      }
      if (--p->open == 0) finish(p);
    });
  }
  if (--p->open == 0) finish(p);
}

}  // namespace

WEIR_API(Metadata, metadata) {
  // Asked again on a connection that was told before: often because a leader is gone, which this node hears of within
  // the same moment.
  const bool again = std::exchange(request.connection->told_metadata, true) && !request.from_peer;
  request.node.suspects.when_clear(
      again ? kAskedAgainDelay : Duration{0},
      [request, body = std::move(body), reply = std::move(reply)] { describe_all(request, body, reply); });
}

WEIR_API(DescribeCluster, describe_cluster) {
  wire::DescribeClusterResponse response;
  const auto& image = request.image();
  response.cluster_id = image.cluster_id;
  response.controller_id = image.controller;
  response.endpoint_type = body.endpoint_type;
  if (body.endpoint_type != 1 && body.endpoint_type != 2) {
    response.error_code = wire_code(ErrorCode::unsupported_endpoint_type);
    response.error_message = "endpoint type must be 1 (brokers) or 2 (controllers)";
    return reply(std::move(response));
  }
  for (const auto& [id, broker] : image.brokers) {
    auto endpoint = endpoint_for(request, id);
    if (!endpoint && broker->fenced && body.include_fenced_brokers && !broker->listeners.empty())
      endpoint = broker->listeners.front().endpoint;
    if (endpoint) response.brokers.push_back({id, endpoint->host, endpoint->port, broker->rack, broker->fenced});
  }
  reply(std::move(response));
}

WEIR_API(DescribeTopicPartitions, describe_topic_partitions) {
  wire::DescribeTopicPartitionsResponse response;
  const auto& image = request.image();
  std::vector<std::string> names;
  for (const auto& t : body.topics) names.push_back(t.name);
  if (names.empty()) {
    for (const auto& [name, topic] : image.topics) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  int32_t left = std::clamp(body.response_partition_limit, 1, 2000);
  for (const std::string& name : names) {
    if (body.cursor && name < body.cursor->topic_name) continue;
    const auto* topic = image.topic(name);
    wire::DescribeTopicPartitionsResponse::DescribeTopicPartitionsResponseTopic out;
    out.name = name;
    if (!topic) {
      out.error_code = wire_code(ErrorCode::unknown_topic_or_partition);
      response.topics.push_back(std::move(out));
      continue;
    }
    out.topic_id = topic->id;
    out.is_internal = is_internal_topic(name);
    size_t first = body.cursor && body.cursor->topic_name == name
                       ? static_cast<size_t>(std::max(0, body.cursor->partition_index))
                       : 0;
    for (size_t i = first; i < topic->partitions.size(); ++i) {
      if (left-- == 0) {
        response.next_cursor.emplace();
        response.next_cursor->topic_name = name;
        response.next_cursor->partition_index = static_cast<int32_t>(i);
        break;
      }
      const auto& p = topic->partitions[i];
      wire::DescribeTopicPartitionsResponse::DescribeTopicPartitionsResponsePartition part;
      part.partition_index = static_cast<int32_t>(i);
      part.leader_id = image.alive(p.leader) ? p.leader : kNoBroker;
      part.error_code = part.leader_id == kNoBroker ? wire_code(ErrorCode::leader_not_available) : 0;
      part.leader_epoch = p.leader_epoch;
      part.replica_nodes = p.replicas;
      part.isr_nodes = p.isr;
      part.eligible_leader_replicas = p.elr;
      part.last_known_elr = p.last_known_elr;
      part.offline_replicas = offline(image, p.replicas);
      out.partitions.push_back(std::move(part));
    }
    response.topics.push_back(std::move(out));
    if (response.next_cursor) break;
  }
  reply(std::move(response));
}

}  // namespace weir::broker
