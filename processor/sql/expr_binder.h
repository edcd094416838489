#pragma once
#include <optional>

#include "base/util/result.h"
#include "processor/expr/expr.h"
#include "processor/sql/ast.h"

namespace weir::processor {

/// What names mean at one place of a query. Asked for each node before the binder looks at it itself.
class Scope {
 public:
  virtual ~Scope() = default;
  /// The meaning of a node as a whole (a column, an aggregate, a grouping key), or nothing: then its parts are bound
  /// one by one.
  virtual Result<ExprPtr> resolve(const ast::Expr& e) = 0;  // a null pointer: nothing
};

/// Gives an expression names and types. Errors carry the node's place.
Result<ExprPtr> bind_expr(const ast::Expr& e, Scope& scope);
Result<Type> bind_type(const ast::TypeName& name);
/// `e` as a value for a column of type `to`, by the casts that Flink does by itself when inserting; else an error that
/// names the CAST.
Result<ExprPtr> assign_to(ExprPtr e, Type to, const std::string& column, Position at);
/// An error when `e` is beyond kExprHeightMax or kExprPartsMax.
Status check_size(const Expr& e, Position at);
/// COUNT, SUM, AVG, MIN, MAX, PERCENTILE.
bool is_aggregate(const ast::Expr& e);

}  // namespace weir::processor
