#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Who may do what over HTTP. Pure functions over header values: no Beast type here.
namespace weir::web {

/// The part of "host:port" before the port, lower case, brackets of an IPv6 address taken off. Empty if malformed.
std::string host_name(std::string_view host_header);
bool is_ip_literal(std::string_view host);
/// 127.0.0.0/8, ::1, localhost, *.localhost.
bool is_loopback_name(std::string_view host);

struct AccessRequest {
  std::string_view host;                       // Host header
  std::optional<std::string_view> origin;      // Origin header; browsers send it with each POST, DELETE and WebSocket
  std::optional<std::string_view> fetch_site;  // Sec-Fetch-Site
  std::optional<std::string_view> authorization;
  bool peer_loopback = false;  // the socket's other end
};

struct AccessRules {
  std::optional<std::string> token;
  std::vector<std::string> known_hosts;  // own names besides IP addresses and localhost
};

/// Empty if allowed, else one sentence for the 403. A page of another site must neither read from us by DNS rebinding
/// (a name that is not ours leads to loopback) nor open our WebSocket (browsers allow that across origins).
std::string refuse_read(const AccessRequest& request, const AccessRules& rules);
/// Reads' rules, and: Origin, if there, is ours; with a token configured the token; without one only from this machine
/// under one of our names.
std::string refuse_write(const AccessRequest& request, const AccessRules& rules);
/// The rules for opening the WebSocket: a read whose Origin, if there, is ours.
std::string refuse_live(const AccessRequest& request, const AccessRules& rules);

}  // namespace weir::web
