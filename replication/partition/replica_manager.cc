#include "replication/partition/replica_manager.h"

#include <algorithm>
#include <unordered_map>

#include "base/util/check.h"
#include "base/util/diag.h"
#include "replication/partition/fetcher.h"
#include "replication/partition/replica.h"

namespace weir::replication {
namespace {

bool contains(const std::vector<BrokerId>& ids, BrokerId id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

/// Driver: compares images with the replicas there are, and carries the difference out.
class ShardReplicas final : public ReplicaManager {
 public:
  ShardReplicas(io::Runtime& runtime, log::LogSet& logs, Transport& transport, IsrChanger& isr_changer,
                ReplicaManagerOptions options)
      : runtime_(runtime),
        logs_(logs),
        transport_(transport),
        options_(std::move(options)),
        env_{runtime, isr_changer, options_.node_id, options_.replica_lag_time_max, -1, {}},
        tick_([this] { tick(); }) {
    env_.on_follower_durable = [this](Replica& r) {
      if (auto it = fetchers_.find(r.leader()); it != fetchers_.end()) it->second->durable(r);
    };
    runtime_.arm_in(tick_, tick_interval());
  }

  ~ShardReplicas() override {
    fetchers_.clear();
    for (auto& [tp, r] : replicas_) r->detach();
  }

  void on_metadata(const ImagePtr& image, const MetadataDelta& delta) override;
  Partition* find(const TopicPartition& tp) override {
    auto it = replicas_.find(tp);
    return it == replicas_.end() ? nullptr : it->second.get();
  }
  Partition* find(const Uuid& topic_id, PartitionId partition) override {
    auto topic = by_id_.find(topic_id);
    if (topic == by_id_.end()) return nullptr;
    auto it = topic->second.find(partition);
    return it == topic->second.end() ? nullptr : it->second;
  }
  std::vector<Partition*> all() override {
    std::vector<Partition*> all;
    for (auto& [tp, r] : replicas_) all.push_back(r.get());
    return all;
  }
  const ImagePtr& image() const override { return image_; }
  void set_broker_epoch(BrokerEpoch epoch) override {
    if (env_.self_epoch == epoch) return;
    env_.self_epoch = epoch;
    if (image_) apply_all();
  }
  void on_leadership(std::function<void(Partition&, bool)> heard) override {
    leadership_heard_.push_back(std::move(heard));
  }
  void on_deleted(std::function<void(const TopicPartition&, const Uuid&)> heard) override {
    deleted_heard_.push_back(std::move(heard));
  }

 private:
  Duration tick_interval() const { return std::clamp<Duration>(options_.replica_lag_time_max / 2, 10ms, 15s); }
  TopicSettings settings(const std::string& topic) const {
    return options_.settings ? options_.settings(*image_, topic) : TopicSettings{};
  }
  bool takes_part() const;
  void tick();
  void apply_all();
  void apply_topic(const TopicImage& topic);
  void apply_partition(const TopicImage& topic, PartitionId partition, const TopicSettings& settings);
  Replica* ensure(const TopicPartition& tp, const Uuid& id, const TopicSettings& settings);
  void remove(const TopicPartition& tp, bool deleted);
  void remove_strays();
  void apply_settings(const std::string& topic);
  void follow(Replica& replica, const PartitionImage& partition);
  void unfollow(Replica& replica);
  void note_leadership(Replica& replica, bool led);
  void tell_leadership();

  io::Runtime& runtime_;
  log::LogSet& logs_;
  Transport& transport_;
  const ReplicaManagerOptions options_;
  ReplicaEnv env_;
  ImagePtr image_ = std::make_shared<const MetadataImage>();  // never null
  bool took_part_ = false;
  bool incomplete_ = false;  // a log could not be made: tried again with the next tick
  std::unordered_map<TopicPartition, std::shared_ptr<Replica>> replicas_;
  std::unordered_map<Uuid, std::unordered_map<PartitionId, Replica*>> by_id_;
  std::map<BrokerId, std::unique_ptr<Fetcher>> fetchers_;
  std::unordered_map<const Replica*, BrokerId> fetched_from_;
  std::vector<std::pair<std::shared_ptr<Replica>, bool>> leadership_changes_;
  std::vector<std::function<void(Partition&, bool)>> leadership_heard_;
  std::vector<std::function<void(const TopicPartition&, const Uuid&)>> deleted_heard_;
  io::Timer tick_;
};

/// Until the metadata shows this incarnation's registration, what it says of us is of an earlier life: leading by it
/// would be leading twice in one epoch.
bool ShardReplicas::takes_part() const {
  const BrokerImage* self = image_ ? image_->broker(options_.node_id) : nullptr;
  return self != nullptr && env_.self_epoch >= 0 && self->epoch == env_.self_epoch;
}

void ShardReplicas::on_metadata(const ImagePtr& image, const MetadataDelta& delta) {
  image_ = image;
  if (!took_part_ || !takes_part()) return apply_all();
  for (const auto& [name, id] : delta.deleted_topics) {
    std::vector<TopicPartition> gone;
    if (auto topic = by_id_.find(id); topic != by_id_.end())
      for (auto& [partition, r] : topic->second) gone.push_back(r->tp());
    for (const TopicPartition& tp : gone) remove(tp, true);
  }
  for (const std::string& name : delta.changed_topics)
    if (const TopicImage* topic = image_->topic(name)) apply_topic(*topic);
  for (const auto& [type, name] : delta.changed_configs) {
    if (type == ConfigType::topic) {
      apply_settings(name);
    } else if (type == ConfigType::broker) {
      for (const auto& [topic_name, topic] : image_->topics) apply_settings(topic_name);
    }
  }
  if (!delta.changed_brokers.empty())
    for (auto& [tp, r] : replicas_) r->brokers_seen(*image_);
  tell_leadership();
}

void ShardReplicas::apply_all() {
  const bool takes = takes_part();
  if (!takes) {
    if (!took_part_) return;
    // Registered anew (the controller did not know us any more): nothing of the old registration holds.
    took_part_ = false;
    for (auto& [tp, r] : replicas_) {
      const bool led = r->leads();
      unfollow(*r);
      PartitionImage nobody;
      nobody.leader_epoch = r->leader_epoch();
      r->stand_by(nobody);
      note_leadership(*r, led);
    }
    return tell_leadership();
  }
  took_part_ = true;
  remove_strays();
  for (const auto& [name, topic] : image_->topics) apply_topic(*topic);
  for (auto& [tp, r] : replicas_) r->brokers_seen(*image_);
  tell_leadership();
}

/// Logs of topics that were deleted while this node was away.
void ShardReplicas::remove_strays() {
  // A topic that it does not know may be among what it lost of the metadata.
  if (logs_.lost_end({"__cluster_metadata", 0})) return;
  std::vector<TopicPartition> gone;
  for (log::PartitionLog* log : logs_.all()) {
    const TopicPartition& tp = log->topic_partition();
    if (log->topic_id() == kMetadataTopicId || tp.topic == "__cluster_metadata") continue;
    const TopicImage* topic = image_->topic(tp.topic);
    if (topic != nullptr && topic->id == log->topic_id()) continue;
    gone.push_back(tp);
  }
  for (const TopicPartition& tp : gone) {
    WEIR_WARN("{}: its topic does not exist any more, the log is removed", tp.to_string());
    remove(tp, true);
  }
}

void ShardReplicas::apply_topic(const TopicImage& topic) {
  const TopicSettings settings = this->settings(topic.name);
  for (size_t i = 0; i < topic.partitions.size(); ++i) apply_partition(topic, static_cast<PartitionId>(i), settings);
}

void ShardReplicas::apply_partition(const TopicImage& topic, PartitionId partition, const TopicSettings& settings) {
  const TopicPartition tp{topic.name, partition};
  const PartitionImage& wanted = topic.partitions[static_cast<size_t>(partition)];
  if (!contains(wanted.replicas, options_.node_id)) {
    if (replicas_.count(tp) > 0) remove(tp, false);
    return;
  }
  Replica* replica = ensure(tp, topic.id, settings);
  if (replica == nullptr) return;
  if (wanted.leader_epoch < replica->leader_epoch()) return;  // cannot be, in one image after the other
  const bool led = replica->leads();
  const LeaderEpoch led_epoch = replica->leader_epoch();
  if (wanted.leader == options_.node_id) {
    unfollow(*replica);
    replica->lead(wanted, *image_);
  } else if (wanted.leader != kNoBroker) {
    follow(*replica, wanted);
  } else {
    unfollow(*replica);
    replica->stand_by(wanted);
  }
  if (led && replica->leads() && led_epoch != replica->leader_epoch())
    leadership_changes_.emplace_back(replica->shared_from_this(), true);
  note_leadership(*replica, led);
}

Replica* ShardReplicas::ensure(const TopicPartition& tp, const Uuid& id, const TopicSettings& settings) {
  if (auto it = replicas_.find(tp); it != replicas_.end()) {
    if (it->second->topic_id() == id) return it->second.get();
    remove(tp, true);  // deleted and made again in one image
  }
  log::PartitionLog* log = logs_.find(tp);
  if (log != nullptr && log->topic_id() != id) {
    remove(tp, true);
    log = nullptr;
  }
  if (log == nullptr) {
    auto created = logs_.create(tp, id, settings.log);
    if (!created) {
      WEIR_ERROR("{}: its log cannot be made: {}", tp.to_string(), created.error().message());
      incomplete_ = true;
      return nullptr;
    }
    log = *created;
  } else {
    log->set_config(settings.log);
  }
  auto replica = std::make_shared<Replica>(env_, *log);
  replica->set_min_insync_replicas(settings.min_insync_replicas);
  Replica* raw = replica.get();
  replicas_.emplace(tp, std::move(replica));
  by_id_[id][tp.partition] = raw;
  return raw;
}

void ShardReplicas::remove(const TopicPartition& tp, bool deleted) {
  Uuid id;
  if (auto it = replicas_.find(tp); it != replicas_.end()) {
    std::shared_ptr<Replica> replica = it->second;
    id = replica->topic_id();
    const bool led = replica->leads();
    unfollow(*replica);
    replicas_.erase(it);
    auto topic = by_id_.find(id);
    topic->second.erase(tp.partition);
    if (topic->second.empty()) by_id_.erase(topic);
    replica->retire();
    if (led) leadership_changes_.emplace_back(replica, false);
  } else if (log::PartitionLog* log = logs_.find(tp)) {
    id = log->topic_id();
  }
  if (logs_.find(tp) == nullptr) return;
  if (Status s = logs_.remove(tp); !s)
    WEIR_ERROR("{}: its log cannot be removed: {}", tp.to_string(), s.error().message());
  if (deleted)
    for (auto& heard : deleted_heard_) heard(tp, id);
}

void ShardReplicas::apply_settings(const std::string& topic) {
  const TopicImage* image = image_->topic(topic);
  if (image == nullptr) return;
  const TopicSettings settings = this->settings(topic);
  auto replicas = by_id_.find(image->id);
  if (replicas == by_id_.end()) return;
  for (auto& [partition, r] : replicas->second) {
    r->log().set_config(settings.log);
    r->set_min_insync_replicas(settings.min_insync_replicas);
  }
}

void ShardReplicas::follow(Replica& replica, const PartitionImage& partition) {
  const bool same = replica.follows() && replica.leader() == partition.leader &&
                    replica.leader_epoch() == partition.leader_epoch;
  if (!same) unfollow(replica);
  replica.follow(partition);
  if (same) return;
  std::unique_ptr<Fetcher>& fetcher = fetchers_[partition.leader];
  if (fetcher == nullptr) {
    FetcherOptions options;
    options.self = options_.node_id;
    options.leader = partition.leader;
    options.wait_max = options_.replica_fetch_wait_max;
    options.partition_max_bytes = options_.replica_fetch_max_bytes;
    options.response_max_bytes = options_.replica_fetch_response_max_bytes;
    fetcher = std::make_unique<Fetcher>(runtime_, transport_, env_, options);
  }
  fetched_from_[&replica] = partition.leader;
  fetcher->add(replica);
}

void ShardReplicas::unfollow(Replica& replica) {
  auto from = fetched_from_.find(&replica);
  if (from == fetched_from_.end()) return;
  fetchers_.at(from->second)->remove(replica);
  fetched_from_.erase(from);
}

void ShardReplicas::note_leadership(Replica& replica, bool led) {
  if (led != replica.leads()) leadership_changes_.emplace_back(replica.shared_from_this(), replica.leads());
}

void ShardReplicas::tell_leadership() {
  auto changes = std::move(leadership_changes_);
  leadership_changes_.clear();
  for (auto& [replica, leads] : changes)
    for (auto& heard : leadership_heard_) heard(*replica, leads);
}

void ShardReplicas::tick() {
  runtime_.arm_in(tick_, tick_interval());
  if (incomplete_ && image_) {
    incomplete_ = false;
    apply_all();
  }
  for (auto& [tp, r] : replicas_) r->tick();
}

}  // namespace

std::unique_ptr<ReplicaManager> ReplicaManager::make(io::Runtime& runtime, log::LogSet& logs, Transport& transport,
                                                     IsrChanger& isr_changer, ReplicaManagerOptions options) {
  return std::make_unique<ShardReplicas>(runtime, logs, transport, isr_changer, std::move(options));
}

}  // namespace weir::replication
