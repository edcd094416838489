#pragma once
#include <optional>
#include <string>

#include "base/wire/messages/alter_configs.h"
#include "base/wire/messages/incremental_alter_configs.h"
#include "replication/controller/controller_state.h"

namespace weir::replication {

/// KIP-339: set, delete, append, subtract; a resource changes as a whole or not at all.
Result<ControllerDecision<wire::IncrementalAlterConfigsResponse>> decide(const ControllerContext& c,
                                                                         const wire::IncrementalAlterConfigsRequest& r);
/// The old form: what a resource's request does not name goes back to its default.
Result<ControllerDecision<wire::AlterConfigsResponse>> decide(const ControllerContext& c,
                                                              const wire::AlterConfigsRequest& r);

wire::ConfigRecord config_record(ConfigType type, const std::string& resource, const std::string& key,
                                 std::optional<std::string> value);
PartError validate_configs(const ControllerContext& c, ConfigType type, const std::string& resource,
                           const ConfigMap& overrides);

}  // namespace weir::replication
