#include "replication/controller/topic_configs.h"

#include <algorithm>
#include <map>
#include <set>

namespace weir::replication {

namespace {

enum Operation : int8_t { kSet = 0, kDelete = 1, kAppend = 2, kSubtract = 3 };

std::vector<std::string> split_list(const std::string& text) {
  std::vector<std::string> out;
  for (size_t at = 0; at <= text.size();) {
    size_t comma = std::min(text.find(',', at), text.size());
    if (comma > at) out.push_back(text.substr(at, comma - at));
    at = comma + 1;
  }
  return out;
}

std::string join_list(const std::vector<std::string>& items) {
  std::string out;
  for (const auto& i : items) out += (out.empty() ? "" : ",") + i;
  return out;
}

PartError check_resource(const ControllerContext& c, int8_t type, const std::string& name) {
  switch (static_cast<ConfigType>(type)) {
    case ConfigType::topic:
      if (!c.image.topic(name))
        return {ErrorCode::unknown_topic_or_partition, "The topic '" + name + "' does not exist."};
      return {};
    case ConfigType::broker:
      if (!std::all_of(name.begin(), name.end(), [](char ch) { return ch >= '0' && ch <= '9'; }) || name.size() > 9)
        return {ErrorCode::invalid_request, "Unable to parse broker name " + name + " as a base 10 number."};
      return {};
    case ConfigType::group:
      if (name.empty()) return {ErrorCode::invalid_request, "Default group resources are not allowed."};
      return {};
  }
  return {ErrorCode::invalid_request, "Unsupported resource type " + std::to_string(type) + "."};
}

/// The overrides with one change made.
PartError change(const ControllerContext& c, ConfigType type,
                 const wire::IncrementalAlterConfigsRequest::AlterableConfig& op, ConfigMap& overrides) {
  if (op.config_operation == kDelete) {
    overrides.erase(op.name);
    return {};
  }
  if (!op.value) return {ErrorCode::invalid_request, "Null value not supported for : " + op.name};
  if (op.config_operation == kSet) {
    overrides[op.name] = *op.value;
    return {};
  }
  if (op.config_operation != kAppend && op.config_operation != kSubtract)
    return {ErrorCode::invalid_request, "Unknown config operation " + std::to_string(op.config_operation)};
  const char* word = op.config_operation == kAppend ? "APPEND" : "SUBTRACT";
  if (c.options.configs.is_list && !c.options.configs.is_list(type, op.name))
    return {ErrorCode::invalid_config,
            std::string("Can't ") + word + " to key " + op.name + " because its type is not LIST."};
  std::string base;
  if (auto it = overrides.find(op.name); it != overrides.end())
    base = it->second;
  else if (type == ConfigType::topic && c.options.configs.topic_default)
    base = c.options.configs.topic_default(c.image, op.name).value_or("");
  std::vector<std::string> items = split_list(base);
  for (const auto& item : split_list(*op.value)) {
    auto at = std::find(items.begin(), items.end(), item);
    if (op.config_operation == kAppend && at == items.end()) items.push_back(item);
    if (op.config_operation == kSubtract && at != items.end()) items.erase(at);
  }
  overrides[op.name] = join_list(items);
  return {};
}

/// Records that turn one set of overrides into another.
void add_difference(ConfigType type, const std::string& resource, const ConfigMap& before, const ConfigMap& after,
                    MetadataRecords& out) {
  for (const auto& [key, value] : before)
    if (!after.count(key)) out.push_back(config_record(type, resource, key, std::nullopt));
  for (const auto& [key, value] : after)
    if (auto it = before.find(key); it == before.end() || it->second != value)
      out.push_back(config_record(type, resource, key, value));
}

/// What both forms share: per resource, `edit` makes the new overrides.
template <class Response, class Request, class Edit>
ControllerDecision<Response> alter(const ControllerContext& c, const Request& r, Edit edit) {
  ControllerDecision<Response> d;
  std::map<std::pair<int8_t, std::string>, int> named;
  for (const auto& resource : r.resources) named[{resource.resource_type, resource.resource_name}]++;
  for (const auto& resource : r.resources) {
    PartError e = check_resource(c, resource.resource_type, resource.resource_name);
    auto type = static_cast<ConfigType>(resource.resource_type);
    if (named[{resource.resource_type, resource.resource_name}] > 1)
      e = {ErrorCode::invalid_request, "Each resource must appear at most once."};
    std::set<std::string> keys;
    for (const auto& config : resource.configs)
      if (!keys.insert(config.name).second && e.code == ErrorCode::none)
        e = {ErrorCode::invalid_request, "Error due to duplicate config keys"};
    const ConfigMap& before = c.image.config(type, resource.resource_name);
    ConfigMap after = before;
    if (e.code == ErrorCode::none) e = edit(type, resource, after);
    if (e.code == ErrorCode::none) e = validate_configs(c, type, resource.resource_name, after);
    typename Response::AlterConfigsResourceResponse a;
    a.error_code = static_cast<int16_t>(e.code);
    if (e.code == ErrorCode::none)
      a.error_message.reset();
    else
      a.error_message = e.message;
    a.resource_type = resource.resource_type;
    a.resource_name = resource.resource_name;
    d.response.responses.push_back(std::move(a));
    if (e.code == ErrorCode::none && !r.validate_only)
      add_difference(type, resource.resource_name, before, after, d.records);
  }
  return d;
}

}  // namespace

wire::ConfigRecord config_record(ConfigType type, const std::string& resource, const std::string& key,
                                 std::optional<std::string> value) {
  wire::ConfigRecord r;
  r.resource_type = static_cast<int8_t>(type);
  r.resource_name = resource;
  r.name = key;
  r.value = std::move(value);
  return r;
}

PartError validate_configs(const ControllerContext& c, ConfigType type, const std::string& resource,
                           const ConfigMap& overrides) {
  if (!c.options.configs.validate) return {};
  Status s = c.options.configs.validate(type, resource, overrides);
  if (s) return {};
  return {s.code(), s.error().detail.empty() ? s.error().message() : s.error().detail};
}

Result<ControllerDecision<wire::IncrementalAlterConfigsResponse>> decide(
    const ControllerContext& c, const wire::IncrementalAlterConfigsRequest& r) {
  return alter<wire::IncrementalAlterConfigsResponse>(
      c, r, [&](ConfigType type, const auto& resource, ConfigMap& overrides) {
        for (const auto& op : resource.configs)
          if (PartError e = change(c, type, op, overrides); e.code != ErrorCode::none) return e;
        return PartError{};
      });
}

Result<ControllerDecision<wire::AlterConfigsResponse>> decide(const ControllerContext& c,
                                                              const wire::AlterConfigsRequest& r) {
  return alter<wire::AlterConfigsResponse>(c, r, [&](ConfigType, const auto& resource, ConfigMap& overrides) {
    overrides.clear();
    for (const auto& config : resource.configs) {
      if (!config.value) return PartError{ErrorCode::invalid_request, "Null value not supported for : " + config.name};
      overrides[config.name] = *config.value;
    }
    return PartError{};
  });
}

}  // namespace weir::replication
