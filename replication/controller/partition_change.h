#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/wire/records/partition_change_record.h"
#include "replication/metadata/image.h"

namespace weir::replication {

/// Brokers that get a leadership only when nobody else can have it, the earliest first: back since then (many clients
/// do not reach them yet), or silent (max).
using LastChoice = std::map<BrokerId, MonoTime>;

/// How a partition is to change and who may lead it.
struct PartitionPlan {
  std::vector<BrokerId> isr;               // wanted; empty: as it is, the last member stays
  std::function<bool(BrokerId)> may_lead;  // alive and not about to leave
  bool unclean = false;       // unclean.leader.election.enable: a replica outside the ISR may lead when none of it can
  bool lost = false;          // the last member of the ISR has lost records: nobody is known to hold all of them
  bool prefer_first = false;  // move leadership to the preferred replica when it may lead
  LastChoice last_choice = {};
};

/// The record that makes `now` so, with a leader elected by the rules: the leader stays while it is in the ISR and may
/// lead; else the first replica in assignment order that is in the ISR and may (those of last choice behind the
/// others); else, when unclean, any replica that may, one that is known to have lost records last; else nobody (-1).
/// nullopt: nothing changes. An ISR that was lost is empty and its last member is kept in LastKnownElr (KIP-966).
std::optional<wire::PartitionChangeRecord> plan_change(const PartitionImage& now, const Uuid& topic,
                                                       PartitionId partition, const PartitionPlan& plan);

/// Calls `visit(topic, partition index, partition)` for all partitions with `broker` among the replicas.
void for_each_partition_of(const MetadataImage& image, BrokerId broker,
                           const std::function<void(const TopicImage&, PartitionId, const PartitionImage&)>& visit);

/// Whether `id` may lead or be in an ISR: registered, not fenced, not shutting down.
bool is_active(const MetadataImage& image, BrokerId id);

}  // namespace weir::replication
