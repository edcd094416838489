#include <charconv>

#include "web/server.h"

namespace weir::web {

Result<Endpoint> parse_endpoint(std::string_view text) {
  auto bad = [&](const char* why) {
    return Error(ErrorCode::invalid_argument, "weir.http.listeners", "'" + std::string(text) + "': " + why);
  };
  std::string_view rest = text;
  if (size_t scheme = rest.find("://"); scheme != std::string_view::npos) {
    if (rest.substr(0, scheme) != "http" && rest.substr(0, scheme) != "HTTP") return bad("the scheme must be http");
    rest.remove_prefix(scheme + 3);
  }
  while (rest.ends_with('/')) rest.remove_suffix(1);
  size_t colon = rest.rfind(':');
  if (colon == std::string_view::npos) return bad("HOST:PORT is expected");
  std::string_view host = rest.substr(0, colon), port = rest.substr(colon + 1);
  if (host.starts_with('[')) {
    if (!host.ends_with(']')) return bad("']' is missing");
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return bad("an IPv6 address goes into brackets");
  }
  Endpoint endpoint;
  auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), endpoint.port);
  if (error != std::errc() || end != port.data() + port.size() || port.empty())
    return bad("the port must be a number from 0 to 65535");
  endpoint.host = host.empty() ? "0.0.0.0" : std::string(host);
  return endpoint;
}

}  // namespace weir::web
