#include "tools/client/client.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "base/wire/messages/find_coordinator.h"
#include "base/wire/messages/list_offsets.h"

namespace weir::client {
namespace {

int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

Error unknown_topic(const std::string& name) {
  return Error(ErrorCode::unknown_topic_or_partition, kSaysAll, "there is no topic " + name);
}

}  // namespace

Result<std::vector<io::Endpoint>> parse_bootstrap(std::string_view text) {
  std::vector<io::Endpoint> out;
  while (!text.empty()) {
    size_t comma = text.find(',');
    std::string one(text.substr(0, comma));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    one.erase(0, one.find_first_not_of(' '));
    one.erase(one.find_last_not_of(' ') + 1);
    if (one.empty()) continue;
    bool has_port = one.find(':') != std::string::npos && one.back() != ']';
    TRY_ASSIGN(io::Endpoint endpoint, io::Endpoint::parse(has_port ? one : one + ":9092"));
    out.push_back(std::move(endpoint));
  }
  if (out.empty())
    return Error(ErrorCode::invalid_argument, "client", "no bootstrap server is given; expected HOST:PORT,…");
  return out;
}

Status answered(int16_t code, const std::string& what, const std::optional<std::string>& message) {
  if (code == 0) return {};
  if (!message || message->empty()) return Error(static_cast<ErrorCode>(code), "client", what);
  bool names_it = message->find(what) != std::string::npos;
  return Error(static_cast<ErrorCode>(code), kSaysAll, names_it ? *message : what + ": " + *message);
}

Patience::Patience(int limit_ms) : deadline_ms_(now_ms() + limit_ms) {}

bool Patience::pause() {
  int64_t left = deadline_ms_ - now_ms();
  if (left <= 0) return false;
  std::this_thread::sleep_for(std::chrono::milliseconds(std::min<int64_t>(left, pause_ms_)));
  pause_ms_ = std::min(pause_ms_ * 2, 500);
  return true;
}

Result<Connection*> Client::at(const io::Endpoint& endpoint) {
  std::string key = endpoint.to_string();
  auto it = connections_.find(key);
  if (it != connections_.end() && !it->second->broken()) return it->second.get();
  connections_.erase(key);
  TRY_ASSIGN(auto opened, Connection::open(endpoint, options_.connection));
  reached_ = true;
  return (connections_[key] = std::move(opened)).get();
}

Result<Connection*> Client::any() {
  for (auto& [key, connection] : connections_) {
    if (!connection->broken()) return connection.get();
  }
  std::vector<io::Endpoint> candidates = options_.bootstrap;
  for (const auto& [id, endpoint] : brokers_) {
    if (std::find(candidates.begin(), candidates.end(), endpoint) == candidates.end()) candidates.push_back(endpoint);
  }
  std::string tried;
  for (const io::Endpoint& endpoint : candidates) {
    auto connection = at(endpoint);
    if (connection) return connection;
    tried += (tried.empty() ? "" : "; ") + connection.error().detail;
  }
  return Error(ErrorCode::connection_failed, "client", tried);
}

Result<Connection*> Client::node(BrokerId id) {
  if (!brokers_.contains(id)) TRY(metadata(std::vector<std::string>{}));
  auto it = brokers_.find(id);
  if (it == brokers_.end())
    return Error(ErrorCode::leader_not_available, "client", "node " + std::to_string(id) + " is not up");
  auto connection = at(it->second);
  if (!connection) brokers_.erase(id);
  return connection;
}

Result<Connection*> Client::coordinator(const std::string& group) {
  return retry([&]() -> Result<Connection*> {
    if (auto it = coordinators_.find(group); it != coordinators_.end()) {
      auto known = node(it->second);
      if (known) return known;
      coordinators_.erase(group);
    }
    wire::FindCoordinatorRequest request;
    request.key = group;
    // Version 3: one key, one answer.
    TRY_ASSIGN(auto response, (call_any<wire::FindCoordinatorRequest, wire::FindCoordinatorResponse>(request, 3)));
    TRY(answered(response.error_code, "coordinator of group " + group, response.error_message));
    brokers_[response.node_id] = {response.host, static_cast<uint16_t>(response.port)};
    TRY_ASSIGN(Connection * connection, node(response.node_id));
    coordinators_[group] = response.node_id;
    return connection;
  });
}

Result<wire::MetadataResponse> Client::metadata(const std::optional<std::vector<std::string>>& topics) {
  wire::MetadataRequest request;
  request.allow_auto_topic_creation = false;
  request.topics.reset();
  if (topics) {
    request.topics.emplace();
    for (const std::string& name : *topics) {
      wire::MetadataRequest::MetadataRequestTopic t;
      t.name = name;
      request.topics->push_back(std::move(t));
    }
  }
  TRY_ASSIGN(auto response,
             (retry([&] { return call_any<wire::MetadataRequest, wire::MetadataResponse>(request, 12); })));
  brokers_.clear();
  for (const auto& b : response.brokers) brokers_[b.node_id] = {b.host, static_cast<uint16_t>(b.port)};
  for (const auto& t : response.topics) {
    if (t.error_code == 0 && t.name) topics_[*t.name] = t;
  }
  return response;
}

Result<const TopicMetadata*> Client::topic(const std::string& name, bool create) {
  if (auto it = topics_.find(name); it != topics_.end()) return &it->second;
  Patience patience(options_.retry_ms);
  for (;;) {
    wire::MetadataRequest request;
    request.allow_auto_topic_creation = create;
    request.topics->emplace_back().name = name;
    TRY_ASSIGN(auto response,
               (retry([&] { return call_any<wire::MetadataRequest, wire::MetadataResponse>(request, 12); })));
    for (const auto& b : response.brokers) brokers_[b.node_id] = {b.host, static_cast<uint16_t>(b.port)};
    if (response.topics.size() != 1) return unknown_topic(name);
    auto& t = response.topics[0];
    auto code = static_cast<ErrorCode>(t.error_code);
    bool missing = code == ErrorCode::unknown_topic_or_partition;
    if (missing && !create) return unknown_topic(name);
    bool led = std::all_of(t.partitions.begin(), t.partitions.end(), [](const auto& p) { return p.leader_id >= 0; });
    if (code == ErrorCode::none && (led || !create)) return &(topics_[name] = std::move(t));
    if (code != ErrorCode::none && !error_is_retriable(code)) return answered(t.error_code, "topic " + name).error();
    if (!patience.pause()) {
      if (code == ErrorCode::none) return &(topics_[name] = std::move(t));
      return answered(t.error_code, "topic " + name).error();
    }
  }
}

Result<BrokerId> Client::leader(const TopicPartition& tp) {
  TRY_ASSIGN(const TopicMetadata* t, topic(tp.topic));
  for (const auto& p : t->partitions) {
    if (p.partition_index != tp.partition) continue;
    if (p.leader_id < 0) return Error(ErrorCode::leader_not_available, "client", tp.to_string());
    return p.leader_id;
  }
  return Error(ErrorCode::invalid_partitions, "client",
               tp.topic + " has " + std::to_string(t->partitions.size()) + " partitions, there is no number " +
                   std::to_string(tp.partition));
}

Result<std::vector<TopicPartition>> Client::partitions_of(const std::string& name) {
  TRY_ASSIGN(const TopicMetadata* t, topic(name));
  std::vector<TopicPartition> out;
  for (const auto& p : t->partitions) out.push_back({name, p.partition_index});
  std::sort(out.begin(), out.end());
  return out;
}

Result<std::map<TopicPartition, Offset>> Client::list_offsets(const std::vector<TopicPartition>& partitions,
                                                              int64_t timestamp) {
  return retry([&]() -> Result<std::map<TopicPartition, Offset>> {
    std::map<BrokerId, wire::ListOffsetsRequest> by_leader;
    for (const TopicPartition& tp : partitions) {
      TRY_ASSIGN(BrokerId id, leader(tp));
      wire::ListOffsetsRequest& request = by_leader[id];
      request.replica_id = -1;
      if (request.topics.empty() || request.topics.back().name != tp.topic)
        request.topics.emplace_back().name = tp.topic;
      auto& p = request.topics.back().partitions.emplace_back();
      p.partition_index = tp.partition;
      p.timestamp = timestamp;
    }
    std::map<TopicPartition, Offset> out;
    for (const auto& [id, request] : by_leader) {
      TRY_ASSIGN(auto response, (call_node<wire::ListOffsetsRequest, wire::ListOffsetsResponse>(id, request, 7)));
      for (const auto& t : response.topics) {
        for (const auto& p : t.partitions) {
          TopicPartition tp{t.name, p.partition_index};
          TRY(answered(p.error_code, tp.to_string()));
          out[tp] = p.offset;
        }
      }
    }
    return out;
  });
}

}  // namespace weir::client
