#pragma once
#include <map>
#include <string>

#include "web/backend.h"

/// How the views of backend.h look as JSON: a channel is a set of items, key → JSON text, so that a change is the items
/// that changed. The names of the fields are those of the structs.
namespace weir::web {

using Items = std::map<std::string, std::string>;

Items cluster_items(const ClusterView& view);      // meta, health, quorum, node/ID, event/SEQ
Items replication_items(const ClusterView& view);  // meta, TOPIC/PARTITION (six digits, so that they sort)
Items topic_items(const ClusterView& view);        // meta, topic/NAME
Items group_items(const GroupsView& view);         // meta, group/ID
Items job_items(const JobsView& view);             // meta, job/NAME

/// State of one partition in one letter: o in order, u under-replicated, m fewer in sync than min.insync.replicas, l
/// without leader.
char partition_state(const PartitionView& partition, int32_t min_insync_replicas);

/// The items as one document for scripts: {"meta":…, LIST:[…]}.
std::string items_document(const Items& items, std::string_view list, std::string_view prefix);
/// GET /v1/cluster: {"meta":…,"health":…,"quorum":…,"nodes":[…],"events":[…]}.
std::string cluster_document(const Items& items);

}  // namespace weir::web
