#pragma once
#include <map>
#include <string>
#include <string_view>

#include "base/util/result.h"

namespace weir::processor {

/// The text with each `${NAME}` replaced by its value. Errors: invalid_argument, with the place, for a variable that is
/// not set.
Result<std::string> substitute_variables(std::string_view text, const std::map<std::string, std::string>& values);

}  // namespace weir::processor
