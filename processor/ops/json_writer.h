#pragma once
#include <string>
#include <vector>

#include "processor/expr/vector.h"
#include "processor/plan/plan.h"

namespace weir::processor {

/// Rows of a sink as JSON, byte for byte as Flink's json format writes them.
class JsonWriter {
 public:
  explicit JsonWriter(const Table& sink);
  /// Row `row` of one vector for each column.
  void append(std::string& out, const std::vector<const Vector*>& values, size_t row) const;

 private:
  std::vector<std::string> names_;  // "name": with quotes and colon
  std::vector<Type> types_;
  char separator_;
  bool leave_out_nulls_;
};

}  // namespace weir::processor
