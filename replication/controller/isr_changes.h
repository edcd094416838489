#pragma once
#include <set>

#include "base/wire/messages/allocate_producer_ids.h"
#include "base/wire/messages/alter_partition.h"
#include "base/wire/messages/update_features.h"
#include "replication/controller/controller_state.h"

namespace weir::replication {

inline constexpr int32_t kProducerIdBlock = 1000;

/// ISR changes that leaders ask for (KIP-497, KIP-841, KIP-903): fenced by broker, leader and partition epoch.
Result<ControllerDecision<wire::AlterPartitionResponse>> decide(const ControllerContext& c,
                                                                const wire::AlterPartitionRequest& r, int16_t version,
                                                                const std::set<BrokerId>& aside = {});
Result<ControllerDecision<wire::AllocateProducerIdsResponse>> decide(const ControllerContext& c,
                                                                     const wire::AllocateProducerIdsRequest& r);
Result<ControllerDecision<wire::UpdateFeaturesResponse>> decide(const ControllerContext& c,
                                                                const wire::UpdateFeaturesRequest& r, int16_t version);

/// Feature levels this build can run at.
struct FeatureRange {
  const char* name;
  int16_t min, max;
};
std::vector<FeatureRange> supported_features();
/// The first records of a cluster: the finalized feature levels.
MetadataRecords bootstrap_records(const ControllerOptions& options);

}  // namespace weir::replication
