#pragma once
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>

#include "base/wire/records/metadata_record.h"
#include "replication/metadata/image.h"

namespace weir::replication {

/// Metadata as records make it. `replay` is the only code that changes cluster metadata, on every node and in the
/// controller alike: what a record means is said here once. Images share what did not change between them; a topic is
/// copied when it is first changed after an image was taken.
class ImageBuilder {
 public:
  explicit ImageBuilder(std::string cluster_id) { image_.cluster_id = std::move(cluster_id); }
  /// Goes on from an image.
  explicit ImageBuilder(const MetadataImage& base) : image_(base) {}

  /// A record about something unknown (a partition of a deleted topic) changes nothing.
  void replay(const wire::MetadataRecord& record);
  /// Everything replayed so far.
  const MetadataImage& state() const { return image_; }

  void set_controller(BrokerId controller, LeaderEpoch epoch);
  bool changed() const { return changed_; }
  /// An image of the records below `offset`, and what changed since the last one taken.
  ImagePtr take(Offset offset, MetadataDelta& delta);

 private:
  void apply(const wire::RegisterBrokerRecord& r);
  void apply(const wire::UnregisterBrokerRecord& r);
  void apply(const wire::TopicRecord& r);
  void apply(const wire::PartitionRecord& r);
  void apply(const wire::ConfigRecord& r);
  void apply(const wire::PartitionChangeRecord& r);
  void apply(const wire::FenceBrokerRecord& r);
  void apply(const wire::UnfenceBrokerRecord& r);
  void apply(const wire::RemoveTopicRecord& r);
  void apply(const wire::FeatureLevelRecord& r);
  void apply(const wire::ProducerIdsRecord& r);
  void apply(const wire::BrokerRegistrationChangeRecord& r);
  /// Kept in the log, no part of the image yet (users, quotas, ACLs, controllers' endpoints).
  template <class R>
  void apply(const R&) {}

  TopicImage* edit_topic(const Uuid& id);
  BrokerImage* edit_broker(BrokerId id, BrokerEpoch epoch);

  MetadataImage image_;
  std::unordered_map<Uuid, std::shared_ptr<TopicImage>> fresh_topics_;  // copied or made since the last image
  std::set<std::string> changed_topics_;
  std::map<Uuid, std::string> deleted_topics_;
  std::set<BrokerId> changed_brokers_;
  std::set<std::pair<ConfigType, std::string>> changed_configs_;
  bool controller_changed_ = false;
  bool changed_ = false;
};

}  // namespace weir::replication
