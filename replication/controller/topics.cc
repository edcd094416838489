#include "replication/controller/topics.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/util/check.h"
#include "replication/controller/partition_change.h"
#include "replication/controller/topic_configs.h"

namespace weir::replication {

namespace {

constexpr int32_t kPartitionsMax = 100'000;  // of one request: it is one batch
int16_t number(ErrorCode code) { return static_cast<int16_t>(code); }

std::string normalized(std::string name) {
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

wire::PartitionRecord new_partition(const ControllerContext& c, const Uuid& topic, PartitionId id,
                                    const std::vector<BrokerId>& replicas) {
  wire::PartitionRecord r;
  r.partition_id = id;
  r.topic_id = topic;
  r.replicas = replicas;
  for (BrokerId b : replicas)
    if (is_active(c.image, b)) r.isr.push_back(b);
  CHECK(!r.isr.empty(), "a new partition has a live replica", id);
  r.leader = r.isr.front();
  r.leader_epoch = 0;
  r.partition_epoch = 0;
  r.directories.assign(replicas.size(), Uuid{});
  return r;
}

/// A manual assignment of one partition (texts: Kafka's ReplicationControlManager.validateManualPartitionAssignment).
PartError check_assignment(const ControllerContext& c, const std::vector<BrokerId>& replicas, size_t expected) {
  auto bad = [](std::string why) { return PartError{ErrorCode::invalid_replica_assignment, std::move(why)}; };
  if (replicas.empty()) return bad("The manual partition assignment includes an empty replica list.");
  std::set<BrokerId> seen;
  bool live = false;
  for (BrokerId b : replicas) {
    if (!seen.insert(b).second)
      return bad("The manual partition assignment includes the broker " + std::to_string(b) + " more than once.");
    if (!c.image.broker(b))
      return bad("The manual partition assignment includes broker " + std::to_string(b) +
                 ", but no such broker is registered.");
    live |= is_active(c.image, b);
  }
  if (expected != 0 && replicas.size() != expected)
    return bad("The manual partition assignment includes a partition with " + std::to_string(replicas.size()) +
               " replica(s), but this is not consistent with previous partitions, which have " +
               std::to_string(expected) + " replica(s).");
  if (!live)
    return bad(
        "All brokers specified in the manual partition assignment for the partition are fenced or in controlled "
        "shutdown.");
  return {};
}

struct NewTopic {
  Uuid id;
  std::vector<std::vector<BrokerId>> replicas;
  ConfigMap configs;
};

PartError manual_assignment(const ControllerContext& c, const wire::CreateTopicsRequest::CreatableTopic& t,
                            NewTopic& out) {
  if (t.replication_factor != -1)
    return {ErrorCode::invalid_request,
            "A manual partition assignment was specified, but replication factor was not set to -1."};
  if (t.num_partitions != -1)
    return {ErrorCode::invalid_request,
            "A manual partition assignment was specified, but numPartitions was not set to -1."};
  std::map<PartitionId, std::vector<BrokerId>> by_id;
  size_t factor = 0;
  for (const auto& a : t.assignments) {
    if (by_id.count(a.partition_index))
      return {ErrorCode::invalid_replica_assignment,
              "Found multiple manual partition assignments for partition " + std::to_string(a.partition_index)};
    if (PartError e = check_assignment(c, a.broker_ids, factor); e.code != ErrorCode::none) return e;
    factor = a.broker_ids.size();
    by_id[a.partition_index] = a.broker_ids;
  }
  PartitionId next = 0;
  for (auto& [id, replicas] : by_id) {
    if (id != next++)
      return {ErrorCode::invalid_replica_assignment, "partitions should be a consecutive 0-based integer sequence"};
    out.replicas.push_back(replicas);
  }
  return {};
}

/// Topics that exist by their names in metrics, where '.' and '_' are one character (Kafka: Topic.hasCollision). The
/// first question looks at all, the second one makes an index: a request may bring many names.
class Collisions {
 public:
  explicit Collisions(const MetadataImage& image) : image_(image) {}
  const std::string* find(const std::string& name) {
    if (name.find_first_of("._") == std::string::npos) return nullptr;
    const std::string mine = normalized(name);
    if (++asked_ == 1) {
      for (const auto& [other, topic] : image_.topics)
        if (other.size() == mine.size() && normalized(other) == mine) return &other;
      return nullptr;
    }
    if (asked_ == 2)
      for (const auto& [other, topic] : image_.topics) index_.emplace(normalized(other), &other);
    auto it = index_.find(mine);
    return it == index_.end() ? nullptr : it->second;
  }

 private:
  const MetadataImage& image_;
  size_t asked_ = 0;
  std::map<std::string, const std::string*> index_;
};

/// `room`: partitions that the request may still make.
PartError plan_topic(const ControllerContext& c, const wire::CreateTopicsRequest::CreatableTopic& t, int32_t room,
                     Collisions& collisions, NewTopic& out) {
  if (PartError e = check_topic_name(t.name); e.code != ErrorCode::none) return e;
  if (t.name == "__cluster_metadata")
    return {ErrorCode::invalid_request, "Creation of internal topic __cluster_metadata is prohibited."};
  if (c.image.topic(t.name)) return {ErrorCode::topic_already_exists, "Topic '" + t.name + "' already exists."};
  if (const std::string* other = collisions.find(t.name))
    return {ErrorCode::invalid_topic_exception, "Topic '" + t.name + "' collides with existing topic: " + *other};
  for (const auto& config : t.configs) {
    if (!config.value) return {ErrorCode::invalid_config, "Null value not supported for topic configs: " + config.name};
    out.configs[config.name] = *config.value;
  }
  if (PartError e = validate_configs(c, ConfigType::topic, t.name, out.configs); e.code != ErrorCode::none) return e;
  const PartError too_many{ErrorCode::policy_violation, "Excessively large number of partitions per request."};
  if (!t.assignments.empty())
    return t.assignments.size() > static_cast<size_t>(room) ? too_many : manual_assignment(c, t, out);
  if (t.replication_factor < -1 || t.replication_factor == 0)
    return {ErrorCode::invalid_replication_factor,
            "Replication factor must be larger than 0, or -1 to use the default value."};
  if (t.num_partitions < -1 || t.num_partitions == 0)
    return {ErrorCode::invalid_partitions, "Number of partitions was set to an invalid non-positive value."};
  int32_t count = t.num_partitions == -1 ? c.options.num_partitions : t.num_partitions;
  int16_t factor = t.replication_factor == -1 ? c.options.default_replication_factor : t.replication_factor;
  if (count > room) return too_many;
  auto placed = place_replicas(c, static_cast<size_t>(count), static_cast<size_t>(factor));
  if (!placed) return {placed.code(), placed.error().detail};
  out.replicas = std::move(*placed);
  return {};
}

void describe_new(const ControllerContext& c, const NewTopic& topic,
                  wire::CreateTopicsResponse::CreatableTopicResult& a) {
  a.topic_id = topic.id;
  a.num_partitions = static_cast<int32_t>(topic.replicas.size());
  a.replication_factor = static_cast<int16_t>(topic.replicas.front().size());
  a.configs.emplace();
  if (c.options.configs.effective_topic) {
    for (auto& e : c.options.configs.effective_topic(c.image, topic.configs))
      a.configs->push_back({e.name, e.sensitive ? std::nullopt : e.value, e.read_only, e.source, e.sensitive});
  } else {
    for (const auto& [key, value] : topic.configs) a.configs->push_back({key, value, false, 1, false});
  }
}

}  // namespace

PartError check_topic_name(std::string_view name) {
  auto bad = [](std::string why) {
    return PartError{ErrorCode::invalid_topic_exception, "Topic name is invalid: " + why};
  };
  if (name.empty()) return bad("the empty string is not allowed");
  if (name == "." || name == "..") return bad("'.' or '..' is not allowed");
  if (name.size() > 249)
    return bad("the length of '" + std::string(name) + "' is longer than the max allowed length 249");
  for (char ch : name)
    if (!((ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') || (ch >= '0' && ch <= '9') || ch == '.' || ch == '_' ||
          ch == '-'))
      return bad("'" + std::string(name) +
                 "' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'");
  return {};
}

Result<std::vector<std::vector<BrokerId>>> place_replicas(const ControllerContext& c, size_t count, size_t factor) {
  std::vector<BrokerId> live, fenced;
  for (const auto& [id, b] : c.image.brokers) (is_active(c.image, id) ? live : fenced).push_back(id);
  auto refuse = [&](std::string why) {
    return Error(ErrorCode::invalid_replication_factor, "placement",
                 "Unable to replicate the partition " + std::to_string(factor) + " time(s): " + why);
  };
  if (live.size() + fenced.size() < factor)
    return refuse("The target replication factor of " + std::to_string(factor) + " cannot be reached because only " +
                  std::to_string(live.size() + fenced.size()) + " broker(s) are registered.");
  if (live.empty()) return refuse("All brokers are currently fenced.");
  size_t start = c.random.below(live.size());
  std::vector<std::vector<BrokerId>> out(count);
  for (size_t p = 0; p < count; p++) {
    // Each full turn of the ring shifts the followers by one more, so that two brokers do not share all their
    // partitions.
    size_t shift = live.size() > 1 ? (p / live.size()) % (live.size() - 1) : 0;
    auto& replicas = out[p];
    size_t leader = (start + p) % live.size();
    replicas.push_back(live[leader]);
    for (size_t i = 0; replicas.size() < std::min(factor, live.size()); i++)
      replicas.push_back(live[(leader + 1 + (shift + i) % (live.size() - 1)) % live.size()]);
    for (size_t i = 0; replicas.size() < factor; i++) replicas.push_back(fenced[(p + i) % fenced.size()]);
  }
  return out;
}

Result<ControllerDecision<wire::CreateTopicsResponse>> decide(const ControllerContext& c,
                                                              const wire::CreateTopicsRequest& r) {
  ControllerDecision<wire::CreateTopicsResponse> d;
  std::map<std::string, int> named;
  for (const auto& t : r.topics) named[t.name]++;
  std::set<std::string> planned;  // normalized, of this request
  int32_t room = kPartitionsMax;
  Collisions collisions(c.image);
  for (const auto& t : r.topics) {
    wire::CreateTopicsResponse::CreatableTopicResult a;
    a.name = t.name;
    a.error_message.reset();
    a.configs.reset();
    NewTopic topic;
    PartError e;
    if (named[t.name] > 1) {
      if (named[t.name] == INT32_MAX) continue;
      named[t.name] = INT32_MAX;  // answered once
      e = {ErrorCode::invalid_request, "Duplicate topic name."};
    } else {
      e = plan_topic(c, t, room, collisions, topic);
      if (e.code == ErrorCode::none && !planned.insert(normalized(t.name)).second)
        e = {ErrorCode::invalid_topic_exception, "Topic '" + t.name + "' collides with another topic of the request"};
    }
    if (e.code != ErrorCode::none) {
      a.error_code = number(e.code);
      a.error_message = e.message;
      d.response.topics.push_back(std::move(a));
      continue;
    }
    room -= static_cast<int32_t>(topic.replicas.size());
    topic.id = Uuid::from_random(c.random.next(), c.random.next());
    describe_new(c, topic, a);
    if (r.validate_only) a.topic_id = {};
    d.response.topics.push_back(std::move(a));
    if (r.validate_only) continue;
    wire::TopicRecord record;
    record.name = t.name;
    record.topic_id = topic.id;
    d.records.push_back(record);
    for (const auto& [key, value] : topic.configs)
      d.records.push_back(config_record(ConfigType::topic, t.name, key, value));
    for (size_t i = 0; i < topic.replicas.size(); i++)
      d.records.push_back(new_partition(c, topic.id, static_cast<PartitionId>(i), topic.replicas[i]));
  }
  return d;
}

Result<ControllerDecision<wire::DeleteTopicsResponse>> decide(const ControllerContext& c,
                                                              const wire::DeleteTopicsRequest& r, int16_t version) {
  ControllerDecision<wire::DeleteTopicsResponse> d;
  std::vector<wire::DeleteTopicsRequest::DeleteTopicState> asked = r.topics;
  if (version < 6)
    for (const auto& name : r.topic_names) asked.push_back({.name = name});
  std::map<std::string, int> names;
  std::map<Uuid, int> ids;
  for (const auto& t : asked) t.name ? names[*t.name]++ : ids[t.topic_id]++;
  std::set<Uuid> removed;
  for (const auto& t : asked) {
    wire::DeleteTopicsResponse::DeletableTopicResult a;
    a.name = t.name;
    a.topic_id = t.topic_id;
    const TopicImage* topic = t.name ? c.image.topic(*t.name) : c.image.topic(t.topic_id);
    PartError e;
    if (!c.options.delete_topics)
      e = {version < 3 ? ErrorCode::invalid_request : ErrorCode::topic_deletion_disabled,
           "Topic deletion is disabled (delete.topic.enable)."};
    else if (t.name && !t.topic_id.is_zero())
      e = {ErrorCode::invalid_request, "You may not specify both topic name and topic id."};
    else if (!t.name && t.topic_id.is_zero())
      e = {ErrorCode::invalid_request, "Neither topic name nor id were specified."};
    else if (t.name && names[*t.name] > 1)
      e = {ErrorCode::invalid_request, "Duplicate topic name."};
    else if (!t.name && ids[t.topic_id] > 1)
      e = {ErrorCode::invalid_request, "Duplicate topic id."};
    else if (!topic && t.name)
      e = {ErrorCode::unknown_topic_or_partition, "This server does not host this topic-partition."};
    else if (!topic)
      e = {ErrorCode::unknown_topic_id, "This server does not host this topic ID."};
    else if (!removed.insert(topic->id).second)
      e = {ErrorCode::invalid_request, "The provided topic name maps to an ID that was already supplied."};
    if (e.code != ErrorCode::none) {
      a.error_code = number(e.code);
      a.error_message = e.message;
    } else {
      a.name = topic->name;
      a.topic_id = topic->id;
      wire::RemoveTopicRecord record;
      record.topic_id = topic->id;
      d.records.push_back(record);
    }
    d.response.responses.push_back(std::move(a));
  }
  return d;
}

namespace {

PartError grow_topic(const ControllerContext& c, const wire::CreatePartitionsRequest::CreatePartitionsTopic& t,
                     int32_t room, MetadataRecords& out) {
  const TopicImage* topic = c.image.topic(t.name);
  if (!topic) return {ErrorCode::unknown_topic_or_partition, "The topic '" + t.name + "' does not exist."};
  auto now = static_cast<int32_t>(topic->partitions.size());
  if (t.count == now)
    return {ErrorCode::invalid_partitions, "Topic already has " + std::to_string(now) + " partition(s)."};
  if (t.count < now)
    return {ErrorCode::invalid_partitions, "The topic " + t.name + " currently has " + std::to_string(now) +
                                               " partition(s); " + std::to_string(t.count) +
                                               " would not be an increase."};
  if (t.count > kPartitionsMax || t.count - now > room)
    return {ErrorCode::policy_violation, "Excessively large number of partitions per request."};
  auto added = static_cast<size_t>(t.count - now);
  size_t factor = topic->partitions.empty() ? static_cast<size_t>(c.options.default_replication_factor)
                                            : topic->partitions[0].replicas.size();
  std::vector<std::vector<BrokerId>> replicas;
  if (t.assignments) {
    if (t.assignments->size() != added)
      return {ErrorCode::invalid_replica_assignment,
              "Attempted to add " + std::to_string(added) + " additional partition(s), but only " +
                  std::to_string(t.assignments->size()) + " assignment(s) were specified."};
    for (const auto& a : *t.assignments) {
      if (PartError e = check_assignment(c, a.broker_ids, factor); e.code != ErrorCode::none) return e;
      replicas.push_back(a.broker_ids);
    }
  } else {
    auto placed = place_replicas(c, added, factor);
    if (!placed) return {placed.code(), placed.error().detail};
    replicas = std::move(*placed);
  }
  for (size_t i = 0; i < added; i++)
    out.push_back(new_partition(c, topic->id, now + static_cast<PartitionId>(i), replicas[i]));
  return {};
}

}  // namespace

Result<ControllerDecision<wire::CreatePartitionsResponse>> decide(const ControllerContext& c,
                                                                  const wire::CreatePartitionsRequest& r) {
  ControllerDecision<wire::CreatePartitionsResponse> d;
  std::map<std::string, int> named;
  for (const auto& t : r.topics) named[t.name]++;
  int32_t room = kPartitionsMax;
  for (const auto& t : r.topics) {
    MetadataRecords records;
    PartError e = named[t.name] > 1 ? PartError{ErrorCode::invalid_request, "Duplicate topic name."}
                                    : grow_topic(c, t, room, records);
    d.response.results.push_back(
        {t.name, number(e.code), e.code == ErrorCode::none ? std::nullopt : std::optional(e.message)});
    room -= static_cast<int32_t>(records.size());
    if (e.code == ErrorCode::none && !r.validate_only)
      d.records.insert(d.records.end(), records.begin(), records.end());
  }
  return d;
}

}  // namespace weir::replication
