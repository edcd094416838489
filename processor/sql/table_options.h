#pragma once
#include <optional>
#include <string_view>

#include "base/util/result.h"
#include "processor/plan/plan.h"
#include "processor/sql/ast.h"

namespace weir::processor {

/// Reads WITH (…) into the table. An unknown option is an error with the nearest right name; one of Flink's that has no
/// meaning here passes.
Status apply_table_options(const ast::CreateTable& from, Table& table);
/// "10 s", "500ms", "1 min", "2 h", plain milliseconds; nothing when it is no duration (Flink's spelling).
std::optional<int64_t> parse_duration_ms(std::string_view text);
/// "64 mb", "1 gb", plain bytes.
std::optional<int64_t> parse_memory_bytes(std::string_view text);

}  // namespace weir::processor
