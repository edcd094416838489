#include "processor/sql/query_binder.h"

#include <algorithm>

#include "processor/sql/expr_binder.h"

namespace weir::processor {

using ast::ExprKind;

std::vector<std::string> Relation::names() const {
  std::vector<std::string> out;
  for (const Column& c : columns) out.push_back(c.name);
  return out;
}

namespace {

bool is_window_column(const std::string& name) {
  return name == "window_start" || name == "window_end" || name == "window_time";
}

/// Columns of a relation; aggregates are not known here.
class RelationScope : public Scope {
 public:
  RelationScope(const Relation& r, std::string alias) : relation_(r), alias_(std::move(alias)) {}
  Result<ExprPtr> resolve(const ast::Expr& e) override {
    if (e.kind != ExprKind::column) return ExprPtr{};
    if (!e.qualifier.empty() && e.qualifier != alias_)
      return sql_error(e.at, "unknown table `" + e.qualifier + "` before `." + e.text + "`");
    for (const Relation::Column& c : relation_.columns)
      if (c.name == e.text) return c.expr;
    if (is_window_column(e.text))
      return sql_error(e.at,
                       "`" + e.text + "` is not allowed here: it exists only after GROUP BY window_start, window_end");
    return sql_error(e.at, "unknown column `" + e.text + "`" + name_hint(e.text, relation_.names()));
  }

 private:
  const Relation& relation_;
  std::string alias_;
};

/// After GROUP BY: window columns, grouping keys and aggregates; collects the aggregates.
class GroupedScope : public Scope {
 public:
  GroupedScope(Relation& r, std::string alias, Pipeline& out) : relation_(r), alias_(std::move(alias)), out_(out) {}

  Result<ExprPtr> resolve(const ast::Expr& e) override {
    if (is_aggregate(e)) return aggregate(e);
    if (e.kind == ExprKind::column) {
      if (e.text == "window_start") return make_column(kWindowStartColumn, kTimestamp3);
      if (e.text == "window_end") return make_column(kWindowEndColumn, kTimestamp3);
      if (e.text == "window_time") return make_column(kWindowTimeColumn, time_type_);
    }
    bool leaf = e.kind != ExprKind::column && e.args.empty();
    if (leaf) return ExprPtr{};
    RelationScope before(relation_, alias_);
    Result<ExprPtr> whole = bind_expr(e, before);
    if (whole) {
      for (size_t k = 0; k < out_.keys.size(); ++k)
        if (same_expr(**whole, *out_.keys[k]))
          return make_column(kFirstKeyColumn + static_cast<int>(k), out_.keys[k]->type);
    }
    if (e.kind != ExprKind::column) return ExprPtr{};
    if (!whole) return whole.error();
    return sql_error(e.at, "column `" + e.text + "` is neither in GROUP BY nor inside an aggregate");
  }
  void set_time_type(Type t) { time_type_ = t; }

 private:
  Result<ExprPtr> aggregate(const ast::Expr& e) {
    RelationScope before(relation_, alias_);
    AggregateCall call{};
    const std::string& f = e.text;
    call.distinct = e.distinct;
    for (const ast::ExprPtr& a : e.args)
      if (contains_aggregate(*a)) return sql_error(a->at, "an aggregate inside an aggregate");
    if (e.filter) {
      if (contains_aggregate(*e.filter)) return sql_error(e.filter->at, "an aggregate inside FILTER");
      TRY_ASSIGN(call.filter, bind_expr(*e.filter, before));
      if (!call.filter->type.is_boolean())
        return sql_error(e.filter->at, "FILTER needs a condition, found " + type_name(call.filter->type));
    }
    if (e.star) {
      if (f != "COUNT") return sql_error(e.at, f + "(*) does not exist; COUNT(*) does");
      call.kind = AggregateKind::count_star;
      call.type = kBigint;
      return add(std::move(call));
    }
    size_t want = f == "PERCENTILE" ? 2 : 1;
    if (e.args.size() != want)
      return sql_error(e.at, f + " takes " + std::to_string(want) + " argument" + (want == 1 ? "" : "s") + ", found " +
                                 std::to_string(e.args.size()) +
                                 (f == "COUNT" && e.args.empty() ? "; did you mean COUNT(*)?" : ""));
    TRY_ASSIGN(call.argument, bind_expr(*e.args[0], before));
    Type t = call.argument->type;
    bool number = t.is_numeric();
    if (f == "COUNT") {
      call.kind = AggregateKind::count, call.type = kBigint;
    } else if (f == "SUM" || f == "AVG") {
      if (!number) return sql_error(e.args[0]->at, f + " needs a number, found " + type_name(t));
      call.kind = f == "SUM" ? AggregateKind::sum : AggregateKind::avg, call.type = t;
    } else if (f == "MIN" || f == "MAX") {
      if (t.kind == TypeKind::null || t.kind == TypeKind::interval)
        return sql_error(e.args[0]->at, f + " cannot compare " + type_name(t));
      call.kind = f == "MIN" ? AggregateKind::min : AggregateKind::max, call.type = t;
      call.distinct = false;  // makes no difference
    } else {
      if (call.distinct) return sql_error(e.at, "PERCENTILE(DISTINCT …) is not supported");
      if (!number) return sql_error(e.args[0]->at, "PERCENTILE needs a number, found " + type_name(t));
      TRY_ASSIGN(ExprPtr p, bind_expr(*e.args[1], before));
      while (p->op == Op::cast) p = p->args[0];
      double fraction = p->type.is_float() ? p->real : static_cast<double>(p->integer);
      if (p->op != Op::literal || p->null || !p->type.is_numeric() || !(fraction >= 0 && fraction <= 1))
        return sql_error(e.args[1]->at, "the second argument of PERCENTILE is a number between 0 and 1, such as 0.95");
      call.kind = AggregateKind::percentile, call.type = kDouble, call.fraction = fraction;
    }
    return add(std::move(call));
  }

  Result<ExprPtr> add(AggregateCall call) {
    auto same = [](const ExprPtr& a, const ExprPtr& b) { return a == b || (a && b && same_expr(*a, *b)); };
    size_t i = 0;
    for (; i < out_.aggregates.size(); ++i) {
      const AggregateCall& o = out_.aggregates[i];
      if (o.kind == call.kind && o.distinct == call.distinct && o.fraction == call.fraction &&
          same(o.argument, call.argument) && same(o.filter, call.filter))
        break;
    }
    Type type = call.type;
    if (i == out_.aggregates.size()) out_.aggregates.push_back(std::move(call));
    return make_column(kFirstKeyColumn + static_cast<int>(out_.keys.size() + i), type);
  }

  static bool contains_aggregate(const ast::Expr& e) {
    if (is_aggregate(e)) return true;
    for (const ast::ExprPtr& a : e.args)
      if (contains_aggregate(*a)) return true;
    return e.filter && contains_aggregate(*e.filter);
  }

  Relation& relation_;
  std::string alias_;
  Pipeline& out_;
  Type time_type_ = kTimestamp3;
};

ExprPtr both(ExprPtr a, ExprPtr b) {
  if (!a) return b;
  if (!b) return a;
  return make_call(Op::and_, kBoolean, {std::move(a), std::move(b)});
}

Result<ExprPtr> bind_condition(const ast::Expr& e, Scope& scope, const char* what) {
  TRY_ASSIGN(ExprPtr c, bind_expr(e, scope));
  if (!c->type.is_boolean())
    return sql_error(e.at, std::string(what) + " needs a condition, found " + type_name(c->type));
  return c;
}

Result<int64_t> interval(const ast::WindowCall& w, const char* name, size_t position, bool optional) {
  const ast::Expr* found = nullptr;
  for (size_t i = 0; i < w.intervals.size(); ++i) {
    const std::string& n = w.intervals[i].first;
    if (n == name || (n.empty() && i == position)) found = w.intervals[i].second.get();
  }
  if (!found) {
    if (optional) return int64_t{0};
    return sql_error(w.function.at, w.function.text + " needs its " + name + ", such as INTERVAL '1' MINUTE");
  }
  bool negative = found->kind == ExprKind::unary && found->text == "-" && found->args[0]->kind == ExprKind::interval;
  if (negative) found = found->args[0].get();
  if (found->kind != ExprKind::interval)
    return sql_error(found->at,
                     "the " + std::string(name) + " of " + w.function.text + " is written INTERVAL '1' MINUTE");
  if (found->number <= 0 && !optional)
    return sql_error(found->at, "the " + std::string(name) + " of " + w.function.text + " must be positive");
  return negative ? -found->number : found->number;
}

Result<WindowSpec> bind_window(const ast::WindowCall& w) {
  WindowSpec out;
  const std::string& f = w.function.text;
  if (f == "SESSION")
    return sql_error(w.function.at, "SESSION windows are not supported yet; TUMBLE, HOP and CUMULATE are");
  if (!w.partition_by.empty())
    return sql_error(w.partition_by[0].at, "PARTITION BY belongs to SESSION windows; " + f + " takes none");
  size_t most = f == "TUMBLE" ? 2 : 3;
  if (w.intervals.size() > most)
    return sql_error(w.intervals[most].second->at, f + " takes at most " + std::to_string(most) + " intervals");
  if (f == "TUMBLE") {
    TRY_ASSIGN(out.size_ms, interval(w, "SIZE", 0, false));
    TRY_ASSIGN(out.offset_ms, interval(w, "OFFSET", 1, true));
    out.slice_ms = out.size_ms;
    return out;
  }
  bool hop = f == "HOP";
  out.kind = hop ? WindowKind::hop : WindowKind::cumulate;
  TRY_ASSIGN(out.slice_ms, interval(w, hop ? "SLIDE" : "STEP", 0, false));
  TRY_ASSIGN(out.size_ms, interval(w, "SIZE", 1, false));
  TRY_ASSIGN(out.offset_ms, interval(w, "OFFSET", 2, true));
  if (out.size_ms % out.slice_ms != 0)
    return sql_error(
        w.function.at,
        hop ? "HOP needs a size that is a multiple of the slide; the order is HOP(…, slide, size)"
            : "CUMULATE needs a max size that is a multiple of the step; the order is CUMULATE(…, step, max size)");
  if (out.size_ms / out.slice_ms > 10'000) return sql_error(w.function.at, "more than 10,000 windows per record");
  return out;
}

Result<Relation> source_of(const ast::From& from, Catalog& catalog) {
  if (from.table) return catalog.relation(*from.table);
  if (from.subquery) return bind_projection(*from.subquery, catalog);
  return catalog.relation(from.window->table);
}

}  // namespace

Result<ExprPtr> bind_over(const ast::Expr& e, const Relation& relation, const std::string& alias) {
  RelationScope scope(relation, alias);
  return bind_expr(e, scope);
}

Result<Relation> bind_projection(const ast::Select& select, Catalog& catalog) {
  if (select.from.window || select.grouped || select.having)
    return sql_error(
        select.at,
        "a view or subquery with windows or GROUP BY is not supported yet; only SELECT columns FROM table WHERE …");
  TRY_ASSIGN(Relation in, source_of(select.from, catalog));
  std::string alias = !select.from.alias.empty() ? select.from.alias : select.from.table ? select.from.table->text : "";
  Relation out;
  out.table = in.table;
  RelationScope scope(in, alias);
  for (const ast::SelectItem& item : select.items) {
    if (!item.expr) {
      out.columns.insert(out.columns.end(), in.columns.begin(), in.columns.end());
      continue;
    }
    Relation::Column c;
    TRY_ASSIGN(c.expr, bind_expr(*item.expr, scope));
    if (item.alias)
      c.name = item.alias->text;
    else if (item.expr->kind == ExprKind::column)
      c.name = item.expr->text;
    else
      c.name = "EXPR$" + std::to_string(out.columns.size());
    if (item.expr->kind == ExprKind::column)
      for (const Relation::Column& from : in.columns)
        if (from.name == item.expr->text) c.is_time = from.is_time;
    out.columns.push_back(std::move(c));
  }
  out.filter = in.filter;
  if (select.where) {
    TRY_ASSIGN(ExprPtr where, bind_condition(*select.where, scope, "WHERE"));
    out.filter = both(out.filter, where);
    TRY(check_size(*out.filter, select.where->at));
  }
  return out;
}

Result<Pipeline> bind_aggregation(const ast::Select& select, const std::vector<Target>& targets, Catalog& catalog,
                                  int& table) {
  const ast::From& from = select.from;
  if (!from.window) {
    if (select.grouped)
      return sql_error(select.group_at,
                       "GROUP BY without a window never ends; expected FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(et), "
                       "INTERVAL '1' MINUTE)) "
                       "and GROUP BY window_start, window_end");
    return sql_error(from.at,
                     "INSERT … SELECT without a window is not supported yet; expected FROM TABLE(TUMBLE(TABLE t, "
                     "DESCRIPTOR(et), INTERVAL '1' MINUTE))");
  }
  const ast::WindowCall& w = *from.window;
  TRY_ASSIGN(Relation in, source_of(from, catalog));
  table = in.table;
  const Table& source = catalog.table(in.table);
  Pipeline out;
  TRY_ASSIGN(out.window, bind_window(w));

  const Relation::Column* time = nullptr;
  for (const Relation::Column& c : in.columns)
    if (c.name == w.time_column.text) time = &c;
  if (!time)
    return sql_error(w.time_column.at,
                     "unknown column `" + w.time_column.text + "`" + name_hint(w.time_column.text, in.names()));
  if (!time->is_time)
    return sql_error(
        w.time_column.at,
        "`" + w.time_column.text + "` is not the time column of `" + source.name + "`" +
            (source.time_column < 0
                 ? "; add WATERMARK FOR " + w.time_column.text + " AS " + w.time_column.text + " - INTERVAL '5' SECOND"
                 : "; that is `" + source.columns[static_cast<size_t>(source.time_column)].name + "`"));
  out.time = time->expr;

  RelationScope before(in, from.alias);
  out.where = in.filter;
  if (select.where) {
    TRY_ASSIGN(ExprPtr where, bind_condition(*select.where, before, "WHERE"));
    out.where = both(out.where, where);
    TRY(check_size(*out.where, select.where->at));
  }
  bool has_start = false, has_end = false;
  for (const ast::ExprPtr& g : select.group_by) {
    if (g->kind == ExprKind::column && is_window_column(g->text)) {
      has_start = has_start || g->text == "window_start";
      has_end = has_end || g->text == "window_end";
      continue;
    }
    if (is_aggregate(*g)) return sql_error(g->at, "an aggregate in GROUP BY");
    TRY_ASSIGN(ExprPtr key, bind_expr(*g, before));
    if (g->kind == ExprKind::integer) return sql_error(g->at, "GROUP BY takes columns, not positions");
    bool known = std::any_of(out.keys.begin(), out.keys.end(), [&](const ExprPtr& k) { return same_expr(*k, *key); });
    if (!known) out.keys.push_back(key);
  }
  if (!has_start || !has_end)
    return sql_error(
        select.grouped ? select.group_at : select.at,
        std::string("expected GROUP BY window_start, window_end") + (has_start ? "; `window_end` is missing"
                                                                     : has_end ? "; `window_start` is missing"
                                                                               : ""));

  GroupedScope after(in, from.alias, out);
  after.set_time_type({time->expr->type.kind, 3});
  if (select.items.size() != targets.size()) {
    bool star = std::any_of(select.items.begin(), select.items.end(), [](const ast::SelectItem& i) { return !i.expr; });
    if (star) return sql_error(select.at, "SELECT * is not possible with GROUP BY; name the columns");
    return sql_error(select.at, "the table takes " + std::to_string(targets.size()) + " columns, the SELECT gives " +
                                    std::to_string(select.items.size()));
  }
  for (size_t i = 0; i < targets.size(); ++i) {
    const ast::SelectItem& item = select.items[i];
    if (!item.expr) return sql_error(item.at, "SELECT * is not possible with GROUP BY; name the columns");
    TRY_ASSIGN(ExprPtr value, bind_expr(*item.expr, after));
    TRY_ASSIGN(ExprPtr cast, assign_to(std::move(value), targets[i].type, targets[i].name, item.expr->at));
    out.outputs.push_back(std::move(cast));
  }
  if (select.having) {
    TRY_ASSIGN(out.having, bind_condition(*select.having, after, "HAVING"));
  }
  return out;
}

}  // namespace weir::processor
