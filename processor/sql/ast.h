#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "processor/sql/diagnostic.h"

/// A script as written: names are not yet looked up, types not yet known. The binder turns it into plan/.
namespace weir::processor::ast {

struct Name {
  std::string text;
  Position at;
};

struct TypeName {
  std::string name;  // upper case: BIGINT, VARCHAR, TIMESTAMP, TIMESTAMP_LTZ, …
  std::vector<int64_t> arguments;
  Position at;
};

enum class ExprKind {
  column,
  integer,
  decimal,
  string,
  boolean,
  null,
  interval,
  timestamp,
  unary,    // text: "-" or "NOT"
  binary,   // text: + - * / % || = <> < <= > >= AND OR
  is,       // text: NULL, TRUE, FALSE, UNKNOWN; negated
  in,       // args[0] in args[1…]
  between,  // args: value, low, high
  like,     // args: value, pattern [, escape]
  case_,    // args: [operand,] when, then, when, then … [else]
  cast,     // text: CAST or TRY_CAST
  call,
};

struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

struct Expr {
  ExprKind kind = ExprKind::null;
  Position at;
  std::string text;       // name, operator, literal
  std::string qualifier;  // t of t.column
  int64_t number = 0;     // integer; milliseconds of an interval
  std::vector<ExprPtr> args;
  int height = 1;            // of the tree below, itself included
  bool negated = false;      // is, in, between, like
  bool has_operand = false;  // case
  bool has_else = false;     // case
  bool star = false;         // COUNT(*)
  bool distinct = false;
  ExprPtr filter;  // FILTER (WHERE …)
  TypeName type;   // cast
};

struct Column {
  Name name;
  TypeName type;
  ExprPtr computed;  // name AS expr
};

struct Option {
  std::string key, value;
  Position key_at, value_at;
};

struct CreateTable {
  Name name;
  std::vector<Column> columns;
  std::optional<Name> watermark_column;
  ExprPtr watermark;
  std::vector<Name> primary_key;
  std::vector<Option> options;
};

struct Select;

struct WindowCall {
  Name function;  // TUMBLE, HOP, CUMULATE, SESSION
  Name table;
  Name time_column;
  std::vector<Name> partition_by;
  std::vector<std::pair<std::string, ExprPtr>> intervals;  // name (SIZE, SLIDE, STEP, OFFSET, GAP; "" by position) and
                                                           // value
};

struct From {
  Position at;
  std::optional<Name> table;
  std::optional<WindowCall> window;
  std::unique_ptr<Select> subquery;
  std::string alias;
};

struct SelectItem {
  ExprPtr expr;  // none: *
  std::optional<Name> alias;
  Position at;
};

struct Select {
  Position at;
  std::vector<SelectItem> items;
  From from;
  ExprPtr where;
  bool grouped = false;
  Position group_at;
  std::vector<ExprPtr> group_by;
  ExprPtr having;
};

struct CreateView {
  Name name;
  std::unique_ptr<Select> select;
};

struct Insert {
  Name table;
  std::vector<Name> columns;
  std::unique_ptr<Select> select;
};

struct SetOption {
  Option option;
};

using Statement = std::variant<CreateTable, CreateView, Insert, SetOption>;

}  // namespace weir::processor::ast
