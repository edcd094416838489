#include "processor/expr/expr.h"

#include <algorithm>

namespace weir::processor {

std::string type_name(Type type) {
  switch (type.kind) {
    case TypeKind::null:
      return "NULL";
    case TypeKind::boolean:
      return "BOOLEAN";
    case TypeKind::tinyint:
      return "TINYINT";
    case TypeKind::smallint:
      return "SMALLINT";
    case TypeKind::integer:
      return "INT";
    case TypeKind::bigint:
      return "BIGINT";
    case TypeKind::float_:
      return "FLOAT";
    case TypeKind::double_:
      return "DOUBLE";
    case TypeKind::string:
      return "STRING";
    case TypeKind::timestamp:
      return "TIMESTAMP(" + std::to_string(type.precision) + ")";
    case TypeKind::timestamp_ltz:
      return "TIMESTAMP_LTZ(" + std::to_string(type.precision) + ")";
    case TypeKind::interval:
      return "INTERVAL";
  }
  return "?";
}

ExprPtr make_column(int column, Type type) {
  auto e = std::make_shared<Expr>();
  e->op = Op::column, e->type = type, e->column = column;
  return e;
}

ExprPtr make_null(Type type) {
  auto e = std::make_shared<Expr>();
  e->type = type, e->null = true;
  return e;
}

ExprPtr make_integer(int64_t v, Type type) {
  auto e = std::make_shared<Expr>();
  e->type = type, e->integer = v;
  return e;
}

ExprPtr make_real(double v) {
  auto e = std::make_shared<Expr>();
  e->type = kDouble, e->real = v;
  return e;
}

ExprPtr make_string(std::string v) {
  auto e = std::make_shared<Expr>();
  e->type = kString, e->text = std::move(v);
  return e;
}

ExprPtr make_call(Op op, Type type, std::vector<ExprPtr> args, std::string text) {
  auto e = std::make_shared<Expr>();
  e->op = op, e->type = type, e->args = std::move(args), e->text = std::move(text);
  for (const ExprPtr& a : e->args) {
    e->height = std::max(e->height, a->height + 1);
    e->parts += a->parts;
  }
  return e;
}

bool same_expr(const Expr& a, const Expr& b) {
  if (&a == &b) return true;
  if (a.op != b.op || a.type != b.type || a.column != b.column || a.null != b.null || a.integer != b.integer ||
      a.real != b.real || a.text != b.text || a.args.size() != b.args.size())
    return false;
  for (size_t i = 0; i < a.args.size(); ++i)
    if (!same_expr(*a.args[i], *b.args[i])) return false;
  return true;
}

void collect_columns(const Expr& e, std::vector<int>& out) {
  if (e.op == Op::column && std::find(out.begin(), out.end(), e.column) == out.end()) out.push_back(e.column);
  for (const ExprPtr& a : e.args) collect_columns(*a, out);
}

}  // namespace weir::processor
