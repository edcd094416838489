#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/util/result.h"

namespace weir::processor {

/// A field of a flat JSON object: strings unescaped, numbers and literals as text.
struct JsonField {
  std::string name;
  std::string text;
  enum class Kind : uint8_t { null, boolean, number, string, nested } kind = Kind::null;
};
/// The fields in order. Errors: malformed, when it is no JSON object.
Result<std::vector<JsonField>> parse_flat_json(std::string_view json);

}  // namespace weir::processor
