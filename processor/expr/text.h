#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "processor/expr/type.h"

/// Numbers and times as text, in the forms of Java and Flink.
namespace weir::processor {

/// Double.toString: the shortest digits that read back the same, "100.0", "1.0E-4", "4.611686018427388E18".
void append_double(std::string& out, double v);
/// Float.toString.
void append_float(std::string& out, float v);
void append_int(std::string& out, int64_t v);

/// "yyyy-MM-dd HH:mm:ss" and the fraction of a second without trailing zeros, or exactly `fixed_digits` of it (-1: as
/// needed).
void append_timestamp(std::string& out, int64_t millis, char separator = ' ', int fixed_digits = -1);
/// The same form read: the fraction is optional and cut to milliseconds. `separator` stands between date and time.
std::optional<int64_t> parse_timestamp(std::string_view text, char separator = ' ');
/// Milliseconds cut (towards the past) to `precision` digits of a second.
int64_t truncate_millis(int64_t millis, int precision);

/// Long.parseLong: digits with an optional sign, nothing else; out of range is nothing.
std::optional<int64_t> parse_int(std::string_view text);
/// Double.parseDouble, less hexadecimal.
std::optional<double> parse_double(std::string_view text);
/// Java's (long) of a double: truncated, saturated, NaN is 0.
int64_t saturating_int(double v, int64_t low = INT64_MIN, int64_t high = INT64_MAX);
std::string_view trim_blanks(std::string_view s);

/// A JSON string with its quotes, escaped as Jackson does: quote, backslash and controls only.
void append_json_string(std::string& out, std::string_view s);

}  // namespace weir::processor
