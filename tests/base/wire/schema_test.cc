// Compares every message, version by version, with the facts of Kafka's schemas in schema_facts.tsv.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <type_traits>
#include <vector>

#include "base/wire/apis.h"
#include "tests/base/wire/all_messages.h"

namespace weir::wire {
namespace {

struct Span {
  int from = 1;
  int to = 0;
  bool has(int v) const { return v >= from && v <= to; }
  static Span parse(const std::string& s) {
    size_t dash = s.find('-');
    if (dash == 0) return {};
    return {std::stoi(s.substr(0, dash)), std::stoi(s.substr(dash + 1))};
  }
};

struct Fact {
  std::string path, name, type;
  Span versions, nullable, tagged;
  std::string tag, default_value;
};
struct MessageFacts {
  Span versions;
  std::string flexible, key;
  std::vector<Fact> fields;
};

const std::map<std::string, MessageFacts>& facts() {
  static const auto all = [] {
    std::map<std::string, MessageFacts> m;
    std::ifstream file(WEIR_SOURCE_DIR "/tests/base/wire/schema_facts.tsv");
    for (std::string line; std::getline(file, line);) {
      if (line.empty() || line[0] == '#') continue;
      std::vector<std::string> c;
      std::istringstream cells(line);
      for (std::string cell; std::getline(cells, cell, '\t');) c.push_back(cell);
      if (c.size() != 9) throw std::runtime_error("bad line: " + line);
      MessageFacts& facts = m[c[0]];
      if (c[3] == "message") {
        facts.versions = Span::parse(c[4]);
        facts.flexible = c[5];
        facts.key = c[7];
      } else {
        facts.fields.push_back({c[1], c[2], c[3], Span::parse(c[4]), Span::parse(c[5]), Span::parse(c[6]), c[7], c[8]});
      }
    }
    return m;
  }();
  return all;
}

template <class T>
inline constexpr bool is_vector = false;
template <class T>
inline constexpr bool is_vector<std::vector<T>> = true;
template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

template <class T>
std::string type_name() {
  if constexpr (is_optional<T>)
    return type_name<typename T::value_type>();
  else if constexpr (std::is_same_v<T, bool>)
    return "bool";
  else if constexpr (std::is_same_v<T, double>)
    return "float64";
  else if constexpr (std::is_same_v<T, std::string>)
    return "string";
  else if constexpr (std::is_same_v<T, Uuid>)
    return "uuid";
  else if constexpr (std::is_same_v<T, std::vector<uint8_t>>)
    return "bytes";
  else if constexpr (std::is_same_v<T, BufferChain>)
    return "records";
  else if constexpr (is_vector<T>)
    return "[]" + type_name<typename T::value_type>();
  else if constexpr (std::is_integral_v<T>)
    return (std::is_signed_v<T> ? "int" : "uint") + std::to_string(8 * sizeof(T));
  else
    return "struct";
}

template <class T>
std::string default_text(const T& v) {
  if constexpr (is_optional<T>)
    return v ? default_text(*v) : "null";
  else if constexpr (std::is_same_v<T, bool>)
    return v ? "true" : "false";
  else if constexpr (std::is_same_v<T, double>)
    return std::to_string(static_cast<int64_t>(v));
  else if constexpr (std::is_same_v<T, std::string>)
    return '"' + v + '"';
  else if constexpr (std::is_same_v<T, Uuid>)
    return v.is_zero() ? "0" : "not zero";
  else if constexpr (is_vector<T>)
    return v.empty() ? "empty" : "not empty";
  else if constexpr (std::is_integral_v<T>)
    return std::to_string(v);
  else
    return "struct";
}

/// Writes down what fields() says of one version, with the defaults of a default-constructed message.
class Describer {
 public:
  explicit Describer(int16_t version) : version_(version) {}
  std::vector<std::string> lines;

  template <class T>
  void field(const char* name, T& value, const Facet& f = {}) {
    add(name, value, f, "-");
  }
  template <class T>
  void field(const char* name, T& value, TaggedFacet f) {
    add(name, value, f, std::to_string(f.tag));
  }

  static std::string line(const std::string& path, const std::string& name, const std::string& type, bool nullable,
                          const std::string& tag, const std::string& default_value) {
    return path + " " + name + " " + type + (nullable ? " nullable" : "") + " tag " + tag + " default " + default_value;
  }

 private:
  template <class T>
  void add(const char* name, T& value, const Facet& f, const std::string& tag) {
    if (!f.present(version_)) return;
    lines.push_back(line(path_, name, type_name<T>(), f.may_be_null(version_), tag, default_text(value)));
    std::string outer = path_;
    path_ += (path_.empty() ? "" : ".") + std::string(name);
    descend<T>();
    path_ = outer;
  }
  template <class T>
  void descend() {
    if constexpr (std::is_same_v<T, BufferChain>)
      return;
    else if constexpr (is_optional<T> || is_vector<T>)
      descend<typename T::value_type>();
    else if constexpr (std::is_class_v<T> && !std::is_same_v<T, std::string> && !std::is_same_v<T, Uuid>) {
      T element{};
      element.fields(*this);
    }
  }

  int16_t version_;
  std::string path_;
};

template <class M>
void compare(const std::string& name, std::set<std::string>& seen) {
  seen.insert(name);
  SCOPED_TRACE(name);
  auto it = facts().find(name);
  ASSERT_NE(it, facts().end()) << "no facts";
  const MessageFacts& want = it->second;
  EXPECT_EQ(M::kMinVersion, want.versions.from);
  EXPECT_EQ(M::kMaxVersion, want.versions.to);
  EXPECT_EQ(M::kFlexibleSince == kNoVersion ? "none" : std::to_string(M::kFlexibleSince), want.flexible);
  if constexpr (requires { M::kApiKey; })
    EXPECT_EQ(std::to_string(M::kApiKey), want.key);
  else
    EXPECT_EQ("-", want.key);
  for (int16_t v = M::kMinVersion; v <= M::kMaxVersion; ++v) {
    std::vector<std::string> expected;
    std::set<std::string> absent;
    for (const Fact& f : want.fields) {
      std::string whole = f.path.empty() ? f.name : f.path + "." + f.name;
      if (!f.versions.has(v) || absent.count(f.path)) {
        absent.insert(whole);
        continue;
      }
      std::string tag = f.tagged.has(v) ? f.tag : "-";
      expected.push_back(Describer::line(f.path, f.name, f.type, f.nullable.has(v), tag, f.default_value));
    }
    Describer ours(v);
    M message{};
    message.fields(ours);
    EXPECT_EQ(ours.lines, expected) << "version " << v;
  }
}

TEST(Schema, EveryMessageIsAsKafkaHasIt) {
  std::set<std::string> seen;
#define API(key, Name, snake, min, max, flexible_since, flags) \
  compare<Name##Request>(#Name "Request", seen);               \
  compare<Name##Response>(#Name "Response", seen);
#include "base/wire/apis.def"
#undef API
#define DATA(Name) compare<Name>(#Name, seen);
  WEIR_WIRE_DATA_MESSAGES(DATA)
#undef DATA
  for (const auto& [name, unused] : facts()) EXPECT_TRUE(seen.count(name)) << name << " has facts but is no message";
}

TEST(Schema, RowsOfApisDefFitTheirMessages) {
#define API(key, Name, snake, min, max, flexible_since, flags)                           \
  EXPECT_EQ(Name##Request::kApiKey, key);                                                \
  EXPECT_EQ(Name##Response::kApiKey, key);                                               \
  EXPECT_EQ(Name##Request::kFlexibleSince, flexible_since) << #Name;                     \
  EXPECT_EQ(Name##Response::kFlexibleSince, flexible_since) << #Name;                    \
  EXPECT_LE(max, Name##Request::kMaxVersion) << #Name;                                   \
  EXPECT_EQ(min, key == 0 ? 0 : Name##Request::kMinVersion) << #Name;                    \
  EXPECT_EQ(int(Name##Response::kMinVersion), int(Name##Request::kMinVersion)) << #Name; \
  EXPECT_EQ(int(Name##Response::kMaxVersion), int(Name##Request::kMaxVersion)) << #Name;
#include "base/wire/apis.def"
#undef API
}

}  // namespace
}  // namespace weir::wire
