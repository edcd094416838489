#pragma once
#include <string_view>
#include <vector>

#include "base/util/result.h"
#include "processor/sql/ast.h"

namespace weir::processor {

/// The statements of a script in order; the INSERTs of a statement set (EXECUTE STATEMENT SET BEGIN … END, BEGIN
/// STATEMENT SET … END) come one by one. Errors: invalid_argument with the place, what was found and what was expected.
Result<std::vector<ast::Statement>> parse_script(std::string_view script);

}  // namespace weir::processor
