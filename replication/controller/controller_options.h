#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/util/result.h"
#include "base/util/types.h"
#include "replication/metadata/image.h"

namespace weir::replication {

/// One effective config as CreateTopics answers it (source: 1 dynamic topic, 2 dynamic broker, 3 dynamic default, 4
/// static, 5 default).
struct EffectiveConfig {
  std::string name;
  std::optional<std::string> value;
  bool read_only = false;
  int8_t source = 5;
  bool sensitive = false;
};

/// What the controller must know of config keys, injected by main from base/config. An empty function means: everything
/// is valid, nothing has a default.
struct ConfigRules {
  /// The whole set of overrides of one resource (name "" of a broker: cluster default). The error's detail is shown to
  /// the client. Errors: invalid_config.
  std::function<Status(ConfigType, const std::string& resource, const ConfigMap& overrides)> validate;
  /// All configs of a topic with these overrides, as DescribeConfigs would show them.
  std::function<std::vector<EffectiveConfig>(const MetadataImage&, const ConfigMap& overrides)> effective_topic;
  /// Value of a topic config when the topic does not set it (from broker configs and defaults); nullopt: no such key.
  std::function<std::optional<std::string>(const MetadataImage&, const std::string& key)> topic_default;
  /// Whether APPEND and SUBTRACT make sense.
  std::function<bool(ConfigType, const std::string& key)> is_list;
};

struct ControllerOptions {
  int32_t num_partitions = 1;                                 // num.partitions: CreateTopics with -1
  int16_t default_replication_factor = 1;                     // default.replication.factor
  Duration broker_session_timeout{1'800'000'000};             // broker.session.timeout.ms (ours; Kafka: 9 s)
  Duration leader_imbalance_check_interval{300'000'000'000};  // leader.imbalance.check.interval.seconds
  bool auto_leader_rebalance = true;                          // auto.leader.rebalance.enable
  bool delete_topics = true;                                  // delete.topic.enable
  bool elr = false;  // finalize eligible.leader.replicas.version=1 at bootstrap
  ConfigRules configs;
};

}  // namespace weir::replication
