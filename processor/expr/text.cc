#include "processor/expr/text.h"

#include <charconv>
#include <cmath>
#include <cstring>

namespace weir::processor {

namespace {

/// Lays out the shortest digits ("d.ddde±x" of to_chars) as Java does: plain between 1e-3 and 1e7, else d.dddE±x.
template <class F>
void append_java(std::string& out, F v) {
  if (std::isnan(v)) return void(out += "NaN");
  if (std::isinf(v)) return void(out += v < 0 ? "-Infinity" : "Infinity");
  if (v == 0) return void(out += std::signbit(v) ? "-0.0" : "0.0");
  char buffer[40];
  auto [end, ec] = std::to_chars(buffer, buffer + sizeof buffer, v, std::chars_format::scientific);
  std::string_view text(buffer, static_cast<size_t>(end - buffer));
  if (text[0] == '-') out += '-', text.remove_prefix(1);
  size_t e = text.find('e');
  int exponent = 0;
  std::string_view exp_text = text.substr(e + 1);
  if (exp_text[0] == '+') exp_text.remove_prefix(1);
  std::from_chars(exp_text.data(), exp_text.data() + exp_text.size(), exponent);
  char digits[32];
  size_t n = 0;
  for (char c : text.substr(0, e))
    if (c != '.') digits[n++] = c;
  if (exponent >= -3 && exponent < 7) {
    if (exponent < 0) {
      out += "0.";
      out.append(static_cast<size_t>(-exponent - 1), '0');
      out.append(digits, n);
    } else {
      for (int k = 0; k <= exponent; ++k) out += static_cast<size_t>(k) < n ? digits[k] : '0';
      out += '.';
      if (n > static_cast<size_t>(exponent) + 1)
        out.append(digits + exponent + 1, n - static_cast<size_t>(exponent) - 1);
      else
        out += '0';
    }
  } else {
    out += digits[0];
    out += '.';
    if (n > 1)
      out.append(digits + 1, n - 1);
    else
      out += '0';
    out += 'E';
    append_int(out, exponent);
  }
}

void append_padded(std::string& out, int64_t v, int width) {
  char b[24];
  int i = 24;
  do b[--i] = static_cast<char>('0' + v % 10), v /= 10;
  while (v);
  while (24 - i < width) b[--i] = '0';
  out.append(b + i, static_cast<size_t>(24 - i));
}

/// Days since 1970-01-01 of a proleptic Gregorian date, by 400-year eras.
int64_t days_of(int64_t y, int64_t m, int64_t d) {
  y -= m <= 2;
  int64_t era = (y >= 0 ? y : y - 399) / 400;
  int64_t yoe = y - era * 400, doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
  return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

}  // namespace

void append_double(std::string& out, double v) { append_java(out, v); }
void append_float(std::string& out, float v) { append_java(out, v); }

void append_int(std::string& out, int64_t v) {
  char b[24];
  auto [end, ec] = std::to_chars(b, b + sizeof b, v);
  out.append(b, static_cast<size_t>(end - b));
}

void append_timestamp(std::string& out, int64_t millis, char separator, int fixed_digits) {
  int64_t day = millis >= 0 ? millis / 86'400'000 : -((-millis + 86'399'999) / 86'400'000);
  int64_t rest = millis - day * 86'400'000;
  int64_t z = day + 719468, era = (z >= 0 ? z : z - 146096) / 146097, doe = z - era * 146097;
  int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
  int64_t d = doy - (153 * mp + 2) / 5 + 1, m = mp < 10 ? mp + 3 : mp - 9, y = yoe + era * 400 + (m <= 2);
  if (y < 0) out += '-', y = -y;
  append_padded(out, y, 4);
  out += '-';
  append_padded(out, m, 2);
  out += '-';
  append_padded(out, d, 2);
  out += separator;
  append_padded(out, rest / 3'600'000, 2);
  out += ':';
  append_padded(out, rest / 60'000 % 60, 2);
  out += ':';
  append_padded(out, rest / 1000 % 60, 2);
  int64_t fraction = rest % 1000;
  int digits = fixed_digits;
  if (digits < 0) digits = fraction == 0 ? 0 : fraction % 100 == 0 ? 1 : fraction % 10 == 0 ? 2 : 3;
  if (digits == 0) return;
  out += '.';
  append_padded(out, digits == 1 ? fraction / 100 : digits == 2 ? fraction / 10 : fraction, digits);
}

std::optional<int64_t> parse_timestamp(std::string_view s, char separator) {
  auto number = [&](size_t at, size_t n) -> int64_t {
    int64_t v = 0;
    for (size_t i = at; i < at + n; ++i) {
      if (s[i] < '0' || s[i] > '9') return -1;
      v = v * 10 + (s[i] - '0');
    }
    return v;
  };
  if (s.size() < 19 || s[4] != '-' || s[7] != '-' || s[10] != separator || s[13] != ':' || s[16] != ':')
    return std::nullopt;
  int64_t y = number(0, 4), mo = number(5, 2), d = number(8, 2), h = number(11, 2), mi = number(14, 2),
          sec = number(17, 2);
  if (y < 0 || mo < 1 || mo > 12 || d < 1 || h < 0 || h > 23 || mi < 0 || mi > 59 || sec < 0 || sec > 59)
    return std::nullopt;
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
  if (d > kDays[mo - 1] + (mo == 2 && leap)) return std::nullopt;
  int64_t fraction = 0;
  if (s.size() > 19) {
    if (s[19] != '.' || s.size() > 29) return std::nullopt;
    int64_t scale = 100;
    for (char c : s.substr(20)) {
      if (c < '0' || c > '9') return std::nullopt;
      fraction += (c - '0') * scale;
      scale /= 10;
    }
  }
  return ((days_of(y, mo, d) * 24 + h) * 60 + mi) * 60'000 + sec * 1000 + fraction;
}

int64_t truncate_millis(int64_t millis, int precision) {
  if (precision >= 3) return millis;
  int64_t unit = precision == 0 ? 1000 : precision == 1 ? 100 : 10;
  int64_t r = millis % unit;
  return millis - (r < 0 ? r + unit : r);
}

std::optional<int64_t> parse_int(std::string_view s) {
  if (!s.empty() && s[0] == '+') {
    s.remove_prefix(1);
    if (!s.empty() && s[0] == '-') return std::nullopt;
  }
  int64_t v = 0;
  auto [p, ec] = std::from_chars(s.data(), s.data() + s.size(), v);
  if (ec != std::errc() || p != s.data() + s.size() || s.empty()) return std::nullopt;
  return v;
}

std::optional<double> parse_double(std::string_view s) {
  bool plus = !s.empty() && s[0] == '+';
  if (plus) s.remove_prefix(1);
  if (s.empty() || (plus && s[0] == '-')) return std::nullopt;
  std::string_view unsigned_part = s[0] == '-' ? s.substr(1) : s;
  if (unsigned_part == "NaN") return std::nan("");
  if (unsigned_part == "Infinity") return s[0] == '-' ? -HUGE_VAL : HUGE_VAL;
  if (unsigned_part.empty() || !(unsigned_part[0] == '.' || (unsigned_part[0] >= '0' && unsigned_part[0] <= '9')))
    return std::nullopt;
  if (char last = s.back(); last == 'd' || last == 'D' || last == 'f' || last == 'F') s.remove_suffix(1);
  double v = 0;
  auto [p, ec] = std::from_chars(s.data(), s.data() + s.size(), v);
  if (p != s.data() + s.size()) return std::nullopt;
  if (ec == std::errc::result_out_of_range) {  // from_chars leaves v alone; strtod says which side
    std::string copy(s);
    return std::strtod(copy.c_str(), nullptr);
  }
  if (ec != std::errc()) return std::nullopt;
  return v;
}

int64_t saturating_int(double v, int64_t low, int64_t high) {
  if (std::isnan(v)) return 0;
  if (v <= static_cast<double>(low)) return low;
  if (v >= static_cast<double>(high)) return high;
  return static_cast<int64_t>(v);
}

std::string_view trim_blanks(std::string_view s) {
  while (!s.empty() && static_cast<unsigned char>(s.front()) <= ' ') s.remove_prefix(1);
  while (!s.empty() && static_cast<unsigned char>(s.back()) <= ' ') s.remove_suffix(1);
  return s;
}

void append_json_string(std::string& out, std::string_view s) {
  out += '"';
  size_t from = 0;
  for (size_t i = 0; i < s.size(); ++i) {
    unsigned char c = static_cast<unsigned char>(s[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out.append(s, from, i - from);
    from = i + 1;
    out += '\\';
    switch (c) {
      case '"':
      case '\\':
        out += static_cast<char>(c);
        break;
      case '\b':
        out += 'b';
        break;
      case '\t':
        out += 't';
        break;
      case '\n':
        out += 'n';
        break;
      case '\f':
        out += 'f';
        break;
      case '\r':
        out += 'r';
        break;
      default:
        out += "u00";
        out += "0123456789ABCDEF"[c >> 4];
        out += "0123456789ABCDEF"[c & 15];
    }
  }
  out.append(s, from);
  out += '"';
}

}  // namespace weir::processor
