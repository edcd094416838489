#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace weir::processor {

enum class TypeKind : uint8_t {
  null,
  boolean,
  tinyint,
  smallint,
  integer,
  bigint,
  float_,
  double_,
  string,
  timestamp,
  timestamp_ltz,
  interval
};

/// Integers, booleans, timestamps and intervals (both in milliseconds) travel as int64, FLOAT and DOUBLE as double,
/// strings as views.
struct Type {
  TypeKind kind = TypeKind::null;
  int32_t precision = 0;  // digits of a second of a timestamp, 0 to 3

  bool is_integer() const { return kind >= TypeKind::tinyint && kind <= TypeKind::bigint; }
  bool is_float() const { return kind == TypeKind::float_ || kind == TypeKind::double_; }
  bool is_numeric() const { return is_integer() || is_float(); }
  bool is_string() const { return kind == TypeKind::string; }
  bool is_timestamp() const { return kind == TypeKind::timestamp || kind == TypeKind::timestamp_ltz; }
  bool is_boolean() const { return kind == TypeKind::boolean; }
  bool operator==(const Type&) const = default;
};

inline constexpr Type kBoolean{TypeKind::boolean}, kInt{TypeKind::integer}, kBigint{TypeKind::bigint},
    kDouble{TypeKind::double_}, kString{TypeKind::string}, kInterval{TypeKind::interval},
    kTimestamp3{TypeKind::timestamp, 3}, kTimestampLtz3{TypeKind::timestamp_ltz, 3};

/// As SQL writes it: BIGINT, TIMESTAMP(3).
std::string type_name(Type type);

/// The value as an integer of this width keeps it: the low bits, sign extended (Java's arithmetic).
inline int64_t wrap_to(TypeKind kind, int64_t v) {
  switch (kind) {
    case TypeKind::tinyint:
      return static_cast<int8_t>(v);
    case TypeKind::smallint:
      return static_cast<int16_t>(v);
    case TypeKind::integer:
      return static_cast<int32_t>(v);
    default:
      return v;
  }
}

}  // namespace weir::processor
