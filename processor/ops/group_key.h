#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "processor/expr/vector.h"

namespace weir::processor {

/// Grouping keys as bytes: for each column a byte (0: null, 1: a value) and the value: 8 bytes, or a string's length
/// (4) and bytes. -0.0 and 0.0 are one key, and all NaN.
class GroupKeyCodec {
 public:
  explicit GroupKeyCodec(std::vector<Type> types) : types_(std::move(types)) {}

  /// Encodes row `row` into `into`; the view lives until its next change.
  std::string_view encode(const std::vector<const Vector*>& columns, size_t row, std::vector<uint8_t>& into) const;
  /// The inverse, into row `row`. Strings point into `key`.
  void decode(std::string_view key, std::vector<Vector>& columns, size_t first_column, size_t row) const;
  /// Null first, then by value: strings by bytes, numbers by size, false before true.
  bool less(std::string_view a, std::string_view b) const;
  /// Whether bytes from outside are a key of these types.
  bool valid(std::string_view key) const;
  const std::vector<Type>& types() const { return types_; }

 private:
  std::vector<Type> types_;
};

}  // namespace weir::processor
