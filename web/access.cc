#include "web/access.h"

#include <arpa/inet.h>

#include <algorithm>

namespace weir::web {
namespace {

bool is_known(const std::string& host, const AccessRules& rules) {
  return is_ip_literal(host) || is_loopback_name(host) ||
         std::find(rules.known_hosts.begin(), rules.known_hosts.end(), host) != rules.known_hosts.end();
}

/// "http://HOST[:PORT]" with exactly the Host that was asked for. "null" (sandboxed frames, files) is another site.
bool same_origin(std::string_view origin, std::string_view host) {
  for (std::string_view scheme : {"http://", "https://"}) {
    if (!origin.starts_with(scheme)) continue;
    origin.remove_prefix(scheme.size());
    return std::equal(origin.begin(), origin.end(), host.begin(), host.end(),
                      [](char a, char b) { return (a | 32) == (b | 32); });
  }
  return false;
}

/// Takes the same time wherever the first difference is.
bool equal_secret(std::string_view a, std::string_view b) {
  unsigned difference = a.size() == b.size() ? 0 : 1;
  for (size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned>(a[i] ^ (b.empty() ? 1 : b[i % b.size()]));
  return difference == 0;
}

std::string refuse_origin(const AccessRequest& request) {
  if (request.origin && !same_origin(*request.origin, request.host)) return "the Origin is not this server";
  if (request.fetch_site && *request.fetch_site == "cross-site") return "the request comes from a page of another site";
  return {};
}

}  // namespace

std::string host_name(std::string_view header) {
  std::string_view name = header;
  if (name.starts_with('[')) {
    size_t end = name.find(']');
    if (end == std::string_view::npos) return {};
    name = name.substr(1, end - 1);
  } else if (size_t colon = name.find(':'); colon != std::string_view::npos) {
    name = name.substr(0, colon);
  }
  std::string lower(name);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  if (lower.ends_with('.')) lower.pop_back();
  return lower;
}

bool is_ip_literal(std::string_view host) {
  unsigned char bytes[sizeof(in6_addr)];
  std::string text(host);
  return inet_pton(AF_INET, text.c_str(), bytes) == 1 || inet_pton(AF_INET6, text.c_str(), bytes) == 1;
}

bool is_loopback_name(std::string_view host) {
  if (host == "localhost" || host.ends_with(".localhost") || host == "::1") return true;
  return host.starts_with("127.") && is_ip_literal(host);
}

std::string refuse_read(const AccessRequest& request, const AccessRules& rules) {
  std::string host = host_name(request.host);
  if (request.peer_loopback && !is_known(host, rules))
    return "the Host '" + host + "' is not a name of this server (weir.http.allowed.hosts)";
  return {};
}

std::string refuse_live(const AccessRequest& request, const AccessRules& rules) {
  if (auto why = refuse_read(request, rules); !why.empty()) return why;
  return refuse_origin(request);
}

std::string refuse_write(const AccessRequest& request, const AccessRules& rules) {
  if (auto why = refuse_live(request, rules); !why.empty()) return why;
  if (rules.token) {
    constexpr std::string_view kBearer = "Bearer ";
    if (!request.authorization || !request.authorization->starts_with(kBearer))
      return "a write needs the header 'Authorization: Bearer TOKEN'";
    return equal_secret(*rules.token, request.authorization->substr(kBearer.size())) ? std::string()
                                                                                     : "the token is wrong";
  }
  if (!request.peer_loopback) return "without weir.http.token writes are taken from this machine only";
  std::string host = host_name(request.host);
  if (!is_known(host, rules)) return "the Host '" + host + "' is not a name of this server";
  return {};
}

}  // namespace weir::web
