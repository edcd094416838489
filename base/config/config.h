#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/util/result.h"

/// The node's and the topics' settings. keys.def declares each key once; a key not in there does not exist.
namespace weir::config {

using Bool = bool;
using Int = int32_t;
using Long = int64_t;
using Double = double;
using String = std::string;
using List = std::vector<std::string>;
using Password = std::string;  // never shown

/// Kafka's ConfigDef.Type numbers as DescribeConfigs v3 answers them.
enum class ValueType : int8_t { Bool = 1, String = 2, Int = 3, Long = 5, Double = 6, List = 7, Password = 9 };
enum class UpdateMode : uint8_t { read_only, cluster_wide };
/// Where a value comes from, numbered as DescribeConfigs does.
enum class Source : int8_t {
  unknown = 0,
  topic = 1,
  dynamic_broker = 2,
  dynamic_default_broker = 3,
  static_broker = 4,
  default_config = 5
};

struct Check {
  enum class Kind : uint8_t { any, range, one_of, all_of } kind = Kind::any;
  int64_t low = 0, high = 0;
  const char* options = "";
  const char* why = "";  // there is no more choice
};
constexpr Check any() { return {}; }
constexpr Check at_least(int64_t low) { return {Check::Kind::range, low, INT64_MAX}; }
constexpr Check between(int64_t low, int64_t high) { return {Check::Kind::range, low, high}; }
constexpr Check one_of(const char* options) { return {Check::Kind::one_of, 0, 0, options}; }
/// A key of Kafka's of whose values only one is there yet: the others are refused, not ignored.
constexpr Check only(const char* option, const char* why) { return {Check::Kind::one_of, 0, 0, option, why}; }
constexpr Check all_of(const char* options) { return {Check::Kind::all_of, 0, 0, options}; }

struct KeyInfo {
  std::string name;  // "log.retention.ms"
  ValueType type;
  const char* default_text;  // "" of a number: unset
  UpdateMode mode;           // broker keys
  const char* synonym;       // topic keys: the broker key whose value is the default; "" when none
  Check check;
  const char* doc;

  bool is_text() const { return type == ValueType::String || type == ValueType::List || type == ValueType::Password; }
  bool is_secret() const { return type == ValueType::Password; }
};
std::span<const KeyInfo> broker_keys();
std::span<const KeyInfo> topic_keys();
const KeyInfo* find_broker_key(std::string_view name);
const KeyInfo* find_topic_key(std::string_view name);

/// Checks a value's form and bounds. Errors: invalid_config with Kafka's style of text ("Invalid value x for
/// configuration y: …").
Status validate(const KeyInfo& key, std::string_view value);

/// Values by wire name, as text.
using Values = std::map<std::string, std::string>;

/// Typed values of all broker keys; `set` holds what the file said.
struct BrokerConfig {
#define BROKER(identifier, type, ...) type identifier{};
#include "base/config/keys.def"
  Values set;
};
struct TopicConfig {
#define TOPIC(identifier, type, ...) type identifier{};
#include "base/config/keys.def"
};

/// Reads the text of a Java properties file: comments, '=' ':' or blanks as separator, escapes, continued lines; a
/// later line wins.
Result<Values> parse_properties(std::string_view text);

/// Errors: invalid_config naming the key; a key that neither Weir nor Kafka has is an error with the nearest right
/// name. A key of Kafka's without meaning here adds a line to `warnings`.
Result<BrokerConfig> make_broker_config(const Values& values, std::vector<std::string>& warnings);

/// One topic key's effective value: topic override, else dynamic broker values, else the file's, else the default.
struct Effective {
  std::string value;
  Source source = Source::default_config;
};
struct Layers {
  const Values* topic = nullptr;            // explicit topic configs
  const Values* dynamic_broker = nullptr;   // of this node
  const Values* dynamic_default = nullptr;  // of all brokers
  const Values* file = nullptr;             // server.properties
};
Effective effective_topic_value(const KeyInfo& key, const Layers& layers);
Effective effective_broker_value(const KeyInfo& key, const Layers& layers);
TopicConfig make_topic_config(const Layers& layers);

/// DescribeConfigs' synonyms of a topic key: (name, value, source), most specific first.
struct Synonym {
  std::string name, value;
  Source source;
};
std::vector<Synonym> synonyms_of_topic_key(const KeyInfo& key, const Layers& layers);
std::vector<Synonym> synonyms_of_broker_key(const KeyInfo& key, const Layers& layers);

/// The name among all known ones that is nearest to `name` (Damerau-Levenshtein), if near enough to be meant.
std::optional<std::string> nearest_key(std::string_view name);
std::optional<std::string> nearest_topic_key(std::string_view name);

}  // namespace weir::config
