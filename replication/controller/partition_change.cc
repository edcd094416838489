#include "replication/controller/partition_change.h"

#include <algorithm>

#include "base/util/check.h"

namespace weir::replication {

namespace {

bool holds(const std::vector<BrokerId>& v, BrokerId id) { return std::find(v.begin(), v.end(), id) != v.end(); }

}  // namespace

bool is_active(const MetadataImage& image, BrokerId id) {
  const BrokerImage* b = image.broker(id);
  return b && !b->fenced && !b->in_controlled_shutdown;
}

std::optional<wire::PartitionChangeRecord> plan_change(const PartitionImage& now, const Uuid& topic,
                                                       PartitionId partition, const PartitionPlan& plan) {
  std::vector<BrokerId> isr = plan.lost ? std::vector<BrokerId>{} : plan.isr.empty() ? now.isr : plan.isr;
  const std::vector<BrokerId>& lost = plan.lost ? now.isr : now.last_known_elr;
  BrokerId leader = kNoBroker;
  bool stays = now.leader != kNoBroker && holds(isr, now.leader) && plan.may_lead(now.leader);
  auto electable = [&](BrokerId id) { return holds(isr, id) && plan.may_lead(id); };
  auto rank = [&](BrokerId id) {
    auto it = plan.last_choice.find(id);
    return it == plan.last_choice.end() ? MonoTime{INT64_MIN} : it->second;
  };
  if (stays) {
    bool back = plan.prefer_first && electable(now.replicas.front()) &&
                !plan.last_choice.contains(now.replicas.front());
    leader = back ? now.replicas.front() : now.leader;
  } else {
    for (BrokerId r : now.replicas)
      if (electable(r) && (leader == kNoBroker || rank(r) < rank(leader))) leader = r;
  }
  if (leader == kNoBroker && plan.unclean) {
    for (BrokerId r : now.replicas)
      if (plan.may_lead(r) && (leader == kNoBroker || (holds(lost, leader) && !holds(lost, r)))) leader = r;
    if (leader != kNoBroker) isr = {leader};
  }
  wire::PartitionChangeRecord r;
  r.topic_id = topic;
  r.partition_id = partition;
  if (isr != now.isr) r.isr = isr;
  if (leader != now.leader) r.leader = leader;
  std::vector<BrokerId> last_known = isr.empty() ? lost : std::vector<BrokerId>{};
  if (last_known != now.last_known_elr) r.last_known_elr = last_known;
  if (!r.isr && r.leader == -2) return std::nullopt;
  CHECK(!isr.empty() || plan.lost || now.isr.empty(), "an ISR keeps its last member unless that is lost", partition);
  CHECK(leader == kNoBroker || holds(isr, leader), "a leader is in its ISR", leader);
  return r;
}

void for_each_partition_of(const MetadataImage& image, BrokerId broker,
                           const std::function<void(const TopicImage&, PartitionId, const PartitionImage&)>& visit) {
  for (const auto& [name, topic] : image.topics)
    for (size_t i = 0; i < topic->partitions.size(); i++)
      if (holds(topic->partitions[i].replicas, broker))
        visit(*topic, static_cast<PartitionId>(i), topic->partitions[i]);
}

}  // namespace weir::replication
