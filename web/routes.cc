#include "web/routes.h"

#include <charconv>
#include <optional>

#include "web/json_writer.h"
#include "web/requests.h"
#include "web/views_json.h"

namespace weir::web {
namespace {

constexpr int64_t kDashboardRangeMs = 15 * 60 * 1000;

int status_of(const Error& error) {
  switch (error.code) {
    case ErrorCode::invalid_request:
    case ErrorCode::invalid_argument:
    case ErrorCode::malformed:
    case ErrorCode::invalid_config:
    case ErrorCode::invalid_topic_exception:
    case ErrorCode::invalid_partitions:
    case ErrorCode::invalid_replication_factor:
      return 400;
    case ErrorCode::not_found:
    case ErrorCode::unknown_topic_or_partition:
    case ErrorCode::group_id_not_found:
    case ErrorCode::resource_not_found:
      return 404;
    case ErrorCode::already_exists:
    case ErrorCode::topic_already_exists:
    case ErrorCode::duplicate_resource:
      return 409;
    case ErrorCode::unsupported:
      return 501;
    case ErrorCode::request_timed_out:
      return 504;
    case ErrorCode::limit_reached:
      return 429;
    default:
      return error_is_retriable(error.code) ? 503 : 500;
  }
}

HttpReply error_reply_of(const Error& error) {
  return error_reply(status_of(error), error_name(error.code), error.message());
}

HttpReply json_reply(std::string body) {
  HttpReply reply;
  reply.body = std::move(body);
  reply.body += '\n';
  return reply;
}

HttpReply text_reply(int status, std::string body) {
  return {status, "text/plain; charset=utf-8", std::move(body), nullptr, {}};
}

/// One element of a channel by its key, or 404.
HttpReply item_reply(const Items& items, const std::string& key, std::string_view what) {
  auto found = items.find(key);
  return found == items.end() ? error_reply(404, "not_found", "no such " + std::string(what))
                              : json_reply(found->second);
}

template <class View, class Make>
ViewCallback<View> reply_with(std::function<void(HttpReply)> done, Make make) {
  return [done = std::move(done), make = std::move(make)](Result<std::shared_ptr<const View>> view) {
    done(view.ok() ? make(**view) : error_reply_of(view.error()));
  };
}

std::optional<int64_t> to_int(std::string_view text) {
  int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// "a/b/c" → first "a", rest "b/c".
std::pair<std::string_view, std::string_view> split(std::string_view path) {
  size_t slash = path.find('/');
  if (slash == std::string_view::npos) return {path, {}};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

}  // namespace

HttpReply error_reply(int status, std::string_view code, std::string_view message) {
  HttpReply reply = json_reply(error_json(code, message));
  reply.status = status;
  return reply;
}

std::string url_decode(std::string_view text) {
  auto digit = [](char c) {
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
  };
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] == '%' && i + 2 < text.size() && digit(text[i + 1]) >= 0 && digit(text[i + 2]) >= 0) {
      out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string query_value(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    size_t end = query.find('&');
    std::string_view pair = query.substr(0, end);
    size_t equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name) return url_decode(pair.substr(equals + 1));
    if (end == std::string_view::npos) break;
    query.remove_prefix(end + 1);
  }
  return {};
}

void Routes::handle(const HttpRequest& request, Done done) {
  std::string_view target = request.target;
  if (!target.starts_with('/')) return done(error_reply(400, "invalid_request", "the request target must be a path"));
  std::string_view path = target.substr(0, target.find('?'));
  std::string_view query = path.size() < target.size() ? target.substr(path.size() + 1) : std::string_view();
  if (request.method == "GET" || request.method == "HEAD") return get(request, path, query, std::move(done));
  if (request.method == "POST" || request.method == "DELETE") return write(request, path, std::move(done));
  HttpReply reply = error_reply(405, "invalid_request", "only GET, HEAD, POST and DELETE are served");
  reply.headers.emplace_back("Allow", "GET, HEAD, POST, DELETE");
  done(std::move(reply));
}

void Routes::get(const HttpRequest& request, std::string_view path, std::string_view query, Done done) {
  if (path == "/healthz") return done(text_reply(200, "ok\n"));
  if (path == "/readyz") return done(backend_.ready() ? text_reply(200, "ready\n") : text_reply(503, "starting\n"));
  if (auto why = refuse_read(request.access, rules_); !why.empty())
    return done(error_reply(403, "permission_denied", why));
  if (path == "/metrics") {
    return backend_.metrics([loop = loop_, done = std::move(done)](std::string text) {
      loop->post([done, text = std::move(text)] {
        done({200, "text/plain; version=0.0.4; charset=utf-8", text, nullptr, {}});
      });
    });
  }
  if (path == "/v1/live") {
    HttpReply reply = error_reply(426, "invalid_request", "this is a WebSocket");
    reply.headers.emplace_back("Upgrade", "websocket");
    return done(std::move(reply));
  }
  if (path.starts_with("/v1/")) return get_v1(path.substr(4), query, std::move(done));
  if (const Asset* asset = find_asset(path)) {
    HttpReply reply;
    reply.asset = asset;
    return done(std::move(reply));
  }
  done(error_reply(404, "not_found", "there is nothing at this path"));
}

void Routes::get_v1(std::string_view path, std::string_view query, Done done) {
  auto [what, rest] = split(path);
  std::string name = url_decode(rest);
  if (what == "cluster" && rest.empty()) {
    return hub_.get_cluster(reply_with<ClusterView>(
        std::move(done), [](const auto& view) { return json_reply(cluster_document(cluster_items(view))); }));
  }
  if (what == "nodes") {
    return hub_.get_cluster(reply_with<ClusterView>(std::move(done), [name](const auto& view) {
      auto items = cluster_items(view);
      return name.empty() ? json_reply(items_document(items, "nodes", "node/"))
                          : item_reply(items, "node/" + name, "node");
    }));
  }
  if (what == "topics") {
    return hub_.get_cluster(reply_with<ClusterView>(std::move(done), [name](const auto& view) {
      auto items = topic_items(view);
      return name.empty() ? json_reply(items_document(items, "topics", "topic/"))
                          : item_reply(items, "topic/" + name, "topic");
    }));
  }
  if (what == "partitions" && rest.empty()) {
    return hub_.get_cluster(
        reply_with<ClusterView>(std::move(done), [topic = query_value(query, "topic")](const auto& view) {
          return json_reply(items_document(replication_items(view), "partitions", topic.empty() ? "" : topic + "/"));
        }));
  }
  if (what == "groups") {
    return hub_.get_groups(reply_with<GroupsView>(std::move(done), [name](const auto& view) {
      auto items = group_items(view);
      return name.empty() ? json_reply(items_document(items, "groups", "group/"))
                          : item_reply(items, "group/" + name, "group");
    }));
  }
  if (what == "jobs") {
    return hub_.get_jobs(reply_with<JobsView>(std::move(done), [name](const auto& view) {
      auto items = job_items(view);
      return name.empty() ? json_reply(items_document(items, "jobs", "job/")) : item_reply(items, "job/" + name, "job");
    }));
  }
  if ((what == "series" || what == "dashboard") && rest.empty()) {
    auto text = query_value(query, "range_ms");
    auto range = to_int(text);
    if (!text.empty() && (!range || *range < 0))
      return done(error_reply(400, "invalid_request", "'range_ms' must be a number of milliseconds"));
    if (what == "dashboard") return done(json_reply(hub_.series().dashboard(range.value_or(kDashboardRangeMs))));
    return done(json_reply(hub_.series().document({"", query_value(query, "job"), range})));
  }
  done(error_reply(404, "not_found",
                   "no such resource: cluster, nodes, topics, partitions, groups, jobs, series, dashboard, live"));
}

void Routes::write(const HttpRequest& request, std::string_view path, Done done) {
  if (auto why = refuse_write(request.access, rules_); !why.empty())
    return done(error_reply(403, "permission_denied", why));
  if (!path.starts_with("/v1/")) return done(error_reply(404, "not_found", "writes live under /v1/"));
  bool post = request.method == "POST";
  // A form of another site can send text/plain or form data without asking first, but not JSON.
  if (post && !request.body.empty() && !request.content_type.starts_with("application/json")) {
    return done(error_reply(415, "invalid_request", "the body must be application/json"));
  }
  auto [what, rest] = split(path.substr(4));
  auto [name_part, verb] = split(rest);
  Command command;
  command.name = url_decode(name_part);
  auto send_parsed = [&](Result<Command> parsed) {
    if (!parsed.ok()) return done(error_reply_of(parsed.error()));
    send_command(std::move(*parsed), request.access, std::move(done));
  };
  if (post && what == "jobs" && rest.empty()) return send_parsed(parse_run_sql(request.body));
  if (post && what == "topics" && rest.empty()) return send_parsed(parse_create_topic(request.body));
  if (what == "jobs" && !command.name.empty() &&
      ((post && (verb == "pause" || verb == "resume")) || (!post && verb.empty()))) {
    command.kind = !post ? CommandKind::drop_job : verb == "pause" ? CommandKind::pause_job : CommandKind::resume_job;
    return send_command(std::move(command), request.access, std::move(done));
  }
  if (what == "topics" && !command.name.empty() && !post && verb.empty()) {
    command.kind = CommandKind::delete_topic;
    return send_command(std::move(command), request.access, std::move(done));
  }
  if (what == "partitions" && post) {
    auto [number, act] = split(verb);
    auto partition = to_int(number);
    if (partition && *partition >= 0 && *partition <= INT32_MAX && act == "elect") {
      command.kind = CommandKind::elect_leader;
      command.partition = static_cast<PartitionId>(*partition);
      return send_command(std::move(command), request.access, std::move(done));
    }
  }
  done(error_reply(404, "not_found",
                   "no such write: POST jobs, jobs/NAME/pause|resume, topics, partitions/TOPIC/N/elect; DELETE "
                   "jobs/NAME, topics/NAME"));
}

void Routes::send_command(Command command, const AccessRequest& access, Done done) {
  command.principal = access.authorization ? "token" : "loopback";
  backend_.command(std::move(command), [loop = loop_, done = std::move(done)](Result<std::string> result) {
    loop->post([done, result = std::move(result)] {
      if (!result.ok()) return done(error_reply_of(result.error()));
      const std::string& text = *result;
      if (text.starts_with('{') || text.starts_with('[')) return done(json_reply(text));
      JsonWriter w;
      w.begin_object().field("message", text).end_object();
      done(json_reply(w.take()));
    });
  });
}

}  // namespace weir::web
