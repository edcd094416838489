#include <cmath>

#include "processor/expr/node.h"
#include "processor/expr/text.h"

namespace weir::processor {

namespace {

bool continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

size_t character_count(std::string_view s) {
  size_t n = 0;
  for (char c : s) n += !continuation(c);
  return n;
}

/// Byte position of the `n`th character (from 0), or the size.
size_t byte_of_character(std::string_view s, int64_t n) {
  size_t i = 0;
  while (i < s.size() && n > 0) {
    ++i;
    while (i < s.size() && continuation(s[i])) ++i;
    --n;
  }
  return i;
}

/// SQL's SUBSTRING: `from` counts characters from 1; a negative one counts from the end (Flink).
std::string_view substring(std::string_view s, int64_t from, int64_t length) {
  if (length <= 0) return {};
  int64_t n = static_cast<int64_t>(character_count(s));
  int64_t begin = from > 0 ? from - 1 : from < 0 ? n + from : 0;
  int64_t end = length > n - begin ? n : begin + length;
  if (begin < 0) begin = 0;
  if (begin >= n || end <= begin) return {};
  size_t b = byte_of_character(s, begin);
  return s.substr(b, byte_of_character(s.substr(b), end - begin));
}

std::string_view change_case(std::string_view s, bool upper, Arena& arena) {
  auto copy = arena.copy(s);
  char* p = const_cast<char*>(copy.data());
  for (size_t i = 0; i < copy.size(); ++i) {
    if (upper && p[i] >= 'a' && p[i] <= 'z') p[i] = static_cast<char>(p[i] - 32);
    if (!upper && p[i] >= 'A' && p[i] <= 'Z') p[i] = static_cast<char>(p[i] + 32);
  }
  return copy;
}

/// Half away from zero at the digit, decided on the shortest decimal digits as BigDecimal.valueOf(double) does.
double round_to(double v, int64_t digits) {
  if (!std::isfinite(v) || digits > 17) return v;
  std::string text;
  char plain[400];
  append_double(text, std::fabs(v));
  // Scale by text: read the digits back with an exponent moved by `digits`, so that 1.005 stays exactly "1.005".
  std::string scaled = text.find('E') == std::string::npos
                           ? text + "e" + std::to_string(digits)
                           : text.substr(0, text.find('E')) + "e" +
                                 std::to_string(std::stoll(text.substr(text.find('E') + 1)) + digits);
  double s = std::floor(std::strtod(scaled.c_str(), nullptr) + 0.5);
  if (s >= 9007199254740992.0) return v;
  std::snprintf(plain, sizeof plain, "%.0fe%lld", s, static_cast<long long>(-digits));
  double r = std::strtod(plain, nullptr);
  return std::signbit(v) ? -r : r;
}

}  // namespace

bool like_matches(std::string_view s, std::string_view p, char escape) {
  size_t i = 0, j = 0, star = std::string_view::npos, mark = 0;
  while (true) {
    bool escaped = false;
    char c = 0;
    if (j < p.size()) {
      c = p[j];
      if (escape && c == escape && j + 1 < p.size()) escaped = true, c = p[j + 1];
    }
    if (j < p.size() && c == '%' && !escaped) {
      star = ++j;
      mark = i;
      continue;
    }
    if (i >= s.size()) return j >= p.size();
    if (j < p.size() && c == '_' && !escaped) {
      ++i, ++j;
      while (i < s.size() && continuation(s[i])) ++i;
      continue;
    }
    if (j < p.size() && c == s[i]) {
      ++i;
      j += escaped ? 2 : 1;
      continue;
    }
    if (star == std::string_view::npos) return false;
    j = star;
    i = ++mark;
  }
}

void eval_function(Evaluator::Node& n, const std::vector<const Vector*>& in, Selection rows, EvalContext& context) {
  Vector& out = n.out;
  const Vector& a = *in[0];
  const std::string& extra = n.expr->text;
  std::string buffer;
  rows.each([&](size_t i) {
    for (const Vector* v : in) {
      if (v->null[i]) return void(out.null[i] = 1);
    }
    out.null[i] = 0;
    switch (n.expr->op) {
      case Op::abs:
        if (a.type.is_float())
          out.reals[i] = std::fabs(a.reals[i]);
        else
          out.ints[i] = a.ints[i] < 0 ? wrap_to(out.type.kind, static_cast<int64_t>(-static_cast<uint64_t>(a.ints[i])))
                                      : a.ints[i];
        break;
      case Op::floor:
        out.reals[i] = std::floor(a.reals[i]);
        break;
      case Op::ceil:
        out.reals[i] = std::ceil(a.reals[i]);
        break;
      case Op::round:
        out.reals[i] = round_to(a.reals[i], in.size() > 1 ? in[1]->ints[i] : 0);
        break;
      case Op::sqrt:
        out.reals[i] = std::sqrt(a.reals[i]);
        break;
      case Op::power:
        out.reals[i] = std::pow(a.reals[i], in[1]->reals[i]);
        break;
      case Op::upper:
      case Op::lower:
        out.strings[i] = change_case(a.strings[i], n.expr->op == Op::upper, context.arena);
        break;
      case Op::trim: {
        std::string_view s = a.strings[i];
        while (!s.empty() && s.front() == ' ') s.remove_prefix(1);
        while (!s.empty() && s.back() == ' ') s.remove_suffix(1);
        out.strings[i] = s;
        break;
      }
      case Op::char_length:
        out.ints[i] = static_cast<int64_t>(character_count(a.strings[i]));
        break;
      case Op::substring:
        out.strings[i] = substring(a.strings[i], in[1]->ints[i], in.size() > 2 ? in[2]->ints[i] : INT32_MAX);
        break;
      case Op::concat:
        buffer.clear();
        for (const Vector* v : in) buffer += v->strings[i];
        out.strings[i] = context.arena.copy(buffer);
        break;
      case Op::replace: {
        buffer.clear();
        std::string_view s = a.strings[i], what = in[1]->strings[i];
        for (size_t at = 0; at < s.size();) {
          size_t hit = what.empty() ? std::string_view::npos : s.find(what, at);
          buffer += s.substr(at, hit == std::string_view::npos ? hit : hit - at);
          if (hit == std::string_view::npos) break;
          buffer += in[2]->strings[i];
          at = hit + what.size();
        }
        out.strings[i] = context.arena.copy(buffer);
        break;
      }
      case Op::like:
        out.ints[i] = like_matches(a.strings[i], in[1]->strings[i], extra.empty() ? '\0' : extra[0]);
        break;
      case Op::to_timestamp: {
        auto v = parse_timestamp(trim_blanks(a.strings[i]));
        if (!v && a.strings[i].size() == 10) v = parse_timestamp(std::string(a.strings[i]) + " 00:00:00");
        out.null[i] = !v;  // Flink gives NULL for text that is no time
        if (v) out.ints[i] = *v;
        break;
      }
      case Op::to_timestamp_ltz: {
        int64_t unit = in[1]->ints[i] == 0 ? 1000 : 1;
        int64_t v = a.type.is_float() ? saturating_int(a.reals[i]) : a.ints[i];
        if (__builtin_mul_overflow(v, unit, &out.ints[i]) || out.ints[i] > 253402300799999 ||
            out.ints[i] < -62135596800000)
          out.null[i] = 1;
        break;
      }
      default:
        context.fail(i, "function without an implementation");
        break;
    }
  });
}

}  // namespace weir::processor
