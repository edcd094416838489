#pragma once
#include <string>
#include <vector>

#include "base/util/result.h"
#include "processor/plan/plan.h"
#include "processor/sql/ast.h"

namespace weir::processor {

/// A table, a view or a subquery: columns as expressions over one source table, and the rows that count.
struct Relation {
  struct Column {
    std::string name;
    ExprPtr expr;
    bool is_time = false;  // the source's time column, under whatever name
  };
  int table = -1;  // in the catalog
  std::vector<Column> columns;
  ExprPtr filter;

  std::vector<std::string> names() const;
};

/// Looks relations up by name, for FROM.
class Catalog {
 public:
  virtual ~Catalog() = default;
  virtual Result<Relation> relation(const ast::Name& name) = 0;
  virtual const Table& table(int index) const = 0;
};

/// SELECT columns FROM relation [WHERE]: the body of a view or subquery.
Result<Relation> bind_projection(const ast::Select& select, Catalog& catalog);
/// SELECT … FROM TABLE(TUMBLE(…)) … GROUP BY window_start, window_end, …: fills all of `out` but input and sink, whose
/// columns `targets` are.
struct Target {
  std::string name;
  Type type;
};
Result<Pipeline> bind_aggregation(const ast::Select& select, const std::vector<Target>& targets, Catalog& catalog,
                                  int& table);
/// Scope over a relation's columns.
Result<ExprPtr> bind_over(const ast::Expr& e, const Relation& relation, const std::string& alias);

}  // namespace weir::processor
