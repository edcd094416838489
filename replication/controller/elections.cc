#include "replication/controller/elections.h"

#include "base/util/diag.h"
#include "replication/controller/partition_change.h"

namespace weir::replication {

namespace {

/// One partition of ElectLeaders; the record, when there is one, goes into `out`.
PartError elect(const ControllerContext& c, const std::string& topic, PartitionId partition, bool preferred,
                MetadataRecords& out) {
  const TopicImage* t = c.image.topic(topic);
  if (!t) return {ErrorCode::unknown_topic_or_partition, "No such topic as " + topic};
  const PartitionImage* p = c.image.partition({topic, partition});
  if (!p)
    return {ErrorCode::unknown_topic_or_partition, "No such partition as " + topic + "-" + std::to_string(partition)};
  if (preferred ? p->leader == p->replicas.front() : p->leader != kNoBroker)
    return {ErrorCode::election_not_needed, "Leader election not needed for topic partition."};
  auto may_lead = [&](BrokerId id) { return is_active(c.image, id); };
  if (!preferred) {
    auto record = plan_change(*p, t->id, partition, {.isr = p->isr, .may_lead = may_lead, .unclean = true});
    if (!record || record->leader < 0) return {ErrorCode::eligible_leaders_not_available, "No replica is available."};
    WEIR_WARN("controller: {}-{}: node {} leads by an unclean election on request; acknowledged records may be lost",
              topic, partition, record->leader);
    out.push_back(*record);
    return {};
  }
  auto record = plan_change(*p, t->id, partition, {.isr = p->isr, .may_lead = may_lead, .prefer_first = true});
  if (!record || record->leader != p->replicas.front())
    return {ErrorCode::preferred_leader_not_available, "The preferred leader was not available."};
  out.push_back(*record);
  return {};
}

}  // namespace

Result<ControllerDecision<wire::ElectLeadersResponse>> decide(const ControllerContext& c,
                                                              const wire::ElectLeadersRequest& r) {
  ControllerDecision<wire::ElectLeadersResponse> d;
  bool preferred = r.election_type == 0;
  if (!preferred && r.election_type != 1) {
    d.response.error_code = static_cast<int16_t>(ErrorCode::invalid_request);
    return d;
  }
  auto add = [&](const std::string& topic, PartitionId partition, bool named) {
    PartError e = elect(c, topic, partition, preferred, d.records);
    if (!named && e.code == ErrorCode::election_not_needed) return;
    auto& results = d.response.replica_election_results;
    if (results.empty() || results.back().topic != topic) results.push_back({topic, {}});
    auto message = e.code == ErrorCode::none ? std::optional<std::string>() : std::optional<std::string>(e.message);
    results.back().partition_result.push_back({partition, static_cast<int16_t>(e.code), message});
  };
  if (r.topic_partitions) {
    for (const auto& t : *r.topic_partitions)
      for (PartitionId p : t.partitions) add(t.topic, p, true);
  } else {
    for (const auto& [name, t] : c.image.topics)
      for (size_t i = 0; i < t->partitions.size(); i++) add(name, static_cast<PartitionId>(i), false);
  }
  return d;
}

}  // namespace weir::replication
