#pragma once
#include <string_view>

#include "base/util/result.h"
#include "processor/plan/plan.h"

namespace weir::processor {

/// Parses and binds a script: its tables and views become the catalog of the script, each INSERT a pipeline.
/// Errors: invalid_argument, "LINE:COLUMN: what is wrong and what would be right". A script without INSERT is an error.
Result<CompiledJob> compile(std::string_view script);

}  // namespace weir::processor
