#pragma once
#include <memory>
#include <vector>

#include "processor/expr/evaluator.h"

namespace weir::processor {

/// One operation of an Evaluator with its result vector.
struct Evaluator::Node {
  const Expr* expr;
  std::vector<std::unique_ptr<Node>> args;
  Vector out;
  std::vector<uint16_t> narrowed, rest;  // selections of AND, OR, CASE, COALESCE

  explicit Node(const Expr& e);
  const Vector& eval(const Columns& columns, Selection rows, EvalContext& context);
};

/// Functions of strings and times; expr/functions.cc. `in` are the evaluated arguments.
void eval_function(Evaluator::Node& node, const std::vector<const Vector*>& in, Selection rows, EvalContext& context);
/// CAST and TRY_CAST; expr/cast.cc.
void eval_cast(Evaluator::Node& node, const Vector& in, Selection rows, EvalContext& context);
/// SQL LIKE by bytes of UTF-8: % is any run, _ one character.
bool like_matches(std::string_view text, std::string_view pattern, char escape);

}  // namespace weir::processor
