#pragma once
#include <memory>
#include <string>
#include <vector>

#include "processor/expr/arena.h"
#include "processor/expr/expr.h"
#include "processor/expr/vector.h"

namespace weir::processor {

/// The columns of a batch by column number; unused ones are null.
struct Columns {
  std::vector<const Vector*> at;
};

/// What evaluation needs beside the columns. The first failing row is kept; the caller fails the job with it.
struct EvalContext {
  Arena arena;  // strings made by expressions; cleared by the caller between batches
  bool failed = false;
  size_t failed_row = 0;
  std::string failure;
  void fail(size_t row, std::string why) {
    if (failed && failed_row <= row) return;
    failed = true, failed_row = row, failure = std::move(why);
  }
};

/// An expression with its scratch, run over a batch at a time. Rows that are not selected are not touched and cannot
/// fail: AND, OR, CASE and COALESCE narrow the selection as Java's short circuit does. One thread.
class Evaluator {
 public:
  explicit Evaluator(ExprPtr expr);
  ~Evaluator();
  Evaluator(Evaluator&&) noexcept;
  Evaluator& operator=(Evaluator&&) noexcept;

  /// Valid until the next call. A bare column is returned as it is, not copied.
  const Vector& eval(const Columns& columns, Selection rows, EvalContext& context);
  const ExprPtr& expr() const { return expr_; }

  struct Node;

 private:
  ExprPtr expr_;
  std::unique_ptr<Node> root_;
};

}  // namespace weir::processor
