#include <algorithm>
#include <charconv>

#include "processor/expr/limits.h"
#include "processor/sql/parser_impl.h"

namespace weir::processor {

using namespace ast;

namespace {

constexpr int kDepthMax = 200;

bool is_reserved(const std::string& word) {
  static const std::vector<std::string> words = {
      "SELECT", "FROM",  "WHERE",   "GROUP",    "BY",   "HAVING", "ORDER", "AND",    "OR",   "AS",     "IN",
      "IS",     "LIKE",  "BETWEEN", "WHEN",     "THEN", "ELSE",   "END",   "INSERT", "INTO", "FILTER", "JOIN",
      "ON",     "UNION", "LIMIT",   "DISTINCT", "SET",  "TABLE",  "WITH",  "CREATE", "USER", "VALUES"};
  return std::find(words.begin(), words.end(), word) != words.end();
}

int64_t unit_millis(const std::string& unit) {
  if (unit == "SECOND" || unit == "SECONDS") return 1000;
  if (unit == "MINUTE" || unit == "MINUTES") return 60'000;
  if (unit == "HOUR" || unit == "HOURS") return 3'600'000;
  if (unit == "DAY" || unit == "DAYS") return 86'400'000;
  return 0;
}

/// "5" or "0.5" of a unit, in milliseconds; nothing when it is not a plain number.
bool parse_interval(std::string_view text, int64_t unit, int64_t& out) {
  bool negative = !text.empty() && text[0] == '-';
  if (negative) text.remove_prefix(1);
  size_t dot = text.find('.');
  std::string_view whole = text.substr(0, dot);
  int64_t n = 0;
  auto [p, e] = std::from_chars(whole.data(), whole.data() + whole.size(), n);
  if (e != std::errc() || p != whole.data() + whole.size() || whole.empty()) return false;
  if (__builtin_mul_overflow(n, unit, &out)) return false;
  if (dot != std::string_view::npos) {
    int64_t scale = unit;
    if (dot + 1 == text.size()) return false;
    for (char c : text.substr(dot + 1)) {
      if (c < '0' || c > '9') return false;
      scale /= 10;
      out += (c - '0') * scale;
    }
  }
  if (negative) out = -out;
  return true;
}

}  // namespace

ExprPtr Parser::make(ExprKind kind, Position at, std::string text) const {
  auto e = std::make_unique<Expr>();
  e->kind = kind;
  e->at = at;
  e->text = std::move(text);
  return e;
}

/// A chain (a + b + c …) is as deep a tree as it is long, without any nesting: bounded here, since all that walks a
/// tree recurses.
Status Parser::deepen(Expr& parent, const Expr& child) const {
  parent.height = std::max(parent.height, child.height + 1);
  if (parent.height > kExprHeightMax) return too_deep(parent.at);
  return {};
}

Status Parser::adopt(Expr& parent, ExprPtr child) const {
  TRY(deepen(parent, *child));
  parent.args.push_back(std::move(child));
  return {};
}

Result<ExprPtr> Parser::expression() {
  if (++depth_ > kDepthMax) return sql_error(peek().at, "expression nested too deeply");
  TRY_ASSIGN(ExprPtr left, and_expr());
  while (at("OR")) {
    ExprPtr e = make(ExprKind::binary, take().at, "OR");
    TRY_ASSIGN(ExprPtr right, and_expr());
    TRY(adopt(*e, std::move(left)));
    TRY(adopt(*e, std::move(right)));
    left = std::move(e);
  }
  --depth_;
  return left;
}

Result<ExprPtr> Parser::and_expr() {
  TRY_ASSIGN(ExprPtr left, not_expr());
  while (at("AND")) {
    ExprPtr e = make(ExprKind::binary, take().at, "AND");
    TRY_ASSIGN(ExprPtr right, not_expr());
    TRY(adopt(*e, std::move(left)));
    TRY(adopt(*e, std::move(right)));
    left = std::move(e);
  }
  return left;
}

Result<ExprPtr> Parser::not_expr() {
  if (!at("NOT")) return predicate();
  if (++depth_ > kDepthMax) return sql_error(peek().at, "expression nested too deeply");
  ExprPtr e = make(ExprKind::unary, take().at, "NOT");
  TRY_ASSIGN(ExprPtr inner, not_expr());
  TRY(adopt(*e, std::move(inner)));
  --depth_;
  return e;
}

Result<ExprPtr> Parser::predicate() {
  TRY_ASSIGN(ExprPtr left, additive());
  while (true) {
    Position start = peek().at;
    if (at("=") || at("<>") || at("<") || at("<=") || at(">") || at(">=")) {
      ExprPtr e = make(ExprKind::binary, start, take().text);
      TRY_ASSIGN(ExprPtr right, additive());
      TRY(adopt(*e, std::move(left)));
      TRY(adopt(*e, std::move(right)));
      left = std::move(e);
    } else if (at("IS")) {
      take();
      ExprPtr e = make(ExprKind::is, start);
      e->negated = accept("NOT");
      if (!at("NULL") && !at("TRUE") && !at("FALSE") && !at("UNKNOWN"))
        return unexpected("NULL, TRUE, FALSE or UNKNOWN after IS");
      e->text = take().upper;
      TRY(adopt(*e, std::move(left)));
      left = std::move(e);
    } else if (at("IN") || at("BETWEEN") || at("LIKE") ||
               (at("NOT") && (peek(1).is("IN") || peek(1).is("BETWEEN") || peek(1).is("LIKE")))) {
      bool negated = accept("NOT");
      std::string word = take().upper;
      ExprPtr e = make(word == "IN" ? ExprKind::in : word == "LIKE" ? ExprKind::like : ExprKind::between, start);
      e->negated = negated;
      TRY(adopt(*e, std::move(left)));
      if (word == "IN") {
        TRY(expect("(", "after IN"));
        if (at("SELECT")) return sql_error(peek().at, "IN (SELECT …) is not supported yet");
        do {
          TRY_ASSIGN(ExprPtr item, expression());
          TRY(adopt(*e, std::move(item)));
        } while (accept(","));
        TRY(expect(")", "after the list"));
      } else {
        TRY_ASSIGN(ExprPtr second, additive());
        TRY(adopt(*e, std::move(second)));
        bool third = false;
        if (word == "BETWEEN") {
          TRY(expect("AND", "in BETWEEN … AND …"));
          third = true;
        } else {
          third = accept("ESCAPE");
        }
        if (third) {
          TRY_ASSIGN(ExprPtr high, additive());
          TRY(adopt(*e, std::move(high)));
        }
      }
      left = std::move(e);
    } else {
      return left;
    }
  }
}

Result<ExprPtr> Parser::additive() {
  TRY_ASSIGN(ExprPtr left, multiplicative());
  while (at("+") || at("-") || at("||")) {
    Position start = peek().at;
    ExprPtr e = make(ExprKind::binary, start, take().text);
    TRY_ASSIGN(ExprPtr right, multiplicative());
    TRY(adopt(*e, std::move(left)));
    TRY(adopt(*e, std::move(right)));
    left = std::move(e);
  }
  return left;
}

Result<ExprPtr> Parser::multiplicative() {
  TRY_ASSIGN(ExprPtr left, unary());
  while (at("*") || at("/") || at("%")) {
    Position start = peek().at;
    ExprPtr e = make(ExprKind::binary, start, take().text);
    TRY_ASSIGN(ExprPtr right, unary());
    TRY(adopt(*e, std::move(left)));
    TRY(adopt(*e, std::move(right)));
    left = std::move(e);
  }
  return left;
}

Result<ExprPtr> Parser::unary() {
  while (accept("+")) {
  }
  if (!at("-")) return primary();
  if (++depth_ > kDepthMax) return sql_error(peek().at, "expression nested too deeply");
  ExprPtr e = make(ExprKind::unary, take().at, "-");
  TRY_ASSIGN(ExprPtr inner, unary());
  --depth_;
  if (inner->kind == ExprKind::integer || inner->kind == ExprKind::decimal) {
    inner->text = inner->text[0] == '-' ? inner->text.substr(1) : "-" + inner->text;
    inner->at = e->at;
    return inner;
  }
  TRY(adopt(*e, std::move(inner)));
  return e;
}

Result<ExprPtr> Parser::primary() {
  const Token t = peek();
  switch (t.kind) {
    case TokenKind::integer:
      take();
      return make(ExprKind::integer, t.at, t.text);
    case TokenKind::decimal:
      take();
      return make(ExprKind::decimal, t.at, t.text);
    case TokenKind::string:
      take();
      return make(ExprKind::string, t.at, t.text);
    case TokenKind::end:
      return unexpected("an expression");
    case TokenKind::symbol: {
      if (!accept("(")) return unexpected("an expression");
      if (at("SELECT")) return sql_error(peek().at, "subqueries inside expressions are not supported");
      TRY_ASSIGN(ExprPtr e, expression());
      TRY(expect(")", "after the expression"));
      return e;
    }
    default:
      break;
  }
  if (t.kind == TokenKind::identifier) {
    if (t.upper == "NULL") return take(), make(ExprKind::null, t.at);
    if (t.upper == "TRUE" || t.upper == "FALSE") return take(), make(ExprKind::boolean, t.at, t.upper);
    if (t.upper == "CASE") return case_expr();
    if ((t.upper == "CAST" || t.upper == "TRY_CAST") && peek(1).is("(")) return cast_expr();
    if (t.upper == "INTERVAL" && peek(1).kind == TokenKind::string) return interval();
    if (t.upper == "TIMESTAMP" && peek(1).kind == TokenKind::string) {
      take();
      return make(ExprKind::timestamp, t.at, take().text);
    }
    if (is_reserved(t.upper))
      return sql_error(t.at, "expected an expression, found " + t.shown() +
                                 (t.upper == "USER" ? "; a column of this name goes in `backticks`" : ""));
  }
  take();
  if (at("(")) return call(Name{t.text, t.at});
  ExprPtr e = make(ExprKind::column, t.at, t.text);
  if (accept(".")) {
    e->qualifier = t.text;
    TRY_ASSIGN(Name column, name("a column after `.`"));
    e->text = column.text;
    if (at(".")) return sql_error(t.at, "nested fields are not supported yet");
  }
  return e;
}

Result<ExprPtr> Parser::case_expr() {
  ExprPtr e = make(ExprKind::case_, take().at);
  if (!at("WHEN")) {
    e->has_operand = true;
    TRY_ASSIGN(ExprPtr operand, expression());
    TRY(adopt(*e, std::move(operand)));
  }
  if (!at("WHEN")) return unexpected("WHEN");
  while (accept("WHEN")) {
    TRY_ASSIGN(ExprPtr when, expression());
    TRY(expect("THEN", "after WHEN …"));
    TRY_ASSIGN(ExprPtr then, expression());
    TRY(adopt(*e, std::move(when)));
    TRY(adopt(*e, std::move(then)));
  }
  if (accept("ELSE")) {
    e->has_else = true;
    TRY_ASSIGN(ExprPtr other, expression());
    TRY(adopt(*e, std::move(other)));
  }
  TRY(expect("END", "of CASE"));
  return e;
}

Result<ExprPtr> Parser::cast_expr() {
  ExprPtr e = make(ExprKind::cast, peek().at, peek().upper);
  take(), take();
  TRY_ASSIGN(ExprPtr inner, expression());
  TRY(expect("AS", "in CAST(… AS type)"));
  TRY_ASSIGN(e->type, type_name());
  TRY(expect(")", "after the type"));
  TRY(adopt(*e, std::move(inner)));
  return e;
}

Result<ExprPtr> Parser::call(Name function) {
  ExprPtr e = make(ExprKind::call, function.at, to_upper(function.text));
  take();
  if (accept("*")) {
    e->star = true;
  } else if (!at(")")) {
    e->distinct = accept("DISTINCT");
    if (!e->distinct) accept("ALL");
    // SUBSTRING(s FROM a FOR b), TRIM(s), FLOOR(x): the SQL spelling of arguments.
    do {
      TRY_ASSIGN(ExprPtr arg, expression());
      TRY(adopt(*e, std::move(arg)));
    } while (accept(",") || (e->text == "SUBSTRING" && (accept("FROM") || accept("FOR"))));
  }
  if (!accept(")")) return unexpected("`,` or `)` in the call of " + e->text);
  if (accept("FILTER")) {
    TRY(expect("(", "after FILTER"));
    TRY(expect("WHERE", "in FILTER (WHERE …)"));
    TRY_ASSIGN(e->filter, expression());
    TRY(deepen(*e, *e->filter));
    TRY(expect(")", "after the FILTER condition"));
  }
  if (at("OVER")) return sql_error(peek().at, "OVER windows are not supported yet");
  return e;
}

Result<ExprPtr> Parser::interval() {
  Position start = take().at;
  const Token value = take();
  if (peek().kind != TokenKind::identifier) return unexpected("SECOND, MINUTE, HOUR or DAY");
  const Token unit = take();
  if (accept("(")) {  // precision, has no effect here
    take();
    TRY(expect(")"));
  }
  int64_t millis = unit_millis(unit.upper);
  if (millis == 0)
    return sql_error(unit.at,
                     "unknown unit `" + unit.text + "`" + name_hint(unit.text, {"SECOND", "MINUTE", "HOUR", "DAY"}));
  if (at("TO")) return sql_error(peek().at, "INTERVAL … TO … is not supported; write it in one unit");
  ExprPtr e = make(ExprKind::interval, start, value.text);
  if (!parse_interval(value.text, millis, e->number))
    return sql_error(value.at, "'" + value.text + "' is no number of " + unit.upper);
  return e;
}

}  // namespace weir::processor
