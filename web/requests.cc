#include "web/requests.h"

#include <simdjson.h>

#include <limits>

namespace weir::web {
namespace {
using simdjson::dom::element;

constexpr int64_t kRangeMsMax = int64_t{366} * 24 * 3600 * 1000;

Error bad(std::string detail) { return Error(ErrorCode::invalid_request, "web", std::move(detail)); }

/// simdjson's readers of a parsed document, as optional: nullopt if absent or null, an error if of another type.
Result<std::optional<std::string>> text_field(const element& object, const char* name) {
  element e;
  if (object[name].get(e) || e.is_null()) return std::optional<std::string>();
  std::string_view text;
  if (e.get(text)) return bad(std::string("'") + name + "' must be a string");
  return std::optional<std::string>(text);
}

Result<std::optional<int64_t>> int_field(const element& object, const char* name, int64_t low, int64_t high) {
  element e;
  if (object[name].get(e) || e.is_null()) return std::optional<int64_t>();
  int64_t number;
  if (e.get(number) || number < low || number > high) {
    return bad(std::string("'") + name + "' must be an integer from " + std::to_string(low) + " to " +
               std::to_string(high));
  }
  return std::optional<int64_t>(number);
}

Result<std::map<std::string, std::string>> map_field(const element& object, const char* name) {
  std::map<std::string, std::string> out;
  element e;
  if (object[name].get(e) || e.is_null()) return out;
  simdjson::dom::object fields;
  if (e.get(fields)) return bad(std::string("'") + name + "' must be an object of strings");
  for (auto field : fields) {
    std::string_view text;
    if (field.value.get(text)) return bad(std::string("'") + name + "' must be an object of strings");
    out[std::string(field.key)] = std::string(text);
  }
  return out;
}

Result<element> parse_object(simdjson::dom::parser& parser, std::string_view text) {
  element root;
  if (auto error = parser.parse(text.data(), text.size(), true).get(root))
    return bad(std::string("no valid JSON: ") + simdjson::error_message(error));
  if (!root.is_object()) return bad("the JSON must be an object");
  return root;
}

}  // namespace

Result<LiveRequest> parse_live_request(std::string_view text) {
  simdjson::dom::parser parser;
  TRY_ASSIGN(element root, parse_object(parser, text));
  TRY_ASSIGN(auto op, text_field(root, "op"));
  LiveRequest out;
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  TRY_ASSIGN(auto id, int_field(root, "id", 0, int64_t{1} << 53));
  out.id = id.value_or(0);
  if (op == "ping") return out;
  if (op != "sub" && op != "unsub") return bad("'op' must be \"sub\", \"unsub\" or \"ping\"");
  if (!id) return bad("'id' is missing");
  out.op = op == "sub" ? LiveRequest::Op::sub : LiveRequest::Op::unsub;
  if (out.op == LiveRequest::Op::unsub) return out;

  TRY_ASSIGN(auto channel, text_field(root, "channel"));
  if (!channel) return bad("'channel' is missing");
  out.channel = *channel;
  TRY_ASSIGN(auto from_seq, int_field(root, "from_seq", 0, kMax));
  if (from_seq) out.from_seq = static_cast<uint64_t>(*from_seq);
  TRY_ASSIGN(auto epoch, text_field(root, "epoch"));
  out.epoch = epoch.value_or("");
  element params;
  if (root["params"].get(params) || params.is_null()) return out;
  if (!params.is_object()) return bad("'params' must be an object");
  TRY_ASSIGN(auto topic, text_field(params, "topic"));
  if (topic) out.filter.prefix = *topic + "/";
  TRY_ASSIGN(auto job, text_field(params, "job"));
  out.filter.job = job.value_or("");
  TRY_ASSIGN(out.filter.range_ms, int_field(params, "range_ms", 0, kRangeMsMax));
  return out;
}

Result<Command> parse_run_sql(std::string_view body) {
  simdjson::dom::parser parser;
  TRY_ASSIGN(element root, parse_object(parser, body));
  Command command;
  command.kind = CommandKind::run_sql;
  TRY_ASSIGN(auto sql, text_field(root, "sql"));
  if (!sql || sql->empty()) return bad("'sql' is missing");
  command.sql = *sql;
  TRY_ASSIGN(command.vars, map_field(root, "vars"));
  return command;
}

Result<Command> parse_create_topic(std::string_view body) {
  simdjson::dom::parser parser;
  TRY_ASSIGN(element root, parse_object(parser, body));
  Command command;
  command.kind = CommandKind::create_topic;
  TRY_ASSIGN(auto name, text_field(root, "name"));
  if (!name || name->empty()) return bad("'name' is missing");
  command.name = *name;
  TRY_ASSIGN(auto partitions, int_field(root, "partitions", 1, 1'000'000));
  command.partitions = static_cast<int32_t>(partitions.value_or(-1));
  TRY_ASSIGN(auto factor, int_field(root, "replication_factor", 1, 32767));
  command.replication_factor = static_cast<int32_t>(factor.value_or(-1));
  TRY_ASSIGN(command.configs, map_field(root, "configs"));
  return command;
}

}  // namespace weir::web
