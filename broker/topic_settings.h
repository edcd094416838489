#pragma once
#include "base/config/config.h"
#include "replication/controller/quorum_node.h"
#include "replication/partition/replica_manager.h"

namespace weir::broker {

/// The layers of one topic's values in an image, on the node with this file config. Pointers into both: valid while
/// they live.
config::Layers layers_of_topic(const replication::MetadataImage& image, const config::BrokerConfig& broker,
                               const std::string& topic);
config::Layers layers_of_broker(const replication::MetadataImage& image, const config::BrokerConfig& broker,
                                BrokerId id);

/// What the log and replication obey for a topic.
replication::TopicSettings topic_settings(const replication::MetadataImage& image, const config::BrokerConfig& broker,
                                          const std::string& topic);

/// The controller's view of base/config.
replication::ConfigRules config_rules(const config::BrokerConfig& broker);

}  // namespace weir::broker
