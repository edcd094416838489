#pragma once
#include <string>
#include <string_view>

#include "base/util/error.h"

namespace weir::cli {

/// An error of the SQL compiler ("LINE:COLUMN: message") with the line it is about and a caret under the place:
///   FILE:2:8: unknown column `x`
///     2 | SELECT x FROM t
///       |        ^
std::string sql_report(const Error& error, std::string_view script, std::string_view file);

}  // namespace weir::cli
