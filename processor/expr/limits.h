#pragma once
#include <cstdint>

namespace weir::processor {

/// Bounds of one expression, views and computed columns put in place. Every walk over a tree recurses, on any thread,
/// and the stack may be 2 MB (glibc's without a ulimit). Each part has a vector of a batch in the Evaluator, and views
/// that name a column twice double it.
inline constexpr int kExprHeightMax = 500;
inline constexpr int64_t kExprPartsMax = 10'000;

}  // namespace weir::processor
