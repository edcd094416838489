#pragma once
#include <functional>
#include <string>
#include <vector>

#include "base/config/config.h"
#include "broker/log_dir.h"

namespace weir::broker {

/// What listeners, advertised.listeners, controller.listener.names and listener.security.protocol.map come to.
struct ListenPlan {
  std::vector<ListenerSpec> open;        // to bind, controllers last
  std::vector<ListenerSpec> advertised;  // as configured; a host may be missing
  std::vector<std::string> controller_names;

  bool is_controller(const std::string& name) const;
  /// Controllers meet on listeners of their own: there are such, and the address in the voter set is not a client
  /// listener's.
  bool controllers_apart(const std::vector<replication::Voter>& voters, BrokerId self) const;
};

/// Errors: invalid_config, naming the key, for what is malformed and for every listener whose security protocol is not
/// PLAINTEXT: TLS and SASL are not there yet, and a port that is believed to ask for credentials must not be served
/// without.
Result<ListenPlan> plan_listeners(const config::BrokerConfig& config);

/// Empty, 0.0.0.0 or ::
bool is_open_host(const std::string& host);

/// What a listener that is bound to `port` is registered as.
struct Advertised {
  io::Endpoint endpoint;
  /// Nobody said under which host this node is reached there: clients of it are told the one they dialled, and
  /// `endpoint` is for those of other nodes.
  bool host_unknown = false;
};
Advertised advertise(const ListenPlan& plan, const ListenerSpec& listener, uint16_t port,
                     const std::string& host_for_others);

/// The host that stands in where none is configured: the one under which the other voters reach this node, 127.0.0.1
/// where all of them are on this machine, else `host_name()`, as Kafka does.
std::string host_for_others(const std::vector<replication::Voter>& voters, BrokerId self,
                            const std::function<std::string()>& host_name);

}  // namespace weir::broker
