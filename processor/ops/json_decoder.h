#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/util/types.h"
#include "processor/expr/vector.h"
#include "processor/plan/plan.h"

namespace weir::processor {

/// JSON records to columns, by simdjson On-Demand: walks over every field once, reads those that are asked for, with
/// Flink's coercions
/// ("12" is BIGINT 12, 5.9 is BIGINT 5, 7 is STRING '7'; of a repeated field the last counts; a missing one is null).
/// What is not asked for is not validated beyond its structure and its UTF-8. One thread.
class JsonDecoder {
 public:
  enum class Outcome { decoded, skipped, failed };

  JsonDecoder(const Table& table, const std::vector<int>& columns);
  ~JsonDecoder();

  /// Decodes one record into row `row` of the columns. `readable` is the count of bytes that may be read from
  /// value.data() on; with fewer than the parser's padding behind the value, it is copied first. skipped: a broken
  /// record under json.ignore-parse-errors. failed: see failure(). Strings point into the value, or into memory that
  /// lives until clear().
  Outcome decode(std::string_view value, size_t readable, size_t row);
  /// Before the next batch of rows.
  void clear();

  /// By index in the table; null for columns that were not asked for.
  const std::vector<const Vector*>& columns() const;
  const std::string& failure() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace weir::processor
