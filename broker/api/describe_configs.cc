#include <algorithm>
#include <set>

#include "broker/api/handlers.h"
#include "broker/topic_settings.h"

namespace weir::broker {
namespace {

using Response = wire::DescribeConfigsResponse;
using Resource = wire::DescribeConfigsRequest::DescribeConfigsResource;

Response::DescribeConfigsResourceResult describe(const config::KeyInfo& key, const config::Effective& value,
                                                 std::vector<config::Synonym> synonyms, bool read_only,
                                                 const wire::DescribeConfigsRequest& body) {
  Response::DescribeConfigsResourceResult out;
  out.name = key.name;
  auto shown = [&](const std::string& v) { return key.is_secret() ? std::nullopt : std::optional(v); };
  bool unset_number = value.value.empty() && !key.is_text();
  out.value = unset_number ? std::nullopt : shown(value.value);
  out.is_sensitive = key.is_secret();
  out.read_only = read_only;
  out.config_source = static_cast<int8_t>(value.source);
  out.config_type = static_cast<int8_t>(key.type);
  if (body.include_documentation)
    out.documentation = key.doc;
  else
    out.documentation = std::nullopt;
  if (body.include_synonyms) {
    for (config::Synonym& s : synonyms) out.synonyms.push_back({s.name, shown(s.value), static_cast<int8_t>(s.source)});
  }
  return out;
}

bool asked_for(const Resource& resource, const std::string& name) {
  if (!resource.configuration_keys) return true;
  return std::find(resource.configuration_keys->begin(), resource.configuration_keys->end(), name) !=
         resource.configuration_keys->end();
}

}  // namespace

WEIR_API(DescribeConfigs, describe_configs) {
  Response response;
  const auto& image = request.image();
  const auto& broker = request.node.config;
  std::set<std::pair<int8_t, std::string_view>> seen;  // named twice counts once
  for (const Resource& resource : body.resources) {
    if (!seen.emplace(resource.resource_type, resource.resource_name).second) continue;
    auto& out = response.results.emplace_back();
    out.resource_type = resource.resource_type;
    out.resource_name = resource.resource_name;
    out.error_message = std::nullopt;
    auto fail = [&](ErrorCode code, std::string message) {
      out.error_code = wire_code(code), out.error_message = std::move(message);
    };
    switch (static_cast<replication::ConfigType>(resource.resource_type)) {
      case replication::ConfigType::topic: {
        if (!image.topic(resource.resource_name)) {
          fail(ErrorCode::unknown_topic_or_partition, "there is no topic " + resource.resource_name);
          break;
        }
        config::Layers layers = layers_of_topic(image, broker, resource.resource_name);
        for (const config::KeyInfo& key : config::topic_keys()) {
          if (!asked_for(resource, key.name)) continue;
          out.configs.push_back(describe(key, config::effective_topic_value(key, layers),
                                         config::synonyms_of_topic_key(key, layers), false, body));
        }
        break;
      }
      case replication::ConfigType::broker: {
        bool cluster_default = resource.resource_name.empty();
        if (!cluster_default && resource.resource_name != std::to_string(broker.node_id)) {
          fail(ErrorCode::invalid_request, "this is broker " + std::to_string(broker.node_id) + "; ask broker " +
                                               resource.resource_name + " itself");
          break;
        }
        config::Layers layers = layers_of_broker(image, broker, broker.node_id);
        for (const config::KeyInfo& key : config::broker_keys()) {
          if (!asked_for(resource, key.name)) continue;
          if (cluster_default) {
            // Only what was set for all brokers.
            auto set = layers.dynamic_default->find(key.name);
            if (set == layers.dynamic_default->end()) continue;
            config::Effective value{set->second, config::Source::dynamic_default_broker};
            out.configs.push_back(describe(key, value, {{key.name, set->second, value.source}}, false, body));
          } else {
            out.configs.push_back(describe(key, config::effective_broker_value(key, layers),
                                           config::synonyms_of_broker_key(key, layers),
                                           key.mode == config::UpdateMode::read_only, body));
          }
        }
        break;
      }
      case replication::ConfigType::group:
        break;  // no group has settings of its own yet: an empty list
      default:
        fail(ErrorCode::invalid_request,
             "resource type " + std::to_string(resource.resource_type) + " has no configs here");
    }
  }
  reply(std::move(response));
}

}  // namespace weir::broker
