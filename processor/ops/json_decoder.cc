#include "processor/ops/json_decoder.h"

#include <simdjson.h>

#include <cstring>

#include "processor/expr/arena.h"
#include "processor/expr/text.h"

namespace weir::processor {

namespace od = simdjson::ondemand;
using Outcome = JsonDecoder::Outcome;

namespace {

std::string_view strip(std::string_view s) {
  while (!s.empty() && (s.back() == ' ' || s.back() == '\n' || s.back() == '\t' || s.back() == '\r'))
    s.remove_suffix(1);
  return s;
}

bool parse_boolean_text(std::string_view s) {
  s = trim_blanks(s);
  if (s.size() != 4) return false;
  for (size_t i = 0; i < 4; ++i)
    if ((s[i] | 32) != "true"[i]) return false;
  return true;
}

}  // namespace

struct JsonDecoder::Impl {
  /// A field name as it stood at this place of the record before, with its closing quote, and what it means.
  struct Expected {
    std::string quoted;
    int column;
  };

  const Table& table;
  std::vector<Vector> storage;
  std::vector<const Vector*> columns;
  std::vector<int> wanted;  // table columns, ascending
  std::vector<Expected> expected;
  std::vector<uint32_t> seen_row;  // by table column: last row + 1 in which the field was there
  od::parser parser;
  Arena arena;
  std::string padded;
  std::string failure;

  Impl(const Table& t, const std::vector<int>& which)
      : table(t),
        storage(t.columns.size()),
        columns(t.columns.size(), nullptr),
        wanted(which),
        seen_row(t.columns.size(), 0) {
    for (int c : which) {
      storage[static_cast<size_t>(c)].reset(t.columns[static_cast<size_t>(c)].type);
      columns[static_cast<size_t>(c)] = &storage[static_cast<size_t>(c)];
    }
  }

  Outcome broken(const char* why) {
    if (table.ignore_parse_errors) return Outcome::skipped;
    failure = std::string("the record is no JSON object: ") + why;
    return Outcome::failed;
  }

  int column_named(std::string_view name) const {
    for (int c : wanted)
      if (table.columns[static_cast<size_t>(c)].name == name) return c;
    return -1;
  }

  /// The column of a field, or -1. Fields mostly come in the order of the record before.
  int column_of(od::field& field, size_t position) {
    const char* raw = field.key().raw();
    if (position < expected.size()) {
      const Expected& e = expected[position];
      if (std::memcmp(raw, e.quoted.data(), e.quoted.size()) == 0) return e.column;
    }
    size_t n = 0;
    bool escaped = false;
    while (raw[n] != '"') {
      if (raw[n] == '\\') escaped = true, ++n;
      ++n;
    }
    if (escaped) {
      std::string_view name;
      if (field.unescaped_key().get(name)) return -1;
      return column_named(name);
    }
    int column = column_named({raw, n});
    if (expected.size() <= position && position < 256) expected.resize(position + 1, {std::string(1, '\0'), -1});
    if (position < expected.size()) expected[position] = {std::string(raw, n + 1), column};
    return column;
  }

  /// False: a value of the wrong type, or broken.
  bool read(od::value value, Vector& out, size_t row) {
    std::string_view token = strip(value.raw_json_token());
    if (token.empty()) return false;
    char first = token[0];
    if (first == 'n') {
      out.null[row] = 1;
      return token == "null";
    }
    if (first == '"') {
      std::string_view text;
      if (std::memchr(token.data(), '\\', token.size()) == nullptr) {
        if (token.size() < 2 || token.back() != '"') return false;
        text = token.substr(1, token.size() - 2);
      } else {
        if (value.get_string().get(text)) return false;
        text = arena.copy(text);
      }
      return from_text(text, out, row);
    }
    if (first == '{' || first == '[') {
      if (!out.type.is_string()) return false;
      return nested(value, first == '{', out, row);
    }
    if (first == 't' || first == 'f') {
      bool yes = token == "true";
      if (!yes && token != "false") return false;
      if (out.type.is_boolean())
        out.ints[row] = yes;
      else if (out.type.is_string())
        out.strings[row] = token;
      else
        return false;
      out.null[row] = 0;
      return true;
    }
    return number(token, out, row);
  }

  bool number(std::string_view token, Vector& out, size_t row) {
    if (token[0] != '-' && (token[0] < '0' || token[0] > '9')) return false;
    if (out.type.is_integer()) {
      auto v = parse_int(token);
      if (!v) {
        auto real = token.find_first_of(".eE") == std::string_view::npos ? std::nullopt : parse_double(token);
        if (!real || !(*real >= -9223372036854775808.0 && *real < 9223372036854775808.0)) return false;
        v = saturating_int(*real);
      }
      if (wrap_to(out.type.kind, *v) != *v) return false;
      out.ints[row] = *v;
    } else if (out.type.is_float()) {
      auto v = parse_double(token);
      if (!v) return false;
      out.reals[row] = out.type.kind == TypeKind::float_ ? static_cast<double>(static_cast<float>(*v)) : *v;
    } else if (out.type.is_string()) {
      if (!parse_double(token)) return false;
      out.strings[row] = token;
    } else if (out.type.is_boolean()) {
      out.ints[row] = 0;  // Boolean.parseBoolean("1")
    } else {
      return false;
    }
    out.null[row] = 0;
    return true;
  }

  bool from_text(std::string_view text, Vector& out, size_t row) {
    if (out.type.is_string()) {
      out.strings[row] = text;
    } else if (out.type.is_integer()) {
      auto v = parse_int(trim_blanks(text));
      if (!v || wrap_to(out.type.kind, *v) != *v) return false;
      out.ints[row] = *v;
    } else if (out.type.is_float()) {
      auto v = parse_double(trim_blanks(text));
      if (!v) return false;
      out.reals[row] = out.type.kind == TypeKind::float_ ? static_cast<double>(static_cast<float>(*v)) : *v;
    } else if (out.type.is_boolean()) {
      out.ints[row] = parse_boolean_text(text);
    } else {
      bool zoned = out.type.kind == TypeKind::timestamp_ltz;
      if (zoned) {
        if (text.empty() || text.back() != 'Z') return false;
        text.remove_suffix(1);
      }
      auto v = parse_timestamp(text, table.timestamp_format == TimestampFormat::sql ? ' ' : 'T');
      if (!v) return false;
      out.ints[row] = truncate_millis(*v, out.type.precision);
    }
    out.null[row] = 0;
    return true;
  }

  /// An object or array read as STRING is its JSON without blanks.
  bool nested(od::value value, bool object, Vector& out, size_t row) {
    std::string_view raw;
    if (object) {
      od::object o;
      if (value.get_object().get(o) || o.raw_json().get(raw)) return false;
    } else {
      od::array a;
      if (value.get_array().get(a) || a.raw_json().get(raw)) return false;
    }
    char* into = reinterpret_cast<char*>(arena.allocate(raw.size() + 1));
    size_t n = 0;
    if (simdjson::minify(raw.data(), raw.size(), into, n)) return false;
    out.strings[row] = {into, n};
    out.null[row] = 0;
    return true;
  }

  Outcome decode(std::string_view value, size_t readable, size_t row) {
    if (readable < value.size() + simdjson::SIMDJSON_PADDING) {
      auto* copy = reinterpret_cast<char*>(arena.allocate(value.size() + simdjson::SIMDJSON_PADDING));
      if (!value.empty()) std::memcpy(copy, value.data(), value.size());
      std::memset(copy + value.size(), 0, simdjson::SIMDJSON_PADDING);
      value = {copy, value.size()};
      readable = value.size() + simdjson::SIMDJSON_PADDING;
    }
    for (int c : wanted) storage[static_cast<size_t>(c)].null[row] = 1;
    od::document document;
    od::object object;
    if (parser.iterate(simdjson::padded_string_view(value.data(), value.size(), readable)).get(document))
      return broken("it cannot be parsed");
    if (document.get_object().get(object)) return broken("it does not start with {");
    size_t position = 0;
    for (auto entry : object) {
      od::field field;
      if (std::move(entry).get(field)) return broken("a field is malformed");
      int c = column_of(field, position++);
      if (c < 0) continue;
      Vector& out = storage[static_cast<size_t>(c)];
      seen_row[static_cast<size_t>(c)] = static_cast<uint32_t>(row) + 1;
      if (read(field.value(), out, row)) continue;
      out.null[row] = 1;
      if (table.ignore_parse_errors) continue;
      const TableColumn& column = table.columns[static_cast<size_t>(c)];
      failure = "field `" + column.name + "` is no " + type_name(column.type);
      return Outcome::failed;
    }
    const char* behind = nullptr;
    if (document.current_location().get(behind) == simdjson::SUCCESS) return broken("something follows the object");
    if (table.fail_on_missing_field) {
      for (int c : wanted) {
        if (seen_row[static_cast<size_t>(c)] == row + 1) continue;
        if (table.ignore_parse_errors) return Outcome::skipped;
        failure = "field `" + table.columns[static_cast<size_t>(c)].name + "` is missing";
        return Outcome::failed;
      }
    }
    return Outcome::decoded;
  }
};

JsonDecoder::JsonDecoder(const Table& table, const std::vector<int>& columns)
    : impl_(std::make_unique<Impl>(table, columns)) {}
JsonDecoder::~JsonDecoder() = default;
Outcome JsonDecoder::decode(std::string_view value, size_t readable, size_t row) {
  return impl_->decode(value, readable, row);
}
void JsonDecoder::clear() {
  impl_->arena.clear();
  std::fill(impl_->seen_row.begin(), impl_->seen_row.end(), 0);
}
const std::vector<const Vector*>& JsonDecoder::columns() const { return impl_->columns; }
const std::string& JsonDecoder::failure() const { return impl_->failure; }

}  // namespace weir::processor
