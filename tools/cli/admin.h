#pragma once
#include <map>
#include <string>
#include <vector>

#include "tools/client/client.h"

namespace weir::cli {

/// Repeats `attempt` (giving a Status or Result) while the controller or the coordinator is moving, and only then: in
/// these cases nothing was done.
template <class F>
auto admin(client::Client& client, F attempt) -> decltype(attempt()) {
  client::Patience patience(client.options().retry_ms);
  for (;;) {
    auto result = attempt();
    if (result) return result;
    ErrorCode code = result.code();
    bool moving = code == ErrorCode::not_controller || code == ErrorCode::not_coordinator ||
                  code == ErrorCode::coordinator_load_in_progress || code == ErrorCode::coordinator_not_available;
    if (!moving || !patience.pause()) return result;
  }
}

/// Types of resources in DescribeConfigs and IncrementalAlterConfigs.
enum class Resource : int8_t { topic = 2, broker = 4, group = 32 };
/// "topic", "broker", "group", also in the plural. Errors: invalid_argument.
Result<Resource> parse_resource(const std::string& text);

struct Setting {
  std::string name;
  std::optional<std::string> value;
  bool is_default = false, read_only = false;
  std::string source, documentation;
};
/// All settings of a topic, a broker (its id as text, "" for all brokers' defaults) or a group.
Result<std::vector<Setting>> describe_settings(client::Client& client, Resource type, const std::string& name);
/// Sets KEY=VALUE pairs and removes keys, all or none. Errors: invalid_argument for a pair without `=`.
Status alter_settings(client::Client& client, Resource type, const std::string& name,
                      const std::vector<std::string>& set, const std::vector<std::string>& unset);
/// "KEY=VALUE" apart. Errors: invalid_argument.
Result<std::pair<std::string, std::string>> parse_pair(const std::string& text);

}  // namespace weir::cli
