#include "replication/controller/isr_changes.h"

#include <algorithm>
#include <set>

#include "replication/controller/partition_change.h"

namespace weir::replication {

namespace {

int16_t number(ErrorCode code) { return static_cast<int16_t>(code); }

// Kafka: MetadataVersion.IBP_4_3_IV0, and IBP_3_3_IV3 as the oldest that 4.x upgrades from.
constexpr int16_t kMetadataVersion = 30;
constexpr int16_t kMetadataVersionMin = 7;

struct NewMember {
  BrokerId id;
  BrokerEpoch epoch;  // -1: not told
};

std::vector<NewMember> new_isr(const wire::AlterPartitionRequest::PartitionData& p, int16_t version) {
  std::vector<NewMember> out;
  if (version >= 3)
    for (const auto& b : p.new_isr_with_epochs) out.push_back({b.broker_id, b.broker_epoch});
  else
    for (BrokerId b : p.new_isr) out.push_back({b, -1});
  return out;
}

/// In the order of Kafka's ReplicationControlManager.validateAlterPartitionData.
ErrorCode check(const ControllerContext& c, BrokerId from, const wire::AlterPartitionRequest::PartitionData& p,
                const PartitionImage& now, const std::vector<NewMember>& isr, const std::set<BrokerId>& aside) {
  // From the future: this controller is behind, the leader heard of a newer one.
  if (p.leader_epoch > now.leader_epoch || p.partition_epoch > now.partition_epoch) return ErrorCode::not_controller;
  if (p.leader_epoch < now.leader_epoch) return ErrorCode::fenced_leader_epoch;
  if (from != now.leader) return ErrorCode::invalid_request;
  if (p.partition_epoch < now.partition_epoch) return ErrorCode::invalid_update_version;
  std::set<BrokerId> members;
  for (const NewMember& m : isr) {
    if (!members.insert(m.id).second) return ErrorCode::invalid_request;
    if (std::find(now.replicas.begin(), now.replicas.end(), m.id) == now.replicas.end())
      return ErrorCode::invalid_request;
  }
  if (!members.count(from)) return ErrorCode::invalid_request;
  for (const NewMember& m : isr) {
    const BrokerImage* b = c.image.broker(m.id);
    if (!b || !is_active(c.image, m.id) || (m.epoch != -1 && m.epoch != b->epoch)) return ErrorCode::ineligible_replica;
    bool joins = std::find(now.isr.begin(), now.isr.end(), m.id) == now.isr.end();
    if (joins && aside.contains(m.id)) return ErrorCode::ineligible_replica;
  }
  return ErrorCode::none;
}

}  // namespace

Result<ControllerDecision<wire::AlterPartitionResponse>> decide(const ControllerContext& c,
                                                                const wire::AlterPartitionRequest& r, int16_t version,
                                                                const std::set<BrokerId>& aside) {
  ControllerDecision<wire::AlterPartitionResponse> d;
  const BrokerImage* broker = c.image.broker(r.broker_id);
  if (!broker || broker->epoch != r.broker_epoch) {
    d.response.error_code = number(ErrorCode::stale_broker_epoch);
    return d;
  }
  for (const auto& t : r.topics) {
    const TopicImage* topic = c.image.topic(t.topic_id);
    wire::AlterPartitionResponse::TopicData answers;
    answers.topic_id = t.topic_id;
    for (const auto& p : t.partitions) {
      wire::AlterPartitionResponse::PartitionData a;
      a.partition_index = p.partition_index;
      const PartitionImage* now = topic ? c.image.partition({topic->name, p.partition_index}) : nullptr;
      std::vector<NewMember> isr = new_isr(p, version);
      ErrorCode error = !topic ? ErrorCode::unknown_topic_id
                        : !now ? ErrorCode::unknown_topic_or_partition
                               : check(c, r.broker_id, p, *now, isr, aside);
      a.error_code = number(error);
      if (error == ErrorCode::none) {
        std::vector<BrokerId> ids;
        for (const NewMember& m : isr) ids.push_back(m.id);
        auto may_lead = [&](BrokerId id) { return is_active(c.image, id); };
        auto record = plan_change(*now, topic->id, p.partition_index, {.isr = ids, .may_lead = may_lead});
        a.leader_id = now->leader;
        a.leader_epoch = now->leader_epoch;
        a.isr = ids;
        a.partition_epoch = now->partition_epoch;
        if (record) {
          a.partition_epoch++;
          d.records.push_back(*record);
        }
      }
      answers.partitions.push_back(std::move(a));
    }
    d.response.topics.push_back(std::move(answers));
  }
  return d;
}

Result<ControllerDecision<wire::AllocateProducerIdsResponse>> decide(const ControllerContext& c,
                                                                     const wire::AllocateProducerIdsRequest& r) {
  ControllerDecision<wire::AllocateProducerIdsResponse> d;
  const BrokerImage* broker = c.image.broker(r.broker_id);
  if (!broker || broker->epoch != r.broker_epoch) {
    d.response.error_code = number(ErrorCode::stale_broker_epoch);
    return d;
  }
  ProducerId first = c.image.next_producer_id;
  if (first > INT64_MAX - kProducerIdBlock) {
    d.response.error_code = number(ErrorCode::unknown_server_error);
    return d;
  }
  d.response.producer_id_start = first;
  d.response.producer_id_len = kProducerIdBlock;
  wire::ProducerIdsRecord record;
  record.broker_id = r.broker_id;
  record.broker_epoch = r.broker_epoch;
  record.next_producer_id = first + kProducerIdBlock;
  d.records.push_back(record);
  return d;
}

std::vector<FeatureRange> supported_features() {
  return {{"metadata.version", kMetadataVersionMin, kMetadataVersion}, {"eligible.leader.replicas.version", 0, 1}};
}

MetadataRecords bootstrap_records(const ControllerOptions& options) {
  MetadataRecords out;
  auto add = [&](const char* name, int16_t level) {
    wire::FeatureLevelRecord r;
    r.name = name;
    r.feature_level = level;
    out.push_back(r);
  };
  add("metadata.version", kMetadataVersion);
  if (options.elr) add("eligible.leader.replicas.version", 1);
  return out;
}

Result<ControllerDecision<wire::UpdateFeaturesResponse>> decide(const ControllerContext& c,
                                                                const wire::UpdateFeaturesRequest& r, int16_t version) {
  ControllerDecision<wire::UpdateFeaturesResponse> d;
  d.response.error_message.reset();
  MetadataRecords records;
  PartError first;
  for (const auto& u : r.feature_updates) {
    auto features = supported_features();
    auto known = std::find_if(features.begin(), features.end(),
                              [&](const FeatureRange& f) { return u.feature == f.name; });
    auto level = c.image.features.find(u.feature);
    int16_t now = level == c.image.features.end() ? 0 : level->second;
    bool downgrade_allowed = version >= 1 ? u.upgrade_type != 1 : u.allow_downgrade;
    PartError e;
    if (known == features.end()) {
      e = {ErrorCode::feature_update_failed, "Invalid update version " + std::to_string(u.max_version_level) +
                                                 " for feature " + u.feature +
                                                 ". The controller does not support the feature."};
    } else if (u.max_version_level < known->min || u.max_version_level > known->max) {
      e = {ErrorCode::feature_update_failed, "Invalid update version " + std::to_string(u.max_version_level) +
                                                 " for feature " + u.feature +
                                                 ". Local controller only supports versions " +
                                                 std::to_string(known->min) + "-" + std::to_string(known->max)};
    } else if (u.max_version_level < now && (!downgrade_allowed || u.feature == "metadata.version")) {
      e = {ErrorCode::feature_update_failed, "Invalid update version " + std::to_string(u.max_version_level) +
                                                 " for feature " + u.feature +
                                                 ". Can't downgrade the version of this feature."};
    } else if (u.max_version_level != now) {
      wire::FeatureLevelRecord record;
      record.name = u.feature;
      record.feature_level = u.max_version_level;
      records.push_back(record);
    }
    if (e.code != ErrorCode::none && first.code == ErrorCode::none) first = e;
    if (version <= 1) {
      wire::UpdateFeaturesResponse::UpdatableFeatureResult a;
      a.feature = u.feature;
      a.error_code = number(e.code);
      if (e.code == ErrorCode::none)
        a.error_message.reset();
      else
        a.error_message = e.message;
      d.response.results.push_back(std::move(a));
    }
  }
  // All of them or none (KIP-584 as of version 2; the older ones' results say which failed).
  if (first.code != ErrorCode::none) {
    d.response.error_code = version >= 2 ? number(first.code) : int16_t{0};
    if (version >= 2) d.response.error_message = first.message;
    return d;
  }
  if (!r.validate_only) d.records = std::move(records);
  return d;
}

}  // namespace weir::replication
