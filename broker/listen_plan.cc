#include "broker/listen_plan.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace weir::broker {
namespace {

Error refused(std::string detail) { return {ErrorCode::invalid_config, "config", std::move(detail)}; }

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return out;
}

bool is_loopback(const std::string& host) { return host == "localhost" || host == "::1" || host.starts_with("127."); }
bool is_plain(const std::string& protocol) { return protocol == "PLAINTEXT"; }
bool is_protocol(const std::string& name) {
  return is_plain(name) || name == "SSL" || name == "SASL_PLAINTEXT" || name == "SASL_SSL";
}

using Protocols = std::map<std::string, std::string>;

/// By listener name, upper case. As Kafka in KRaft mode: controller listeners that an unset map lacks are PLAINTEXT.
Result<Protocols> protocols_of(const config::BrokerConfig& config) {
  Protocols out;
  for (const std::string& item : config.listener_security_protocol_map) {
    size_t colon = item.rfind(':');
    std::string name = upper(item.substr(0, colon)),
                protocol = colon == std::string::npos ? "" : upper(item.substr(colon + 1));
    if (name.empty() || !is_protocol(protocol)) {
      return refused(fmt::format(
          "listener.security.protocol.map: '{}' is not NAME:PROTOCOL with PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL",
          item));
    }
    if (!out.emplace(name, protocol).second)
      return refused(fmt::format("listener.security.protocol.map: {} is named twice", name));
  }
  if (!config.set.contains("listener.security.protocol.map")) {
    for (const std::string& name : config.controller_listener_names) out.emplace(upper(name), "PLAINTEXT");
  }
  return out;
}

Status require_plain(const Protocols& protocols, std::string_view key, const std::string& name) {
  auto it = protocols.find(upper(name));
  if (it == protocols.end()) {
    return refused(
        fmt::format("{}: nothing says which security protocol the listener {} uses; add {}:PLAINTEXT to "
                    "listener.security.protocol.map",
                    key, name, name));
  }
  if (is_plain(it->second)) return {};
  return refused(
      fmt::format("{}: the listener {} uses {} (listener.security.protocol.map), but TLS and SASL are not supported "
                  "yet, and without them it would be "
                  "open to everyone; map it to PLAINTEXT if everyone who reaches the port may use it, else bind it to "
                  "127.0.0.1 behind a proxy that "
                  "authenticates",
                  key, name, it->second));
}

}  // namespace

bool is_open_host(const std::string& host) { return host.empty() || host == "0.0.0.0" || host == "::"; }

Advertised advertise(const ListenPlan& plan, const ListenerSpec& listener, uint16_t port,
                     const std::string& host_for_others) {
  Advertised out{{listener.endpoint.host, port}};
  for (const ListenerSpec& a : plan.advertised) {
    if (a.name != listener.name) continue;
    out.endpoint.host = a.endpoint.host;
    if (a.endpoint.port != 0) out.endpoint.port = a.endpoint.port;
  }
  out.host_unknown = is_open_host(out.endpoint.host);
  if (out.host_unknown) out.endpoint.host = host_for_others;
  return out;
}

std::string host_for_others(const std::vector<replication::Voter>& voters, BrokerId self,
                            const std::function<std::string()>& host_name) {
  bool all_here = true;
  for (const replication::Voter& v : voters) {
    if (v.id == self && !is_open_host(v.endpoint.host)) return v.endpoint.host;
    all_here = all_here && is_loopback(v.endpoint.host);
  }
  std::string name = all_here || !host_name ? "" : host_name();
  return name.empty() ? "127.0.0.1" : name;
}

bool ListenPlan::is_controller(const std::string& name) const {
  return std::find(controller_names.begin(), controller_names.end(), name) != controller_names.end();
}

bool ListenPlan::controllers_apart(const std::vector<replication::Voter>& voters, BrokerId self) const {
  auto own = std::find_if(voters.begin(), voters.end(), [&](const replication::Voter& v) { return v.id == self; });
  return std::any_of(open.begin(), open.end(), [&](const ListenerSpec& l) { return is_controller(l.name); }) &&
         std::none_of(open.begin(), open.end(), [&](const ListenerSpec& l) {
           return own != voters.end() && !is_controller(l.name) && l.endpoint.port == own->endpoint.port;
         });
}

Result<ListenPlan> plan_listeners(const config::BrokerConfig& config) {
  ListenPlan plan;
  TRY_ASSIGN(Protocols protocols, protocols_of(config));
  plan.controller_names = config.controller_listener_names;
  for (const std::string& text : config.listeners) {
    TRY_ASSIGN(auto spec, parse_listener(text));
    TRY(require_plain(protocols, "listeners", spec.name));
    plan.open.push_back(spec);
  }
  std::stable_sort(plan.open.begin(), plan.open.end(), [&](const auto& a, const auto& b) {
    return plan.is_controller(a.name) < plan.is_controller(b.name);
  });
  for (const std::string& text : config.advertised_listeners) {
    TRY_ASSIGN(auto spec, parse_listener(text));
    TRY(require_plain(protocols, "advertised.listeners", spec.name));
    plan.advertised.push_back(spec);
  }
  for (const std::string& name : plan.controller_names)
    TRY(require_plain(protocols, "controller.listener.names", name));
  if (const std::string& name = config.inter_broker_listener_name; !name.empty())
    TRY(require_plain(protocols, "inter.broker.listener.name", name));
  return plan;
}

}  // namespace weir::broker
