#pragma once
#include <memory>
#include <string>
#include <vector>

#include "processor/expr/limits.h"
#include "processor/expr/type.h"

namespace weir::processor {

enum class Op : uint8_t {
  column,
  literal,
  add,
  sub,
  mul,
  div,
  mod,
  negate,
  eq,
  ne,
  lt,
  le,
  gt,
  ge,
  and_,
  or_,
  not_,
  is_null,
  is_not_null,
  is_true,
  is_false,
  in,
  like,
  case_,
  coalesce,
  null_if,
  cast,
  try_cast,
  abs,
  floor,
  ceil,
  round,
  power,
  sqrt,
  greatest,
  least,
  upper,
  lower,
  trim,
  substring,
  char_length,
  concat,
  replace,
  to_timestamp,
  to_timestamp_ltz,
};

struct Expr;
using ExprPtr = std::shared_ptr<const Expr>;

/// A bound, typed expression over the columns of one relation. Immutable and shared: views and computed columns are put
/// in place by reference. case_: args are when, then, when, then …, else (always there). like: args value, pattern; the
/// escape is in `text`.
struct Expr {
  Op op = Op::literal;
  Type type;
  int column = -1;  // of Op::column
  // of Op::literal
  bool null = false;
  int64_t integer = 0;
  double real = 0;
  std::string text;
  std::vector<ExprPtr> args;
  int height = 1;     // of the tree, itself included
  int64_t parts = 1;  // nodes of the tree, a shared one counted wherever it stands
};

ExprPtr make_column(int column, Type type);
ExprPtr make_null(Type type);
ExprPtr make_integer(int64_t v, Type type);
ExprPtr make_real(double v);
ExprPtr make_string(std::string v);
ExprPtr make_call(Op op, Type type, std::vector<ExprPtr> args, std::string text = {});
/// The same computation, structurally.
bool same_expr(const Expr& a, const Expr& b);
/// Adds the columns that the expression reads.
void collect_columns(const Expr& e, std::vector<int>& out);

}  // namespace weir::processor
