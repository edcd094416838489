#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "web/access.h"
#include "web/assets.h"
#include "web/backend.h"
#include "web/hub.h"

namespace weir::web {

struct HttpRequest {
  std::string method;  // "GET", "HEAD", "POST", …
  std::string target;  // path and query as sent
  std::string content_type;
  std::string body;
  AccessRequest access;  // views into the request's headers: used before handle() returns
};

struct HttpReply {
  int status = 200;
  std::string content_type = "application/json; charset=utf-8";
  std::string body;
  const Asset* asset = nullptr;  // in place of body
  std::vector<std::pair<std::string, std::string>> headers;
};

/// The HTTP side: which path means what. One per server, on the web thread.
class Routes {
 public:
  Routes(Hub& hub, Backend& backend, AccessRules rules, std::shared_ptr<Loop> loop)
      : hub_(hub), backend_(backend), rules_(std::move(rules)), loop_(std::move(loop)) {}

  /// `done` is called once, now or later, on the web thread.
  void handle(const HttpRequest& request, std::function<void(HttpReply)> done);
  const AccessRules& rules() const { return rules_; }

 private:
  using Done = std::function<void(HttpReply)>;
  void get(const HttpRequest& request, std::string_view path, std::string_view query, Done done);
  void get_v1(std::string_view path, std::string_view query, Done done);
  void write(const HttpRequest& request, std::string_view path, Done done);
  void send_command(Command command, const AccessRequest& access, Done done);

  Hub& hub_;
  Backend& backend_;
  AccessRules rules_;
  std::shared_ptr<Loop> loop_;
};

HttpReply error_reply(int status, std::string_view code, std::string_view message);
/// "%20" and "+" undone; malformed escapes are left as they are.
std::string url_decode(std::string_view text);
/// Value of `name` in "a=1&b=2", decoded; empty if absent.
std::string query_value(std::string_view query, std::string_view name);

}  // namespace weir::web
