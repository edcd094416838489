#pragma once
#include <string_view>
#include <vector>

#include "base/wire/messages/create_partitions.h"
#include "base/wire/messages/create_topics.h"
#include "base/wire/messages/delete_topics.h"
#include "replication/controller/controller_state.h"

namespace weir::replication {

Result<ControllerDecision<wire::CreateTopicsResponse>> decide(const ControllerContext& c,
                                                              const wire::CreateTopicsRequest& r);
Result<ControllerDecision<wire::DeleteTopicsResponse>> decide(const ControllerContext& c,
                                                              const wire::DeleteTopicsRequest& r, int16_t version);
Result<ControllerDecision<wire::CreatePartitionsResponse>> decide(const ControllerContext& c,
                                                                  const wire::CreatePartitionsRequest& r);

/// Kafka's rules for topic names: 1-249 of [a-zA-Z0-9._-], not "." or "..".
PartError check_topic_name(std::string_view name);

/// Replicas for `count` new partitions: brokers in a ring that starts at random, each partition one further; live
/// brokers before fenced ones. A partition whose replicas are all fenced is never made. Errors:
/// invalid_replication_factor, with Kafka's words.
Result<std::vector<std::vector<BrokerId>>> place_replicas(const ControllerContext& c, size_t count,
                                                          size_t replication_factor);

}  // namespace weir::replication
