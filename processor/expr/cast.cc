#include "processor/expr/node.h"
#include "processor/expr/text.h"

namespace weir::processor {

namespace {

std::string_view shown(std::string_view s) { return s.substr(0, 60); }

void format_value(std::string& out, const Vector& in, size_t i) {
  switch (in.type.kind) {
    case TypeKind::boolean:
      out += in.ints[i] ? "TRUE" : "FALSE";
      break;
    case TypeKind::float_:
      append_float(out, static_cast<float>(in.reals[i]));
      break;
    case TypeKind::double_:
      append_double(out, in.reals[i]);
      break;
    case TypeKind::string:
      out += in.strings[i];
      break;
    case TypeKind::timestamp:
    case TypeKind::timestamp_ltz:
      append_timestamp(out, in.ints[i], ' ', in.type.precision);
      break;
    default:
      append_int(out, in.ints[i]);
      break;
  }
}

/// One string to a number, boolean or time; false when it is none.
bool parse_value(Vector& out, std::string_view s, size_t i) {
  s = trim_blanks(s);
  TypeKind kind = out.type.kind;
  if (out.type.is_integer()) {
    auto v = parse_int(s);
    if (!v) {  // Flink takes the integer part of "5.9"
      size_t dot = s.find('.');
      auto real = dot == std::string_view::npos ? std::nullopt : parse_double(s);
      if (!real) return false;
      v = parse_int(s.substr(0, dot));
    }
    if (!v || wrap_to(kind, *v) != *v) return false;
    out.ints[i] = *v;
  } else if (out.type.is_float()) {
    auto v = parse_double(s);
    if (!v) return false;
    out.reals[i] = kind == TypeKind::float_ ? static_cast<double>(static_cast<float>(*v)) : *v;
  } else if (out.type.is_boolean()) {
    std::string u;
    for (char c : s) u += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    bool t = u == "true" || u == "t" || u == "yes" || u == "y" || u == "1" || u == "on";
    bool f = u == "false" || u == "f" || u == "no" || u == "n" || u == "0" || u == "off";
    if (!t && !f) return false;
    out.ints[i] = t;
  } else {
    auto v = parse_timestamp(s);
    if (!v && s.size() == 10) v = parse_timestamp(std::string(s) + " 00:00:00");
    if (!v) return false;
    out.ints[i] = truncate_millis(*v, out.type.precision);
  }
  return true;
}

}  // namespace

void eval_cast(Evaluator::Node& n, const Vector& in, Selection rows, EvalContext& context) {
  Vector& out = n.out;
  bool quiet = n.expr->op == Op::try_cast;
  Type from = in.type, to = out.type;
  std::string buffer;
  rows.each([&](size_t i) {
    out.null[i] = in.null[i];
    if (in.null[i]) return;
    if (to.is_string()) {
      if (from.is_string()) return void(out.strings[i] = in.strings[i]);
      buffer.clear();
      format_value(buffer, in, i);
      out.strings[i] = context.arena.copy(buffer);
    } else if (from.is_string()) {
      if (parse_value(out, in.strings[i], i)) return;
      out.null[i] = 1;
      if (!quiet)
        context.fail(i, "cannot cast '" + std::string(shown(in.strings[i])) + "' to " + type_name(to) +
                            " (TRY_CAST gives NULL instead)");
    } else if (to.is_float()) {
      double v = from.is_float() ? in.reals[i] : static_cast<double>(in.ints[i]);
      out.reals[i] = to.kind == TypeKind::float_ ? static_cast<double>(static_cast<float>(v)) : v;
    } else if (from.is_float()) {
      if (to.is_boolean())
        out.ints[i] = in.reals[i] != 0;
      else if (to.kind == TypeKind::bigint)
        out.ints[i] = saturating_int(in.reals[i]);
      else
        out.ints[i] = wrap_to(to.kind, saturating_int(in.reals[i], INT32_MIN, INT32_MAX));
    } else if (to.is_boolean()) {
      out.ints[i] = in.ints[i] != 0;
    } else if (to.is_timestamp()) {
      out.ints[i] = truncate_millis(in.ints[i], to.precision);
    } else {
      out.ints[i] = wrap_to(to.kind, in.ints[i]);
    }
  });
}

}  // namespace weir::processor
