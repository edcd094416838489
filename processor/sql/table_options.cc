#include "processor/sql/table_options.h"

#include <algorithm>
#include <charconv>

#include "processor/expr/text.h"

namespace weir::processor {

namespace {

/// Names of Flink's Kafka connector and JSON format. Those marked false are known and have no meaning here.
struct Known {
  const char* name;
  bool used;
};
constexpr Known kOptions[] = {
    {"connector", true},
    {"topic", true},
    {"format", true},
    {"value.format", true},
    {"scan.startup.mode", true},
    {"scan.startup.specific-offsets", true},
    {"scan.startup.timestamp-millis", true},
    {"scan.bounded.mode", true},
    {"scan.bounded.specific-offsets", true},
    {"scan.watermark.emit.strategy", true},
    {"scan.watermark.idle-timeout", true},
    {"json.ignore-parse-errors", true},
    {"json.fail-on-missing-field", true},
    {"json.timestamp-format.standard", true},
    {"json.encode.ignore-null-fields", true},
    {"value.json.ignore-parse-errors", true},
    {"value.json.fail-on-missing-field", true},
    {"value.json.timestamp-format.standard", true},
    {"scan.topic-partition-discovery.interval", false},
    {"scan.watermark.alignment.group", false},
    {"scan.watermark.alignment.max-drift", false},
    {"scan.watermark.alignment.update-interval", false},
    {"scan.watermark.emit.on-event.gap", false},
    {"scan.parallelism", false},
    {"sink.partitioner", false},
    {"sink.parallelism", false},
    {"sink.delivery-guarantee", false},
    {"sink.semantic", false},
    {"sink.transactional-id-prefix", false},
    {"sink.transaction-naming-strategy", false},
    {"sink.buffer-flush.max-rows", false},
    {"sink.buffer-flush.interval", false},
    {"json.map-null-key.mode", false},
    {"json.map-null-key.literal", false},
    {"json.encode.decimal-as-plain-number", false},
    {"json.decode.json-parser.enabled", false},
    {"value.fields-include", false},
};
// Known to Flink, with a meaning that we do not have: refused rather than ignored.
constexpr const char* kNotYet[] = {"topic-pattern", "key.format", "key.fields", "key.fields-prefix",
                                   "scan.bounded.timestamp-millis"};

Error bad_value(const ast::Option& o, const std::vector<std::string>& allowed) {
  std::string list;
  for (const std::string& a : allowed) list += (list.empty() ? "'" : ", '") + a + "'";
  return sql_error(o.value_at, "'" + o.value + "' is no value of '" + o.key + "'; it takes " + list);
}

Result<bool> boolean(const ast::Option& o) {
  if (equals_ignore_case(o.value, "true")) return true;
  if (equals_ignore_case(o.value, "false")) return false;
  return bad_value(o, {"true", "false"});
}

/// "partition:0,offset:42;partition:1,offset:300"
Result<std::map<PartitionId, Offset>> offsets(const ast::Option& o) {
  std::map<PartitionId, Offset> out;
  std::string_view rest = o.value;
  while (!rest.empty()) {
    std::string_view one = rest.substr(0, rest.find(';'));
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
    size_t comma = one.find(',');
    auto field = [&](std::string_view part, std::string_view name) -> std::optional<int64_t> {
      part = trim_blanks(part);
      if (part.substr(0, name.size()) != name) return std::nullopt;
      return parse_int(part.substr(name.size()));
    };
    auto partition = field(one.substr(0, comma), "partition:");
    auto offset = comma == std::string_view::npos ? std::nullopt : field(one.substr(comma + 1), "offset:");
    if (!partition || !offset || *partition < 0 || *partition > INT32_MAX || *offset < 0)
      return sql_error(o.value_at, "'" + o.key + "' is written 'partition:0,offset:42;partition:1,offset:300'");
    out[static_cast<PartitionId>(*partition)] = *offset;
  }
  return out;
}

Status apply(const ast::Option& o, Table& t, bool& connector, bool& format) {
  std::string_view key = o.key;
  if (key.substr(0, 6) == "value.") key.remove_prefix(6);
  if (key == "connector") {
    connector = true;
    if (o.value != "kafka") return bad_value(o, {"kafka"});
  } else if (key == "topic") {
    t.topic = o.value;
    if (o.value.find(';') != std::string::npos)
      return sql_error(o.value_at, "a table reads one topic; lists of topics are not supported yet");
    if (o.value.empty() || o.value.size() > 249) return sql_error(o.value_at, "'" + o.value + "' is no topic name");
  } else if (key == "format") {
    format = true;
    if (o.value != "json") return bad_value(o, {"json"});
  } else if (key == "scan.startup.mode") {
    if (o.value == "earliest-offset")
      t.startup = StartupMode::earliest;
    else if (o.value == "latest-offset")
      t.startup = StartupMode::latest;
    else if (o.value == "specific-offsets")
      t.startup = StartupMode::specific_offsets;
    else if (o.value == "timestamp")
      t.startup = StartupMode::timestamp;
    else
      return bad_value(o, {"earliest-offset", "latest-offset", "timestamp", "specific-offsets"});
  } else if (key == "scan.startup.specific-offsets") {
    TRY_ASSIGN(t.startup_offsets, offsets(o));
  } else if (key == "scan.startup.timestamp-millis") {
    auto ms = parse_int(o.value);
    if (!ms) return bad_value(o, {"milliseconds since 1970"});
    t.startup_timestamp_ms = *ms;
  } else if (key == "scan.bounded.mode") {
    if (o.value == "unbounded")
      t.bounded = BoundedMode::unbounded;
    else if (o.value == "latest-offset")
      t.bounded = BoundedMode::latest;
    else if (o.value == "specific-offsets")
      t.bounded = BoundedMode::specific_offsets;
    else
      return bad_value(o, {"unbounded", "latest-offset", "specific-offsets"});
  } else if (key == "scan.bounded.specific-offsets") {
    TRY_ASSIGN(t.bounded_offsets, offsets(o));
  } else if (key == "scan.watermark.emit.strategy") {
    // The watermark moves with every record whichever is asked for: that is the one of the two that is a function of
    // the input.
    if (o.value != "on-event" && o.value != "on-periodic") return bad_value(o, {"on-event", "on-periodic"});
  } else if (key == "scan.watermark.idle-timeout") {
    auto ms = parse_duration_ms(o.value);
    if (!ms) return bad_value(o, {"a duration such as '10 s'"});
    t.idle_timeout_ms = *ms;
  } else if (key == "json.ignore-parse-errors") {
    TRY_ASSIGN(t.ignore_parse_errors, boolean(o));
  } else if (key == "json.fail-on-missing-field") {
    TRY_ASSIGN(t.fail_on_missing_field, boolean(o));
  } else if (key == "json.encode.ignore-null-fields") {
    TRY_ASSIGN(t.ignore_null_fields, boolean(o));
  } else if (key == "json.timestamp-format.standard") {
    if (o.value == "SQL")
      t.timestamp_format = TimestampFormat::sql;
    else if (o.value == "ISO-8601")
      t.timestamp_format = TimestampFormat::iso_8601;
    else
      return bad_value(o, {"SQL", "ISO-8601"});
  }
  return {};
}

std::optional<int64_t> number_with_unit(std::string_view text, std::string& unit) {
  text = trim_blanks(text);
  size_t n = 0;
  while (n < text.size() && text[n] >= '0' && text[n] <= '9') ++n;
  auto v = parse_int(text.substr(0, n));
  for (char c : trim_blanks(text.substr(n))) unit += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return v;
}

std::optional<int64_t> scaled(std::optional<int64_t> v, int64_t unit) {
  int64_t out = 0;
  if (!v || unit == 0 || __builtin_mul_overflow(*v, unit, &out)) return std::nullopt;
  return out;
}

}  // namespace

std::optional<int64_t> parse_duration_ms(std::string_view text) {
  std::string u;
  auto v = number_with_unit(text, u);
  int64_t unit = u.empty() || u == "ms" || u == "milli" || u == "millis" || u == "millisecond" || u == "milliseconds"
                     ? 1
                 : u == "s" || u == "sec" || u == "secs" || u == "second" || u == "seconds" ? 1000
                 : u == "m" || u == "min" || u == "minute" || u == "minutes"                ? 60'000
                 : u == "h" || u == "hour" || u == "hours"                                  ? 3'600'000
                 : u == "d" || u == "day" || u == "days"                                    ? 86'400'000
                                                                                            : 0;
  return scaled(v, unit);
}

std::optional<int64_t> parse_memory_bytes(std::string_view text) {
  std::string u;
  auto v = number_with_unit(text, u);
  int64_t unit = u.empty() || u == "b" || u == "bytes" ? 1
                 : u == "k" || u == "kb" || u == "kib" ? int64_t{1} << 10
                 : u == "m" || u == "mb" || u == "mib" ? int64_t{1} << 20
                 : u == "g" || u == "gb" || u == "gib" ? int64_t{1} << 30
                                                       : 0;
  return scaled(v, unit);
}

Status apply_table_options(const ast::CreateTable& from, Table& table) {
  bool connector = false, format = false;
  std::vector<std::string> seen;
  for (const ast::Option& o : from.options) {
    if (std::find(seen.begin(), seen.end(), o.key) != seen.end())
      return sql_error(o.key_at, "option '" + o.key + "' is set twice");
    seen.push_back(o.key);
    if (o.key.substr(0, 11) == "properties.") continue;
    for (const char* name : kNotYet)
      if (o.key == name) return sql_error(o.key_at, "option '" + o.key + "' is not supported yet");
    bool known = false;
    std::vector<std::string> names;
    for (const Known& k : kOptions) {
      known = known || o.key == k.name;
      names.push_back(k.name);
    }
    if (!known) {
      std::string near = nearest_name(o.key, names);
      return sql_error(o.key_at,
                       "unknown option '" + o.key + "'" + (near.empty() ? "" : "; did you mean '" + near + "'?"));
    }
    TRY(apply(o, table, connector, format));
  }
  if (!connector) return sql_error(from.name.at, "table `" + table.name + "` needs 'connector' = 'kafka'");
  if (table.topic.empty()) return sql_error(from.name.at, "table `" + table.name + "` needs 'topic' = '…'");
  if (!format) return sql_error(from.name.at, "table `" + table.name + "` needs 'format' = 'json'");
  if (table.startup == StartupMode::specific_offsets && table.startup_offsets.empty())
    return sql_error(from.name.at, "'scan.startup.mode' = 'specific-offsets' needs 'scan.startup.specific-offsets'");
  if (table.bounded == BoundedMode::specific_offsets && table.bounded_offsets.empty())
    return sql_error(from.name.at, "'scan.bounded.mode' = 'specific-offsets' needs 'scan.bounded.specific-offsets'");
  return {};
}

}  // namespace weir::processor
