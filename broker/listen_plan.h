#pragma once
#include <string>
#include <vector>

#include "base/config/config.h"
#include "broker/log_dir.h"
#include "replication/metadata/image.h"

namespace weir::broker {

/// What listeners, advertised.listeners, controller.listener.names and listener.security.protocol.map come to.
struct ListenPlan {
  std::vector<ListenerSpec> open;        // to bind, controllers last
  std::vector<ListenerSpec> advertised;  // as configured; a host may be missing
  std::vector<std::string> controller_names;

  bool is_controller(const std::string& name) const;
};

/// Errors: invalid_config, naming the key, for what is malformed and for every listener whose security protocol is not
/// PLAINTEXT: TLS and SASL are not there yet, and a port that is believed to ask for credentials must not be served
/// without.
Result<ListenPlan> plan_listeners(const config::BrokerConfig& config);

/// Empty, 0.0.0.0 or ::
bool is_open_host(const std::string& host);

}  // namespace weir::broker
