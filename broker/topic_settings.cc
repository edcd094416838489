#include "broker/topic_settings.h"

#include <algorithm>

namespace weir::broker {

using replication::ConfigMap;
using replication::ConfigType;
using replication::MetadataImage;

config::Layers layers_of_broker(const MetadataImage& image, const config::BrokerConfig& broker, BrokerId id) {
  config::Layers layers;
  layers.dynamic_broker = &image.config(ConfigType::broker, std::to_string(id));
  layers.dynamic_default = &image.config(ConfigType::broker, "");
  layers.file = &broker.set;
  return layers;
}

config::Layers layers_of_topic(const MetadataImage& image, const config::BrokerConfig& broker,
                               const std::string& topic) {
  config::Layers layers = layers_of_broker(image, broker, broker.node_id);
  layers.topic = &image.config(ConfigType::topic, topic);
  return layers;
}

replication::TopicSettings topic_settings(const MetadataImage& image, const config::BrokerConfig& broker,
                                          const std::string& topic) {
  config::TopicConfig t = config::make_topic_config(layers_of_topic(image, broker, topic));
  replication::TopicSettings s;
  s.min_insync_replicas = t.min_insync_replicas;
  s.unclean_leader_election = t.unclean_leader_election_enable;
  s.log.segment_bytes = static_cast<uint64_t>(t.segment_bytes);
  s.log.segment_ms = t.segment_ms;
  s.log.index_interval_bytes = static_cast<uint32_t>(t.index_interval_bytes);
  s.log.segment_index_bytes = static_cast<uint32_t>(t.segment_index_bytes);
  s.log.retention_ms = t.retention_ms;
  s.log.retention_bytes = t.retention_bytes;
  s.log.max_message_bytes = static_cast<uint32_t>(t.max_message_bytes);
  s.log.message_timestamp_type = t.message_timestamp_type == "LogAppendTime" ? log::TimestampType::log_append_time
                                                                             : log::TimestampType::create_time;
  s.log.message_timestamp_before_max_ms = t.message_timestamp_before_max_ms;
  s.log.message_timestamp_after_max_ms = t.message_timestamp_after_max_ms;
  auto has = [&](const char* policy) {
    return std::find(t.cleanup_policy.begin(), t.cleanup_policy.end(), policy) != t.cleanup_policy.end();
  };
  s.log.cleanup_delete = has("delete");
  s.log.cleanup_compact = has("compact");
  s.log.system = topic.starts_with("__");
  s.log.producer_id_expiration_ms = broker.producer_id_expiration_ms;
  s.log.flush = t.weir_flush == "os"         ? log::FlushPolicy::os
                : t.weir_flush == "interval" ? log::FlushPolicy::interval
                                             : log::FlushPolicy::ack;
  return s;
}

replication::ConfigRules config_rules(const config::BrokerConfig& broker) {
  replication::ConfigRules rules;
  rules.validate = [](ConfigType type, const std::string&, const ConfigMap& overrides) -> Status {
    for (const auto& [name, value] : overrides) {
      if (type == ConfigType::group) continue;  // group configs belong to the group coordinator
      const config::KeyInfo* key = type == ConfigType::topic ? config::find_topic_key(name)
                                                             : config::find_broker_key(name);
      if (!key) {
        const bool topic = type == ConfigType::topic;
        auto near = topic ? config::nearest_topic_key(name) : config::nearest_key(name);
        std::string what = topic ? "Unknown topic config name: " : "Unknown broker config name: ";
        what.append(name);
        if (near) what.append("; did you mean ").append(*near).append("?");
        return Error(ErrorCode::invalid_config, "config", what);
      }
      if (type == ConfigType::broker && key->mode == config::UpdateMode::read_only) {
        return Error(ErrorCode::invalid_config, "config", "Cannot update these configs dynamically: " + name);
      }
      TRY(config::validate(*key, value));
    }
    return {};
  };
  rules.effective_topic = [&broker](const MetadataImage& image, const ConfigMap& overrides) {
    config::Layers layers = layers_of_broker(image, broker, broker.node_id);
    layers.topic = &overrides;
    std::vector<replication::EffectiveConfig> out;
    for (const config::KeyInfo& key : config::topic_keys()) {
      config::Effective e = config::effective_topic_value(key, layers);
      out.push_back({key.name, e.value, false, static_cast<int8_t>(e.source), false});
    }
    return out;
  };
  rules.topic_default = [&broker](const MetadataImage& image, const std::string& name) -> std::optional<std::string> {
    const config::KeyInfo* key = config::find_topic_key(name);
    if (!key) return std::nullopt;
    return config::effective_topic_value(*key, layers_of_broker(image, broker, broker.node_id)).value;
  };
  rules.is_list = [](ConfigType type, const std::string& name) {
    const config::KeyInfo* key = type == ConfigType::topic ? config::find_topic_key(name)
                                                           : config::find_broker_key(name);
    return key && key->type == config::ValueType::List;
  };
  return rules;
}

}  // namespace weir::broker
