#include "replication/metadata/image.h"

namespace weir::replication {

const TopicImage* MetadataImage::topic(const std::string& name) const {
  auto it = topics.find(name);
  return it == topics.end() ? nullptr : it->second.get();
}

const TopicImage* MetadataImage::topic(const Uuid& id) const {
  auto it = topics_by_id.find(id);
  return it == topics_by_id.end() ? nullptr : it->second.get();
}

const PartitionImage* MetadataImage::partition(const TopicPartition& tp) const {
  const TopicImage* t = topic(tp.topic);
  if (!t || tp.partition < 0 || static_cast<size_t>(tp.partition) >= t->partitions.size()) return nullptr;
  return &t->partitions[static_cast<size_t>(tp.partition)];
}

const BrokerImage* MetadataImage::broker(BrokerId id) const {
  auto it = brokers.find(id);
  return it == brokers.end() ? nullptr : it->second.get();
}

bool MetadataImage::alive(BrokerId id) const {
  const BrokerImage* b = broker(id);
  return b && !b->fenced;
}

const ConfigMap& MetadataImage::config(ConfigType type, const std::string& name) const {
  static const ConfigMap kEmpty;
  auto it = configs.find({type, name});
  return it == configs.end() ? kEmpty : *it->second;
}

}  // namespace weir::replication
