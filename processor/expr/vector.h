#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "processor/expr/type.h"

namespace weir::processor {

/// Rows that are decoded and evaluated together.
inline constexpr size_t kBatchRows = 2048;

/// One column of up to kBatchRows values. Only the array that the type uses is allocated. Strings point into the
/// input's bytes or an arena that outlives the batch.
struct Vector {
  Type type;
  std::vector<int64_t> ints;
  std::vector<double> reals;
  std::vector<std::string_view> strings;
  std::vector<uint8_t> null;

  Vector() = default;
  explicit Vector(Type t, size_t capacity = kBatchRows) { reset(t, capacity); }
  void reset(Type t, size_t capacity = kBatchRows) {
    type = t;
    null.assign(capacity, t.kind == TypeKind::null);
    if (t.is_string())
      strings.resize(capacity);
    else if (t.is_float())
      reals.resize(capacity);
    else
      ints.resize(capacity);
  }
};

/// Which rows of a batch count: all of [0, count) when `rows` is null, else the listed ones, ascending.
struct Selection {
  const uint16_t* rows = nullptr;
  size_t count = 0;

  template <class F>
  void each(F&& f) const {
    if (!rows) {
      for (size_t i = 0; i < count; ++i) f(i);
    } else {
      for (size_t k = 0; k < count; ++k) f(rows[k]);
    }
  }
};

}  // namespace weir::processor
