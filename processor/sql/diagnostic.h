#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/util/error.h"

namespace weir::processor {

/// Where a token starts in the script, counted from 1; columns count bytes.
struct Position {
  int line = 1;
  int column = 1;
};

/// The error of a script: invalid_argument whose detail is "LINE:COLUMN: MESSAGE". Every error of sql/ is made here.
Error sql_error(Position at, std::string message);
/// The error of an expression higher than kExprHeightMax.
Error too_deep(Position at);

/// The candidate nearest to `name` by edit distance (case ignored), or "" when none is near enough to be meant.
std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates);

/// "; did you mean `x`?" for the nearest candidate, else "; known are a, b, c" when there are few, else "".
std::string name_hint(std::string_view name, const std::vector<std::string>& candidates);

std::string to_upper(std::string_view s);
bool equals_ignore_case(std::string_view a, std::string_view b);

}  // namespace weir::processor
