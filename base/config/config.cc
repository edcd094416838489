#include "base/config/config.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include <fmt/format.h>

namespace weir::config {
namespace {

std::string dotted(std::string_view identifier) {
  std::string name(identifier);
  std::replace(name.begin(), name.end(), '_', '.');
  return name;
}

const char* const kAcceptedKeys[] = {
#define ACCEPTED(name) name,
#include "base/config/accepted_keys.def"
#undef ACCEPTED
};

std::string_view trim(std::string_view s) {
  while (!s.empty() && std::isspace(static_cast<unsigned char>(s.front()))) s.remove_prefix(1);
  while (!s.empty() && std::isspace(static_cast<unsigned char>(s.back()))) s.remove_suffix(1);
  return s;
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    size_t comma = text.find(',');
    std::string_view item = trim(text.substr(0, comma));
    if (!item.empty()) out.emplace_back(item);
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  return out;
}

std::optional<int64_t> to_integer(std::string_view s) {
  s = trim(s);
  if (!s.empty() && s.front() == '+') s.remove_prefix(1);
  int64_t v = 0;
  auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), v);
  if (error != std::errc() || end != s.data() + s.size() || s.empty()) return std::nullopt;
  return v;
}

std::optional<double> to_double(std::string_view s) {
  std::string text(trim(s));
  char* end = nullptr;
  double v = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0') return std::nullopt;
  return v;
}

bool is_one_of(std::string_view value, const char* options) {
  for (const std::string& option : split_list(options)) {
    if (option == value) return true;
  }
  return false;
}

Error bad_value(const KeyInfo& key, std::string_view value, std::string_view why) {
  return {ErrorCode::invalid_config, "config",
          fmt::format("Invalid value {} for configuration {}: {}", value, key.name, why)};
}

// Text that validate() passed, to the typed member.
void assign(bool& out, const std::string& text) { out = trim(text) == "true"; }
void assign(int32_t& out, const std::string& text) { out = static_cast<int32_t>(to_integer(text).value_or(-1)); }
void assign(int64_t& out, const std::string& text) { out = to_integer(text).value_or(-1); }
void assign(double& out, const std::string& text) { out = to_double(text).value_or(0); }
void assign(std::string& out, const std::string& text) { out = std::string(trim(text)); }
void assign(std::vector<std::string>& out, const std::string& text) { out = split_list(text); }

const std::string* lookup(const Values* values, const std::string& name) {
  if (!values) return nullptr;
  auto it = values->find(name);
  return it == values->end() ? nullptr : &it->second;
}

/// A broker key's own layers, and the older names that Kafka lets stand in for it.
std::optional<Effective> set_broker_value(const std::string& name, const Layers& layers) {
  if (auto* v = lookup(layers.dynamic_broker, name)) return Effective{*v, Source::dynamic_broker};
  if (auto* v = lookup(layers.dynamic_default, name)) return Effective{*v, Source::dynamic_default_broker};
  if (auto* v = lookup(layers.file, name)) return Effective{*v, Source::static_broker};
  struct Older {
    const char *name, *older;
    int64_t factor;
  };
  static constexpr Older kOlder[] = {{"log.retention.ms", "log.retention.minutes", 60'000},
                                     {"log.retention.ms", "log.retention.hours", 3'600'000},
                                     {"log.roll.ms", "log.roll.hours", 3'600'000}};
  for (const Older& o : kOlder) {
    if (name != o.name) continue;
    if (auto* v = lookup(layers.file, o.older)) {
      int64_t n = to_integer(*v).value_or(-1);
      return Effective{std::to_string(n < 0 ? -1 : n * o.factor), Source::static_broker};
    }
  }
  return std::nullopt;
}

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> d(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) {
    for (size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        d[i][j] = i + j;
        continue;
      }
      d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
    }
  }
  return d[a.size()][b.size()];
}

/// Settings that promise protection which is not there: started in spite of them, a node would be open where its owner
/// believes it closed.
Status refuse_unprotected(const std::string& name, std::string_view value) {
  value = trim(value);
  if (name == "authorizer.class.name" && !value.empty()) {
    return Error(ErrorCode::invalid_config, "config",
                 fmt::format("authorizer.class.name: authorization is not supported yet, everyone who reaches a "
                             "listener may do everything; remove the key, and "
                             "listen where only trusted clients come"));
  }
  if (name == "security.inter.broker.protocol" && !value.empty() && value != "PLAINTEXT") {
    return Error(ErrorCode::invalid_config, "config",
                 fmt::format("security.inter.broker.protocol: {} is not supported yet, only PLAINTEXT is; nodes must "
                             "talk over a network that is trusted",
                             value));
  }
  return {};
}

bool is_accepted(std::string_view name) {
  for (const char* key : kAcceptedKeys) {
    if (name == key) return true;
  }
  // Per-listener, provider and plugin settings carry free parts in their names.
  for (std::string_view prefix : {"listener.name.", "config.providers.", "rsm.config.", "rlmm.config.", "confluent."}) {
    if (name.substr(0, prefix.size()) == prefix) return true;
  }
  return false;
}

}  // namespace

std::span<const KeyInfo> broker_keys() {
  static const std::vector<KeyInfo> keys = {
#define BROKER(identifier, type, default_text, mode, check, doc) \
  {dotted(#identifier), ValueType::type, default_text, UpdateMode::mode, "", check, doc},
#include "base/config/keys.def"
  };
  return keys;
}

std::span<const KeyInfo> topic_keys() {
  static const std::vector<KeyInfo> keys = {
#define TOPIC(identifier, type, default_text, synonym, check, doc) \
  {dotted(#identifier), ValueType::type, default_text, UpdateMode::cluster_wide, synonym, check, doc},
#include "base/config/keys.def"
  };
  return keys;
}

const KeyInfo* find_broker_key(std::string_view name) {
  for (const KeyInfo& key : broker_keys()) {
    if (key.name == name) return &key;
  }
  return nullptr;
}

const KeyInfo* find_topic_key(std::string_view name) {
  for (const KeyInfo& key : topic_keys()) {
    if (key.name == name) return &key;
  }
  return nullptr;
}

Status validate(const KeyInfo& key, std::string_view value) {
  value = trim(value);
  int64_t integer = 0;
  switch (key.type) {
    case ValueType::Bool:
      if (value != "true" && value != "false")
        return bad_value(key, value, "Expected value to be either true or false");
      break;
    case ValueType::Int:
    case ValueType::Long: {
      auto v = to_integer(value);
      if (!v || (key.type == ValueType::Int && (*v > INT32_MAX || *v < INT32_MIN))) {
        return bad_value(key, value,
                         key.type == ValueType::Int ? "Not a number of type INT" : "Not a number of type LONG");
      }
      integer = *v;
      break;
    }
    case ValueType::Double:
      if (!to_double(value)) return bad_value(key, value, "Not a number of type DOUBLE");
      break;
    case ValueType::String:
    case ValueType::List:
    case ValueType::Password:
      break;
  }
  switch (key.check.kind) {
    case Check::Kind::any:
      break;
    case Check::Kind::range:
      if (integer < key.check.low)
        return bad_value(key, value, fmt::format("Value must be at least {}", key.check.low));
      if (integer > key.check.high)
        return bad_value(key, value, fmt::format("Value must be no more than {}", key.check.high));
      break;
    case Check::Kind::one_of:
      if (!is_one_of(value, key.check.options)) {
        const char* why = key.check.why;
        return bad_value(key, value,
                         fmt::format("String must be one of: {}{}{}", key.check.options, *why ? "; " : "", why));
      }
      break;
    case Check::Kind::all_of:
      for (const std::string& item : split_list(value)) {
        if (!is_one_of(item, key.check.options))
          return bad_value(key, value, fmt::format("String must be one of: {}", key.check.options));
      }
      break;
  }
  return {};
}

Result<Values> parse_properties(std::string_view text) {
  Values values;
  std::string line;
  auto take_line = [&]() -> bool {  // one logical line; false at the end
    line.clear();
    bool any_line = false;
    while (!text.empty()) {
      any_line = true;
      size_t end = text.find('\n');
      std::string_view raw = text.substr(0, end);
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
      if (!raw.empty() && raw.back() == '\r') raw.remove_suffix(1);
      while (!raw.empty() && std::isspace(static_cast<unsigned char>(raw.front()))) raw.remove_prefix(1);
      if (line.empty() && (raw.empty() || raw.front() == '#' || raw.front() == '!')) {
        return true;
      }
      size_t slashes = 0;
      while (slashes < raw.size() && raw[raw.size() - 1 - slashes] == '\\') ++slashes;
      bool continued = slashes % 2 == 1;
      line.append(raw.substr(0, raw.size() - (continued ? 1 : 0)));
      if (!continued) return true;
    }
    return any_line;
  };
  auto unescape = [](std::string_view s) {
    std::string out;
    for (size_t i = 0; i < s.size(); ++i) {
      if (s[i] != '\\' || i + 1 == s.size()) {
        out.push_back(s[i]);
        continue;
      }
      char c = s[++i];
      out.push_back(c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c == 'f' ? '\f' : c);
    }
    return out;
  };
  while (take_line()) {
    if (line.empty()) continue;
    size_t at = 0;
    while (at < line.size() && line[at] != '=' && line[at] != ':' &&
           !std::isspace(static_cast<unsigned char>(line[at]))) {
      at += line[at] == '\\' ? 2 : 1;
    }
    at = std::min(at, line.size());
    std::string key = unescape(std::string_view(line).substr(0, at));
    std::string_view rest = trim(std::string_view(line).substr(at));
    if (!rest.empty() && (rest.front() == '=' || rest.front() == ':')) rest = trim(rest.substr(1));
    values[key] = unescape(rest);
  }
  return values;
}

Result<BrokerConfig> make_broker_config(const Values& values, std::vector<std::string>& warnings) {
  BrokerConfig config;
  std::string ignored;
  for (const auto& [name, value] : values) {
    if (const KeyInfo* key = find_broker_key(name)) {
      if (value.empty() && !key->is_text()) {
        return bad_value(*key, "''", "a value is missing");
      }
      TRY(validate(*key, value));
      config.set[name] = value;
    } else if (is_accepted(name)) {
      TRY(refuse_unprotected(name, value));
      ignored.append(ignored.empty() ? "" : ", ").append(name);
    } else {
      auto near = nearest_key(name);
      return Error(
          ErrorCode::invalid_config, "config",
          near ? fmt::format("unknown key {}; did you mean {}?", name, *near)
               : fmt::format(
                     "unknown key {}; `weir config describe broker ID --all --docs` shows the keys of a running node",
                     name));
    }
  }
  if (!ignored.empty()) warnings.push_back(fmt::format("keys of Kafka without a meaning here, ignored: {}", ignored));
  Layers layers;
  layers.file = &config.set;
#define BROKER(identifier, ...) \
  assign(config.identifier, effective_broker_value(*find_broker_key(dotted(#identifier)), layers).value);
#include "base/config/keys.def"
  if (config.node_id < 0) config.node_id = config.broker_id;
  if (config.log_dirs.size() > 1) {
    return Error(ErrorCode::invalid_config, "config",
                 fmt::format("log.dirs: {} directories are given, but a node keeps everything in one; name one of them "
                             "(to use several disks, run a node on each)",
                             config.log_dirs.size()));
  }
  return config;
}

Effective effective_broker_value(const KeyInfo& key, const Layers& layers) {
  if (auto v = set_broker_value(key.name, layers)) return *v;
  return {key.default_text, Source::default_config};
}

Effective effective_topic_value(const KeyInfo& key, const Layers& layers) {
  if (auto* v = lookup(layers.topic, key.name)) return {*v, Source::topic};
  if (key.synonym[0] != '\0') {
    if (auto v = set_broker_value(key.synonym, layers); v && !v->value.empty()) return *v;
  }
  // retention.ms and segment.ms follow the broker's older keys too, which are found through their synonyms.
  return {key.default_text, Source::default_config};
}

TopicConfig make_topic_config(const Layers& layers) {
  TopicConfig config;
#define TOPIC(identifier, ...) \
  assign(config.identifier, effective_topic_value(*find_topic_key(dotted(#identifier)), layers).value);
#include "base/config/keys.def"
  return config;
}

std::vector<Synonym> synonyms_of_broker_key(const KeyInfo& key, const Layers& layers) {
  std::vector<Synonym> out;
  if (auto* v = lookup(layers.dynamic_broker, key.name)) out.push_back({key.name, *v, Source::dynamic_broker});
  if (auto* v = lookup(layers.dynamic_default, key.name)) out.push_back({key.name, *v, Source::dynamic_default_broker});
  if (auto* v = lookup(layers.file, key.name)) out.push_back({key.name, *v, Source::static_broker});
  if (key.default_text[0] != '\0' || key.is_text()) {
    out.push_back({key.name, key.default_text, Source::default_config});
  }
  return out;
}

std::vector<Synonym> synonyms_of_topic_key(const KeyInfo& key, const Layers& layers) {
  std::vector<Synonym> out;
  if (auto* v = lookup(layers.topic, key.name)) out.push_back({key.name, *v, Source::topic});
  if (const KeyInfo* broker = find_broker_key(key.synonym)) {
    for (Synonym& s : synonyms_of_broker_key(*broker, layers)) out.push_back(std::move(s));
  } else {
    out.push_back({key.name, key.default_text, Source::default_config});
  }
  return out;
}

namespace {

/// Takes candidates and keeps the nearest.
struct Nearest {
  std::string_view name;
  std::optional<std::string> best;
  size_t best_distance = std::max<size_t>(2, name.size() / 4) + 1;
  void consider(std::string_view candidate) {
    size_t d = edit_distance(name, candidate);
    if (d < best_distance) best_distance = d, best = std::string(candidate);
  }
};

}  // namespace

std::optional<std::string> nearest_key(std::string_view name) {
  Nearest nearest{name};
  for (const KeyInfo& key : broker_keys()) nearest.consider(key.name);
  for (const char* key : kAcceptedKeys) nearest.consider(key);
  return nearest.best;
}

std::optional<std::string> nearest_topic_key(std::string_view name) {
  Nearest nearest{name};
  for (const KeyInfo& key : topic_keys()) nearest.consider(key.name);
  return nearest.best;
}

}  // namespace weir::config
