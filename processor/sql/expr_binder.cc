#include "processor/sql/expr_binder.h"

#include <algorithm>

#include "processor/expr/text.h"

namespace weir::processor {

namespace {

using ast::ExprKind;

std::optional<Type> common_type(Type a, Type b) {
  if (a == b) return a;
  if (a.kind == TypeKind::null) return b;
  if (b.kind == TypeKind::null) return a;
  if (a.is_integer() && b.is_integer()) return a.kind > b.kind ? a : b;
  if (a.is_numeric() && b.is_numeric()) return a.kind == TypeKind::float_ && b.kind == TypeKind::float_ ? a : kDouble;
  if (a.is_timestamp() && a.kind == b.kind) return Type{a.kind, std::max(a.precision, b.precision)};
  if (a.kind == b.kind) return a;
  return std::nullopt;
}

/// Same kind of array already, or a cast to the common type.
ExprPtr coerce(ExprPtr e, Type to) {
  if (e->type == to) return e;
  if (e->op == Op::literal && e->null) return make_null(to);
  if (e->op == Op::literal && to.is_float() && e->type.is_integer()) return make_real(static_cast<double>(e->integer));
  if (e->op == Op::literal && to.is_integer() && e->type.is_integer()) return make_integer(e->integer, to);
  return make_call(Op::cast, to, {std::move(e)});
}

class Binder {
 public:
  explicit Binder(Scope& scope) : scope_(scope) {}

  Result<ExprPtr> bind(const ast::Expr& e) {
    TRY_ASSIGN(ExprPtr bound, bind_node(e));
    TRY(check_size(*bound, e.at));
    return bound;
  }

 private:
  Result<ExprPtr> bind_node(const ast::Expr& e) {
    TRY_ASSIGN(ExprPtr known, scope_.resolve(e));
    if (known) return known;
    switch (e.kind) {
      case ExprKind::column:
        return sql_error(e.at, "unknown column `" + e.text + "`");
      case ExprKind::integer: {
        auto v = parse_int(e.text);
        if (!v) return sql_error(e.at, "`" + e.text + "` is out of the range of BIGINT");
        return make_integer(*v, *v == wrap_to(TypeKind::integer, *v) ? kInt : kBigint);
      }
      case ExprKind::decimal:
        return make_real(parse_double(e.text).value_or(0));
      case ExprKind::string:
        return make_string(e.text);
      case ExprKind::boolean:
        return make_integer(e.text == "TRUE", kBoolean);
      case ExprKind::null:
        return make_null(Type{});
      case ExprKind::interval:
        return make_integer(e.number, kInterval);
      case ExprKind::timestamp: {
        auto v = parse_timestamp(e.text);
        if (!v) return sql_error(e.at, "'" + e.text + "' is no TIMESTAMP 'yyyy-MM-dd HH:mm:ss'");
        return make_integer(*v, kTimestamp3);
      }
      case ExprKind::unary:
        return unary(e);
      case ExprKind::binary:
        return binary(e);
      case ExprKind::is:
        return is(e);
      case ExprKind::in:
        return in(e);
      case ExprKind::between:
        return between(e);
      case ExprKind::like:
        return like(e);
      case ExprKind::case_:
        return case_when(e);
      case ExprKind::cast:
        return cast(e);
      case ExprKind::call:
        return call(e);
    }
    return sql_error(e.at, "unsupported expression");
  }

  Result<std::vector<ExprPtr>> bind_args(const ast::Expr& e) {
    std::vector<ExprPtr> out;
    for (const ast::ExprPtr& a : e.args) {
      TRY_ASSIGN(ExprPtr b, bind(*a));
      out.push_back(std::move(b));
    }
    return out;
  }

  static Error mismatch(const ast::Expr& e, const std::string& what, Type a, Type b) {
    return sql_error(e.at, "cannot " + what + " " + type_name(a) + " and " + type_name(b) + "; use CAST(… AS …)");
  }

  Result<ExprPtr> boolean(const ast::Expr& e) {
    TRY_ASSIGN(ExprPtr b, bind(e));
    if (b->type.kind == TypeKind::null) return make_null(kBoolean);
    if (!b->type.is_boolean())
      return sql_error(e.at, "expected a condition, found a value of type " + type_name(b->type));
    return b;
  }

  Result<ExprPtr> unary(const ast::Expr& e) {
    if (e.text == "NOT") {
      TRY_ASSIGN(ExprPtr b, boolean(*e.args[0]));
      return make_call(Op::not_, kBoolean, {b});
    }
    TRY_ASSIGN(ExprPtr b, bind(*e.args[0]));
    if (!b->type.is_numeric() && b->type.kind != TypeKind::interval)
      return sql_error(e.at, "`-` needs a number, found " + type_name(b->type));
    return make_call(Op::negate, b->type, {b});
  }

  Result<ExprPtr> binary(const ast::Expr& e) {
    if (e.text == "AND" || e.text == "OR") {
      TRY_ASSIGN(ExprPtr a, boolean(*e.args[0]));
      TRY_ASSIGN(ExprPtr b, boolean(*e.args[1]));
      return make_call(e.text == "AND" ? Op::and_ : Op::or_, kBoolean, {a, b});
    }
    TRY_ASSIGN(ExprPtr a, bind(*e.args[0]));
    TRY_ASSIGN(ExprPtr b, bind(*e.args[1]));
    if (e.text == "||") {
      if (!a->type.is_string() || !b->type.is_string()) return mismatch(e, "join with `||`", a->type, b->type);
      return make_call(Op::concat, kString, {a, b});
    }
    if (e.text == "+" || e.text == "-" || e.text == "*" || e.text == "/" || e.text == "%") return arithmetic(e, a, b);
    return compare(e, a, b);
  }

  Result<ExprPtr> arithmetic(const ast::Expr& e, ExprPtr a, ExprPtr b) {
    Op op = e.text == "+"   ? Op::add
            : e.text == "-" ? Op::sub
            : e.text == "*" ? Op::mul
            : e.text == "/" ? Op::div
                            : Op::mod;
    auto interval = [](const ExprPtr& x) { return x->type.kind == TypeKind::interval; };
    if (op == Op::add && interval(a) && b->type.is_timestamp()) std::swap(a, b);
    if ((op == Op::add || op == Op::sub) && interval(b) && (a->type.is_timestamp() || interval(a)))
      return make_call(op, a->type, {a, b});
    if (op == Op::mul && interval(a) && b->type.is_integer()) return make_call(op, kInterval, {a, b});
    if (op == Op::sub && a->type.is_timestamp() && b->type.is_timestamp())
      return sql_error(e.at, "the difference of two times is not supported yet");
    auto common = common_type(a->type, b->type);
    if (common && common->kind == TypeKind::null) return make_null(kInt);
    if (!common || !common->is_numeric()) return mismatch(e, "compute `" + e.text + "` of", a->type, b->type);
    return make_call(op, *common, {coerce(a, *common), coerce(b, *common)});
  }

  Status comparable(const ast::Expr& e, ExprPtr& a, ExprPtr& b) {
    auto common = common_type(a->type, b->type);
    if (!common && a->type.is_timestamp() && b->type.is_string()) common = a->type;
    if (!common && b->type.is_timestamp() && a->type.is_string()) common = b->type;
    if (!common && a->type.is_timestamp() && b->type.is_timestamp()) common = kTimestamp3;
    if (!common) return mismatch(e, "compare", a->type, b->type);
    if (common->kind == TypeKind::null) common = kInt;
    // Integers of two widths compare as they are.
    if (!(a->type.is_integer() && b->type.is_integer())) a = coerce(a, *common), b = coerce(b, *common);
    return {};
  }

  Result<ExprPtr> compare(const ast::Expr& e, ExprPtr a, ExprPtr b) {
    Op op = e.text == "="    ? Op::eq
            : e.text == "<>" ? Op::ne
            : e.text == "<"  ? Op::lt
            : e.text == "<=" ? Op::le
            : e.text == ">"  ? Op::gt
                             : Op::ge;
    TRY(comparable(e, a, b));
    return make_call(op, kBoolean, {a, b});
  }

  static ExprPtr negated(bool yes, ExprPtr e) { return yes ? make_call(Op::not_, kBoolean, {std::move(e)}) : e; }

  Result<ExprPtr> is(const ast::Expr& e) {
    if (e.text == "NULL") {
      TRY_ASSIGN(ExprPtr b, bind(*e.args[0]));
      return make_call(e.negated ? Op::is_not_null : Op::is_null, kBoolean, {b});
    }
    TRY_ASSIGN(ExprPtr b, boolean(*e.args[0]));
    Op op = e.text == "TRUE" ? Op::is_true : e.text == "FALSE" ? Op::is_false : Op::is_null;
    return negated(e.negated, make_call(op, kBoolean, {b}));
  }

  Result<ExprPtr> in(const ast::Expr& e) {
    TRY_ASSIGN(auto args, bind_args(e));
    for (size_t i = 1; i < args.size(); ++i) {
      Type before = args[0]->type;
      TRY(comparable(*e.args[i], args[0], args[i]));
      if (args[0]->type != before) i = 0;  // the value was widened: widen the list too
    }
    return negated(e.negated, make_call(Op::in, kBoolean, std::move(args)));
  }

  Result<ExprPtr> between(const ast::Expr& e) {
    TRY_ASSIGN(auto args, bind_args(e));
    ExprPtr a = args[0], low = args[1], b = args[0], high = args[2];
    TRY(comparable(e, a, low));
    TRY(comparable(e, b, high));
    return negated(
        e.negated,
        make_call(Op::and_, kBoolean, {make_call(Op::ge, kBoolean, {a, low}), make_call(Op::le, kBoolean, {b, high})}));
  }

  Result<ExprPtr> like(const ast::Expr& e) {
    TRY_ASSIGN(auto args, bind_args(e));
    if (!args[0]->type.is_string() || !args[1]->type.is_string())
      return mismatch(e, "match with LIKE", args[0]->type, args[1]->type);
    std::string escape;
    if (args.size() == 3) {
      if (args[2]->op != Op::literal || args[2]->text.size() != 1)
        return sql_error(e.args[2]->at, "ESCAPE needs one character");
      escape = args[2]->text;
      args.pop_back();
    }
    return negated(e.negated, make_call(Op::like, kBoolean, std::move(args), escape));
  }

  Result<ExprPtr> case_when(const ast::Expr& e) {
    std::vector<ExprPtr> args;
    std::vector<size_t> values;
    size_t k = 0;
    ExprPtr operand;
    if (e.has_operand) {
      TRY_ASSIGN(operand, bind(*e.args[k++]));
    }
    size_t end = e.args.size() - (e.has_else ? 1 : 0);
    for (; k + 1 < end + 1 && k < end; k += 2) {
      if (operand) {
        TRY_ASSIGN(ExprPtr when, bind(*e.args[k]));
        ExprPtr left = operand;
        TRY(comparable(*e.args[k], left, when));
        args.push_back(make_call(Op::eq, kBoolean, {left, when}));
      } else {
        TRY_ASSIGN(ExprPtr when, boolean(*e.args[k]));
        args.push_back(when);
      }
      TRY_ASSIGN(ExprPtr then, bind(*e.args[k + 1]));
      values.push_back(args.size());
      args.push_back(then);
    }
    ExprPtr other = make_null(Type{});
    if (e.has_else) {
      TRY_ASSIGN(other, bind(*e.args.back()));
    }
    values.push_back(args.size());
    args.push_back(other);
    TRY_ASSIGN(Type type, unify(e, args, values));
    return make_call(Op::case_, type, std::move(args));
  }

  /// Brings the listed arguments to one type.
  Result<Type> unify(const ast::Expr& e, std::vector<ExprPtr>& args, const std::vector<size_t>& which) {
    Type type{};
    for (size_t i : which) {
      auto c = common_type(type, args[i]->type);
      if (!c) return mismatch(e, "bring to one type", type, args[i]->type);
      type = *c;
    }
    if (type.kind == TypeKind::null) type = kString;
    for (size_t i : which) args[i] = coerce(args[i], type);
    return type;
  }

  Result<ExprPtr> cast(const ast::Expr& e) {
    TRY_ASSIGN(ExprPtr b, bind(*e.args[0]));
    TRY_ASSIGN(Type to, bind_type(e.type));
    Type from = b->type;
    if (b->op == Op::literal && b->null) return make_null(to);
    if (from == to) return b;
    bool ok = to.is_string() || from.is_string() || (from.is_numeric() && to.is_numeric()) ||
              (from.is_timestamp() && to.is_timestamp()) || (from.is_boolean() && to.is_numeric()) ||
              (from.is_numeric() && to.is_boolean());
    if (from.kind == TypeKind::interval) ok = false;
    if (!ok) return sql_error(e.at, "cannot cast " + type_name(from) + " to " + type_name(to));
    return make_call(e.text == "TRY_CAST" ? Op::try_cast : Op::cast, to, {b});
  }

  Result<ExprPtr> call(const ast::Expr& e);

  Scope& scope_;
};

const std::vector<std::string>& function_names() {
  static const std::vector<std::string> names = {"COUNT",
                                                 "SUM",
                                                 "AVG",
                                                 "MIN",
                                                 "MAX",
                                                 "PERCENTILE",
                                                 "ABS",
                                                 "FLOOR",
                                                 "CEIL",
                                                 "CEILING",
                                                 "ROUND",
                                                 "SQRT",
                                                 "POWER",
                                                 "MOD",
                                                 "GREATEST",
                                                 "LEAST",
                                                 "UPPER",
                                                 "LOWER",
                                                 "TRIM",
                                                 "SUBSTRING",
                                                 "SUBSTR",
                                                 "CHAR_LENGTH",
                                                 "CHARACTER_LENGTH",
                                                 "CONCAT",
                                                 "REPLACE",
                                                 "COALESCE",
                                                 "IFNULL",
                                                 "NULLIF",
                                                 "IF",
                                                 "TO_TIMESTAMP",
                                                 "TO_TIMESTAMP_LTZ"};
  return names;
}

Result<ExprPtr> Binder::call(const ast::Expr& e) {
  const std::string& f = e.text;
  if (is_aggregate(e))
    return sql_error(e.at, f + " is not allowed here: aggregates stand in SELECT and HAVING of a query with GROUP BY");
  if (f == "TUMBLE_START" || f == "TUMBLE_END" || f == "HOP_START" || f == "HOP_END" || f == "SESSION_START")
    return sql_error(
        e.at, f + " belongs to Flink's old GROUP BY windows; use window_start and window_end of FROM TABLE(TUMBLE(…))");
  const auto& names = function_names();
  if (std::find(names.begin(), names.end(), f) == names.end())
    return sql_error(e.at, "unknown function `" + f + "`" + name_hint(f, names));
  if (e.filter) return sql_error(e.filter->at, "FILTER needs an aggregate, " + f + " is none");
  if (e.distinct || e.star) return sql_error(e.at, f + " takes neither DISTINCT nor `*`");
  TRY_ASSIGN(auto args, bind_args(e));
  size_t n = args.size();
  auto arity = [&](size_t low, size_t high) -> Status {
    if (n >= low && n <= high) return {};
    std::string want = low == high ? std::to_string(low) : std::to_string(low) + " to " + std::to_string(high);
    return sql_error(e.at,
                     f + " takes " + want + " argument" + (high == 1 ? "" : "s") + ", found " + std::to_string(n));
  };
  auto need = [&](size_t i, bool ok, const char* what) -> Status {
    if (ok || args[i]->type.kind == TypeKind::null) return {};
    return sql_error(e.args[i]->at, "argument " + std::to_string(i + 1) + " of " + f + " must be " + what + ", found " +
                                        type_name(args[i]->type));
  };
  auto strings = [&](size_t from, size_t to) -> Status {
    for (size_t i = from; i < to && i < n; ++i) {
      TRY(need(i, args[i]->type.is_string(), "a STRING"));
      args[i] = coerce(args[i], kString);
    }
    return {};
  };
  if (f == "ABS" || f == "FLOOR" || f == "CEIL" || f == "CEILING") {
    TRY(arity(1, 1));
    TRY(need(0, args[0]->type.is_numeric(), "a number"));
    if (f != "ABS" && args[0]->type.is_integer()) return args[0];
    if (args[0]->type.kind == TypeKind::null) return make_null(kDouble);
    return make_call(f == "ABS" ? Op::abs : f == "FLOOR" ? Op::floor : Op::ceil, args[0]->type, args);
  }
  if (f == "ROUND") {
    TRY(arity(1, 2));
    TRY(need(0, args[0]->type.is_numeric(), "a number"));
    if (n == 2) TRY(need(1, args[1]->type.is_integer(), "an integer"));
    if (args[0]->type.is_integer()) return args[0];
    return make_call(Op::round, kDouble, {coerce(args[0], kDouble), n == 2 ? args[1] : make_integer(0, kInt)});
  }
  if (f == "SQRT" || f == "POWER") {
    TRY(arity(f == "SQRT" ? 1 : 2, f == "SQRT" ? 1 : 2));
    for (size_t i = 0; i < n; ++i) {
      TRY(need(i, args[i]->type.is_numeric(), "a number"));
      args[i] = coerce(args[i], kDouble);
    }
    return make_call(f == "SQRT" ? Op::sqrt : Op::power, kDouble, args);
  }
  if (f == "MOD") {
    TRY(arity(2, 2));
    auto common = common_type(args[0]->type, args[1]->type);
    if (!common || !common->is_numeric()) return mismatch(e, "compute MOD of", args[0]->type, args[1]->type);
    return make_call(Op::mod, args[1]->type.is_integer() && common->is_integer() ? args[1]->type : *common,
                     {coerce(args[0], *common), coerce(args[1], *common)});
  }
  if (f == "GREATEST" || f == "LEAST" || f == "COALESCE" || f == "IFNULL") {
    TRY(arity(f == "IFNULL" ? 2 : 1, f == "IFNULL" ? 2 : 1000));
    std::vector<size_t> all;
    for (size_t i = 0; i < n; ++i) all.push_back(i);
    TRY_ASSIGN(Type type, unify(e, args, all));
    return make_call(f == "GREATEST" ? Op::greatest : f == "LEAST" ? Op::least : Op::coalesce, type, args);
  }
  if (f == "NULLIF") {
    TRY(arity(2, 2));
    ExprPtr a = args[0], b = args[1];
    TRY(comparable(e, a, b));
    return make_call(Op::null_if, a->type, {a, b});
  }
  if (f == "IF") {
    TRY(arity(3, 3));
    TRY(need(0, args[0]->type.is_boolean(), "a condition"));
    args[0] = coerce(args[0], kBoolean);
    TRY_ASSIGN(Type type, unify(e, args, {1, 2}));
    return make_call(Op::case_, type, args);
  }
  if (f == "UPPER" || f == "LOWER" || f == "TRIM" || f == "CHAR_LENGTH" || f == "CHARACTER_LENGTH") {
    TRY(arity(1, 1));
    TRY(strings(0, 1));
    Op op = f == "UPPER" ? Op::upper : f == "LOWER" ? Op::lower : f == "TRIM" ? Op::trim : Op::char_length;
    return make_call(op, op == Op::char_length ? kInt : kString, args);
  }
  if (f == "SUBSTRING" || f == "SUBSTR") {
    TRY(arity(2, 3));
    TRY(strings(0, 1));
    for (size_t i = 1; i < n; ++i) {
      TRY(need(i, args[i]->type.is_integer(), "an integer"));
      args[i] = coerce(args[i], kInt);
    }
    return make_call(Op::substring, kString, args);
  }
  if (f == "CONCAT") {
    TRY(arity(1, 1000));
    TRY(strings(0, n));
    return make_call(Op::concat, kString, args);
  }
  if (f == "REPLACE") {
    TRY(arity(3, 3));
    TRY(strings(0, 3));
    return make_call(Op::replace, kString, args);
  }
  if (f == "TO_TIMESTAMP") {
    TRY(arity(1, 2));
    TRY(strings(0, n));
    if (n == 2 && (args[1]->op != Op::literal ||
                   (args[1]->text != "yyyy-MM-dd HH:mm:ss" && args[1]->text != "yyyy-MM-dd HH:mm:ss.SSS")))
      return sql_error(e.args[1]->at,
                       "TO_TIMESTAMP reads 'yyyy-MM-dd HH:mm:ss[.SSS]' only, other formats are not supported yet");
    return make_call(Op::to_timestamp, kTimestamp3, {args[0]});
  }
  if (f == "TO_TIMESTAMP_LTZ") {
    TRY(arity(1, 2));
    if (n == 1) args.push_back(make_integer(3, kInt));
    TRY(need(0, args[0]->type.is_numeric(), "a number of seconds or milliseconds"));
    bool ok = args[1]->op == Op::literal && args[1]->type.is_integer() &&
              (args[1]->integer == 0 || args[1]->integer == 3);
    if (!ok) return sql_error(e.at, "the precision of TO_TIMESTAMP_LTZ is 0 (seconds) or 3 (milliseconds)");
    if (args[0]->type.kind == TypeKind::null) args[0] = make_null(kBigint);
    return make_call(Op::to_timestamp_ltz, kTimestampLtz3, args);
  }
  return sql_error(e.at, "function `" + f + "` is known by name only");
}

}  // namespace

bool is_aggregate(const ast::Expr& e) {
  if (e.kind != ExprKind::call) return false;
  for (const char* n : {"COUNT", "SUM", "AVG", "MIN", "MAX", "PERCENTILE"})
    if (e.text == n) return true;
  return false;
}

Status check_size(const Expr& e, Position at) {
  if (e.height > kExprHeightMax) return too_deep(at);
  if (e.parts > kExprPartsMax)
    return sql_error(at, "the expression has more than " + std::to_string(kExprPartsMax) +
                             " parts, those of its views and computed columns counted; shorten its list, or split it "
                             "over several columns or jobs");
  return {};
}

Result<ExprPtr> bind_expr(const ast::Expr& e, Scope& scope) { return Binder(scope).bind(e); }

Result<Type> bind_type(const ast::TypeName& t) {
  const std::string& n = t.name;
  auto plain = [&](TypeKind k) -> Result<Type> {
    if (!t.arguments.empty()) return sql_error(t.at, n + " takes no argument");
    return Type{k};
  };
  if (n == "BIGINT") return plain(TypeKind::bigint);
  if (n == "INT" || n == "INTEGER") return plain(TypeKind::integer);
  if (n == "SMALLINT") return plain(TypeKind::smallint);
  if (n == "TINYINT") return plain(TypeKind::tinyint);
  if (n == "DOUBLE") return plain(TypeKind::double_);
  if (n == "FLOAT" || n == "REAL") return plain(TypeKind::float_);
  if (n == "BOOLEAN") return plain(TypeKind::boolean);
  if (n == "STRING") return plain(TypeKind::string);
  if (n == "VARCHAR" || n == "CHAR") return kString;  // the length is not enforced, as in Flink's JSON format
  if (n == "TIMESTAMP" || n == "TIMESTAMP_LTZ") {
    int64_t p = t.arguments.empty() ? 6 : t.arguments[0];
    if (t.arguments.empty() || p > 3)
      return sql_error(t.at, n + (t.arguments.empty() ? "" : "(" + std::to_string(p) + ")") +
                                 " is finer than milliseconds, not supported; write " + n + "(3)");
    return Type{n == "TIMESTAMP" ? TypeKind::timestamp : TypeKind::timestamp_ltz, static_cast<int32_t>(p)};
  }
  if (n == "DECIMAL" || n == "NUMERIC" || n == "DEC")
    return sql_error(t.at, "DECIMAL is not supported yet; use DOUBLE or BIGINT");
  for (const char* later : {"ROW", "ARRAY", "MAP", "MULTISET", "BYTES", "BINARY", "VARBINARY", "DATE", "TIME"})
    if (n == later) return sql_error(t.at, n + " columns are not supported yet");
  return sql_error(t.at, "unknown type `" + n + "`" +
                             name_hint(n, {"BIGINT", "INT", "SMALLINT", "TINYINT", "DOUBLE", "FLOAT", "BOOLEAN",
                                           "STRING", "VARCHAR", "TIMESTAMP", "TIMESTAMP_LTZ"}));
}

Result<ExprPtr> assign_to(ExprPtr e, Type to, const std::string& column, Position at) {
  Type from = e->type;
  if (from == to) return e;
  bool ok = from.kind == TypeKind::null || (from.is_integer() && to.is_integer() && from.kind < to.kind) ||
            (from.is_integer() && to.is_float()) || (from.is_float() && to.kind == TypeKind::double_) ||
            (from.is_timestamp() && to.is_timestamp());
  if (!ok)
    return sql_error(at, "column `" + column + "` is " + type_name(to) + ", the query gives " + type_name(from) +
                             "; use CAST(… AS " + type_name(to) + ")");
  return coerce(std::move(e), to);
}

}  // namespace weir::processor
