#include "replication/metadata/image_builder.h"

#include "base/util/check.h"

namespace weir::replication {

void ImageBuilder::replay(const wire::MetadataRecord& record) {
  changed_ = true;
  std::visit([this](const auto& r) { apply(r); }, record);
}

void ImageBuilder::set_controller(BrokerId controller, LeaderEpoch epoch) {
  image_.epoch = std::max(image_.epoch, epoch);
  if (image_.controller == controller) return;
  image_.controller = controller;
  controller_changed_ = changed_ = true;
}

ImagePtr ImageBuilder::take(Offset offset, MetadataDelta& delta) {
  CHECK(offset >= image_.offset, "images only grow", offset, image_.offset);
  image_.offset = offset;
  delta = {};
  delta.changed_topics.assign(changed_topics_.begin(), changed_topics_.end());
  for (auto& [id, name] : deleted_topics_) delta.deleted_topics.emplace_back(name, id);
  delta.changed_brokers.assign(changed_brokers_.begin(), changed_brokers_.end());
  delta.changed_configs.assign(changed_configs_.begin(), changed_configs_.end());
  delta.controller_changed = controller_changed_;
  fresh_topics_.clear();
  changed_topics_.clear();
  deleted_topics_.clear();
  changed_brokers_.clear();
  changed_configs_.clear();
  controller_changed_ = changed_ = false;
  return std::make_shared<const MetadataImage>(image_);
}

TopicImage* ImageBuilder::edit_topic(const Uuid& id) {
  if (auto it = fresh_topics_.find(id); it != fresh_topics_.end()) return it->second.get();
  auto it = image_.topics_by_id.find(id);
  if (it == image_.topics_by_id.end()) return nullptr;
  auto copy = std::make_shared<TopicImage>(*it->second);
  it->second = copy;
  image_.topics[copy->name] = copy;
  fresh_topics_[id] = copy;
  changed_topics_.insert(copy->name);
  return copy.get();
}

void ImageBuilder::apply(const wire::TopicRecord& r) {
  auto topic = std::make_shared<TopicImage>();
  topic->name = r.name;
  topic->id = r.topic_id;
  image_.topics[r.name] = topic;
  image_.topics_by_id[r.topic_id] = topic;
  fresh_topics_[r.topic_id] = topic;
  changed_topics_.insert(r.name);
}

void ImageBuilder::apply(const wire::RemoveTopicRecord& r) {
  auto it = image_.topics_by_id.find(r.topic_id);
  if (it == image_.topics_by_id.end()) return;
  std::string name = it->second->name;
  image_.topics_by_id.erase(it);
  image_.topics.erase(name);
  fresh_topics_.erase(r.topic_id);
  changed_topics_.erase(name);
  deleted_topics_[r.topic_id] = name;
  // A topic's configs go with it (Kafka: ReplicationControlManager.replay(RemoveTopicRecord)).
  if (image_.configs.erase({ConfigType::topic, name})) changed_configs_.insert({ConfigType::topic, name});
}

void ImageBuilder::apply(const wire::PartitionRecord& r) {
  TopicImage* topic = edit_topic(r.topic_id);
  if (!topic || r.partition_id < 0 || static_cast<size_t>(r.partition_id) > topic->partitions.size()) return;
  if (static_cast<size_t>(r.partition_id) == topic->partitions.size()) topic->partitions.emplace_back();
  PartitionImage& p = topic->partitions[static_cast<size_t>(r.partition_id)];
  p.replicas = r.replicas;
  p.isr = r.isr;
  p.elr = r.eligible_leader_replicas.value_or(std::vector<BrokerId>{});
  p.last_known_elr = r.last_known_elr.value_or(std::vector<BrokerId>{});
  p.adding_replicas = r.adding_replicas;
  p.removing_replicas = r.removing_replicas;
  p.leader = r.leader;
  p.leader_epoch = r.leader_epoch;
  p.partition_epoch = r.partition_epoch;
}

void ImageBuilder::apply(const wire::PartitionChangeRecord& r) {
  TopicImage* topic = edit_topic(r.topic_id);
  if (!topic || r.partition_id < 0 || static_cast<size_t>(r.partition_id) >= topic->partitions.size()) return;
  PartitionImage& p = topic->partitions[static_cast<size_t>(r.partition_id)];
  if (r.isr) p.isr = *r.isr;
  if (r.replicas) p.replicas = *r.replicas;
  if (r.adding_replicas) p.adding_replicas = *r.adding_replicas;
  if (r.removing_replicas) p.removing_replicas = *r.removing_replicas;
  if (r.eligible_leader_replicas) p.elr = *r.eligible_leader_replicas;
  if (r.last_known_elr) p.last_known_elr = *r.last_known_elr;
  // -2: no change of leader. Naming a leader, also the same one, starts a leader epoch; every change starts a partition
  // epoch (KIP-631).
  if (r.leader != -2) {
    p.leader = r.leader;
    p.leader_epoch++;
  }
  p.partition_epoch++;
}

void ImageBuilder::apply(const wire::ConfigRecord& r) {
  auto type = static_cast<ConfigType>(r.resource_type);
  auto& slot = image_.configs[{type, r.resource_name}];
  auto copy = slot ? std::make_shared<ConfigMap>(*slot) : std::make_shared<ConfigMap>();
  if (r.value)
    (*copy)[r.name] = *r.value;
  else
    copy->erase(r.name);
  if (copy->empty())
    image_.configs.erase({type, r.resource_name});
  else
    slot = copy;
  changed_configs_.insert({type, r.resource_name});
}

BrokerImage* ImageBuilder::edit_broker(BrokerId id, BrokerEpoch epoch) {
  auto it = image_.brokers.find(id);
  if (it == image_.brokers.end() || it->second->epoch != epoch) return nullptr;
  auto copy = std::make_shared<BrokerImage>(*it->second);
  it->second = copy;
  changed_brokers_.insert(id);
  return copy.get();
}

void ImageBuilder::apply(const wire::RegisterBrokerRecord& r) {
  auto b = std::make_shared<BrokerImage>();
  b->id = r.broker_id;
  b->epoch = r.broker_epoch;
  b->incarnation_id = r.incarnation_id;
  for (const auto& e : r.end_points) b->listeners.push_back({e.name, {e.host, e.port}});
  b->rack = r.rack;
  b->log_dirs = r.log_dirs;
  b->fenced = r.fenced;
  b->in_controlled_shutdown = r.in_controlled_shutdown;
  image_.brokers[r.broker_id] = b;
  changed_brokers_.insert(r.broker_id);
}

void ImageBuilder::apply(const wire::UnregisterBrokerRecord& r) {
  auto it = image_.brokers.find(r.broker_id);
  if (it == image_.brokers.end() || it->second->epoch != r.broker_epoch) return;
  image_.brokers.erase(it);
  changed_brokers_.insert(r.broker_id);
}

void ImageBuilder::apply(const wire::FenceBrokerRecord& r) {
  if (BrokerImage* b = edit_broker(r.id, r.epoch)) b->fenced = true;
}

void ImageBuilder::apply(const wire::UnfenceBrokerRecord& r) {
  if (BrokerImage* b = edit_broker(r.id, r.epoch)) b->fenced = false;
}

void ImageBuilder::apply(const wire::BrokerRegistrationChangeRecord& r) {
  BrokerImage* b = edit_broker(r.broker_id, r.broker_epoch);
  if (!b) return;
  if (r.fenced != 0) b->fenced = r.fenced > 0;  // 1 fences, -1 unfences (KIP-841)
  if (r.in_controlled_shutdown != 0) b->in_controlled_shutdown = r.in_controlled_shutdown > 0;
}

void ImageBuilder::apply(const wire::FeatureLevelRecord& r) {
  if (r.feature_level == 0)
    image_.features.erase(r.name);
  else
    image_.features[r.name] = r.feature_level;
}

void ImageBuilder::apply(const wire::ProducerIdsRecord& r) { image_.next_producer_id = r.next_producer_id; }

}  // namespace weir::replication
