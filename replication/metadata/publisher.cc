#include "replication/metadata/publisher.h"

namespace weir::replication {

Publisher::Publisher(std::string cluster_id) : builder_(std::move(cluster_id)) {
  MetadataDelta none;
  image_ = builder_.take(0, none);
}

void Publisher::replay(const std::vector<wire::MetadataRecord>& records) {
  for (const auto& r : records) builder_.replay(r);
}

void Publisher::publish(Offset offset) {
  if (!builder_.changed()) return;
  MetadataDelta delta;
  image_ = builder_.take(offset, delta);
  for (size_t i = 0; i < listeners_.size(); i++) listeners_[i]->on_metadata(image_, delta);
}

void Publisher::add_listener(MetadataListener& listener) {
  listeners_.push_back(&listener);
  if (image_->offset == 0 && image_->controller == kNoBroker) return;
  MetadataDelta all;
  for (auto& [name, t] : image_->topics) all.changed_topics.push_back(name);
  for (auto& [id, b] : image_->brokers) all.changed_brokers.push_back(id);
  for (auto& [key, c] : image_->configs) all.changed_configs.push_back(key);
  all.controller_changed = true;
  listener.on_metadata(image_, all);
}

}  // namespace weir::replication
