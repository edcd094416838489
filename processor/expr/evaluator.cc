#include "processor/expr/evaluator.h"

#include <cmath>

#include "processor/expr/node.h"

namespace weir::processor {

using Node = Evaluator::Node;

Evaluator::Evaluator(ExprPtr expr) : expr_(std::move(expr)), root_(std::make_unique<Node>(*expr_)) {}
Evaluator::~Evaluator() = default;
Evaluator::Evaluator(Evaluator&&) noexcept = default;
Evaluator& Evaluator::operator=(Evaluator&&) noexcept = default;

const Vector& Evaluator::eval(const Columns& columns, Selection rows, EvalContext& context) {
  return root_->eval(columns, rows, context);
}

Node::Node(const Expr& e) : expr(&e) {
  for (const ExprPtr& a : e.args) args.push_back(std::make_unique<Node>(*a));
  if (e.op == Op::column) return;
  out.reset(e.type);
  if (e.op != Op::literal) return;
  if (e.null) out.null.assign(kBatchRows, 1);
  if (e.type.is_string())
    out.strings.assign(kBatchRows, e.text);
  else if (e.type.is_float())
    out.reals.assign(kBatchRows, e.real);
  else
    out.ints.assign(kBatchRows, e.integer);
}

namespace {

double real_of(const Vector& v, size_t i) { return v.type.is_float() ? v.reals[i] : static_cast<double>(v.ints[i]); }

/// out = f(a, b) where neither is null.
template <class F>
void binary(Vector& out, const Vector& a, const Vector& b, Selection rows, F&& f) {
  rows.each([&](size_t i) {
    uint8_t null = a.null[i] | b.null[i];
    out.null[i] = null;
    if (!null) f(i);
  });
}

void arithmetic(Node& n, const Vector& a, const Vector& b, Selection rows, EvalContext& context) {
  Vector& out = n.out;
  TypeKind kind = out.type.kind;
  Op op = n.expr->op;
  if (out.type.is_float()) {
    bool single = kind == TypeKind::float_;
    auto run = [&](auto f) {
      binary(out, a, b, rows, [&](size_t i) {
        double v = f(real_of(a, i), real_of(b, i));
        out.reals[i] = single ? static_cast<double>(static_cast<float>(v)) : v;
      });
    };
    switch (op) {
      case Op::add:
        return run([](double x, double y) { return x + y; });
      case Op::sub:
        return run([](double x, double y) { return x - y; });
      case Op::mul:
        return run([](double x, double y) { return x * y; });
      case Op::div:
        return run([](double x, double y) { return x / y; });
      default:
        return run([](double x, double y) { return std::fmod(x, y); });
    }
  }
  auto run = [&](auto f) {
    binary(out, a, b, rows, [&](size_t i) { out.ints[i] = wrap_to(kind, f(a.ints[i], b.ints[i])); });
  };
  // Overflow wraps, as Java's does: computed unsigned.
  using U = uint64_t;
  switch (op) {
    case Op::add:
      return run([](int64_t x, int64_t y) { return static_cast<int64_t>(static_cast<U>(x) + static_cast<U>(y)); });
    case Op::sub:
      return run([](int64_t x, int64_t y) { return static_cast<int64_t>(static_cast<U>(x) - static_cast<U>(y)); });
    case Op::mul:
      return run([](int64_t x, int64_t y) { return static_cast<int64_t>(static_cast<U>(x) * static_cast<U>(y)); });
    default:
      break;
  }
  bool div = op == Op::div;
  binary(out, a, b, rows, [&](size_t i) {
    int64_t x = a.ints[i], y = b.ints[i];
    if (y == 0) {
      out.ints[i] = 0;
      context.fail(i, "division by zero");
    } else if (y == -1) {
      out.ints[i] = div ? wrap_to(kind, static_cast<int64_t>(-static_cast<U>(x))) : 0;
    } else {
      out.ints[i] = div ? x / y : x % y;
    }
  });
}

template <class T>
bool compare(Op op, const T& x, const T& y) {
  switch (op) {
    case Op::eq:
      return x == y;
    case Op::ne:
      return x != y;
    case Op::lt:
      return x < y;
    case Op::le:
      return x <= y;
    case Op::gt:
      return x > y;
    default:
      return x >= y;
  }
}

bool compare_at(Op op, const Vector& a, const Vector& b, size_t i) {
  if (a.type.is_string()) return compare(op, a.strings[i], b.strings[i]);
  if (a.type.is_float() || b.type.is_float()) return compare(op, real_of(a, i), real_of(b, i));
  return compare(op, a.ints[i], b.ints[i]);
}

void copy_value(Vector& out, const Vector& in, size_t i) {
  out.null[i] = in.null[i];
  if (in.null[i]) return;
  if (out.type.is_string())
    out.strings[i] = in.strings[i];
  else if (out.type.is_float())
    out.reals[i] = real_of(in, i);
  else
    out.ints[i] = in.ints[i];
}

/// The rows of `rows` for which `keep` holds, in `into`.
template <class F>
Selection narrow(Selection rows, std::vector<uint16_t>& into, F&& keep) {
  into.clear();
  rows.each([&](size_t i) {
    if (keep(i)) into.push_back(static_cast<uint16_t>(i));
  });
  return {into.data(), into.size()};
}

void logical(Node& n, const Columns& columns, Selection rows, EvalContext& context) {
  bool is_and = n.expr->op == Op::and_;
  const Vector& a = n.args[0]->eval(columns, rows, context);
  // The right side is asked only where the left does not settle it.
  Selection open = narrow(rows, n.narrowed, [&](size_t i) { return a.null[i] || (a.ints[i] != 0) == is_and; });
  rows.each([&](size_t i) { n.out.null[i] = 0, n.out.ints[i] = !is_and; });
  if (open.count == 0) return;
  const Vector& b = n.args[1]->eval(columns, open, context);
  open.each([&](size_t i) {
    bool settled = !b.null[i] && (b.ints[i] != 0) != is_and;
    if (settled) return;  // already the settling value
    n.out.null[i] = a.null[i] | b.null[i];
    n.out.ints[i] = is_and;
  });
}

void case_when(Node& n, const Columns& columns, Selection rows, EvalContext& context) {
  std::vector<uint16_t> open;
  rows.each([&](size_t i) { open.push_back(static_cast<uint16_t>(i)); });
  size_t k = 0;
  for (; k + 1 < n.args.size() && !open.empty(); k += 2) {
    Selection left{open.data(), open.size()};
    const Vector& when = n.args[k]->eval(columns, left, context);
    Selection hit = narrow(left, n.narrowed, [&](size_t i) { return !when.null[i] && when.ints[i]; });
    narrow(left, n.rest, [&](size_t i) { return when.null[i] || !when.ints[i]; });
    if (hit.count) {
      const Vector& then = n.args[k + 1]->eval(columns, hit, context);
      hit.each([&](size_t i) { copy_value(n.out, then, i); });
    }
    open = n.rest;
  }
  if (open.empty()) return;
  Selection left{open.data(), open.size()};
  const Vector& other = n.args.back()->eval(columns, left, context);
  left.each([&](size_t i) { copy_value(n.out, other, i); });
}

void coalesce(Node& n, const Columns& columns, Selection rows, EvalContext& context) {
  std::vector<uint16_t> open;
  rows.each([&](size_t i) { open.push_back(static_cast<uint16_t>(i)); });
  for (auto& arg : n.args) {
    if (open.empty()) break;
    Selection left{open.data(), open.size()};
    const Vector& v = arg->eval(columns, left, context);
    left.each([&](size_t i) { copy_value(n.out, v, i); });
    narrow(left, n.rest, [&](size_t i) { return v.null[i]; });
    open = n.rest;
  }
}

void in_list(Node& n, const std::vector<const Vector*>& in, Selection rows) {
  rows.each([&](size_t i) {
    n.out.null[i] = in[0]->null[i];
    n.out.ints[i] = 0;
    if (in[0]->null[i]) return;
    bool unknown = false;
    for (size_t k = 1; k < in.size(); ++k) {
      if (in[k]->null[i])
        unknown = true;
      else if (compare_at(Op::eq, *in[0], *in[k], i))
        return void(n.out.ints[i] = 1);
    }
    n.out.null[i] = unknown;
  });
}

}  // namespace

const Vector& Node::eval(const Columns& columns, Selection rows, EvalContext& context) {
  Op op = expr->op;
  if (op == Op::column) return *columns.at[static_cast<size_t>(expr->column)];
  if (op == Op::literal) return out;
  if (op == Op::and_ || op == Op::or_) return logical(*this, columns, rows, context), out;
  if (op == Op::case_) return case_when(*this, columns, rows, context), out;
  if (op == Op::coalesce) return coalesce(*this, columns, rows, context), out;

  std::vector<const Vector*> in;
  for (auto& a : args) in.push_back(&a->eval(columns, rows, context));
  const Vector& a = *in[0];
  switch (op) {
    case Op::add:
    case Op::sub:
    case Op::mul:
    case Op::div:
    case Op::mod:
      arithmetic(*this, a, *in[1], rows, context);
      break;
    case Op::eq:
    case Op::ne:
    case Op::lt:
    case Op::le:
    case Op::gt:
    case Op::ge:
      binary(out, a, *in[1], rows, [&](size_t i) { out.ints[i] = compare_at(op, a, *in[1], i); });
      break;
    case Op::negate:
      rows.each([&](size_t i) {
        out.null[i] = a.null[i];
        if (a.null[i]) return;
        if (out.type.is_float())
          out.reals[i] = -a.reals[i];
        else
          out.ints[i] = wrap_to(out.type.kind, static_cast<int64_t>(-static_cast<uint64_t>(a.ints[i])));
      });
      break;
    case Op::not_:
      rows.each([&](size_t i) { out.null[i] = a.null[i], out.ints[i] = !a.ints[i]; });
      break;
    case Op::is_null:
    case Op::is_not_null:
      rows.each([&](size_t i) { out.null[i] = 0, out.ints[i] = (a.null[i] != 0) == (op == Op::is_null); });
      break;
    case Op::is_true:
    case Op::is_false:
      rows.each(
          [&](size_t i) { out.null[i] = 0, out.ints[i] = !a.null[i] && (a.ints[i] != 0) == (op == Op::is_true); });
      break;
    case Op::null_if:
      rows.each([&](size_t i) {
        copy_value(out, a, i);
        if (!a.null[i] && !in[1]->null[i] && compare_at(Op::eq, a, *in[1], i)) out.null[i] = 1;
      });
      break;
    case Op::greatest:
    case Op::least:
      rows.each([&](size_t i) {
        copy_value(out, a, i);
        for (size_t k = 1; k < in.size() && !out.null[i]; ++k) {
          if (in[k]->null[i] || compare_at(op == Op::greatest ? Op::gt : Op::lt, *in[k], out, i))
            copy_value(out, *in[k], i);
        }
      });
      break;
    case Op::in:
      in_list(*this, in, rows);
      break;
    case Op::cast:
    case Op::try_cast:
      eval_cast(*this, a, rows, context);
      break;
    default:
      eval_function(*this, in, rows, context);
      break;
  }
  return out;
}

}  // namespace weir::processor
