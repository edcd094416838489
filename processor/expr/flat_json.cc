#include "processor/expr/flat_json.h"

#include <simdjson.h>

#include "processor/expr/text.h"

namespace weir::processor {

Result<std::vector<JsonField>> parse_flat_json(std::string_view json) {
  static thread_local simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(json.data(), json.size()).get(object))
    return Error(ErrorCode::malformed, "json", "not a JSON object");
  std::vector<JsonField> out;
  for (auto [name, value] : object) {
    JsonField f;
    f.name = name;
    if (value.is_null()) {
      f.text = "null";
    } else if (bool b; !value.get(b)) {
      f.kind = JsonField::Kind::boolean, f.text = b ? "true" : "false";
    } else if (std::string_view s; !value.get(s)) {
      f.kind = JsonField::Kind::string, f.text = s;
    } else if (int64_t i; !value.get(i)) {
      f.kind = JsonField::Kind::number, append_int(f.text, i);
    } else if (double d; !value.get(d)) {
      f.kind = JsonField::Kind::number, append_double(f.text, d);
    } else {
      f.kind = JsonField::Kind::nested, f.text = simdjson::minify(value);
    }
    out.push_back(std::move(f));
  }
  return out;
}

}  // namespace weir::processor
