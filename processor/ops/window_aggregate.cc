#include "processor/ops/window_aggregate.h"

#include <algorithm>

#include "base/util/check.h"

namespace weir::processor {

namespace {

std::vector<Type> key_types(const Pipeline& p) {
  std::vector<Type> out;
  for (const ExprPtr& k : p.keys) out.push_back(k->type);
  return out;
}

int64_t floor_to(int64_t v, int64_t unit) {
  int64_t r = v % unit;
  return v - (r < 0 ? r + unit : r);
}

}  // namespace

WindowAggregate::WindowAggregate(const Pipeline& pipeline, int64_t state_bytes_max)
    : pipeline_(pipeline),
      window_(pipeline.window),
      state_bytes_max_(state_bytes_max),
      aggregates_(pipeline.aggregates),
      keys_(key_types(pipeline)),
      writer_(pipeline.sink),
      lanes_(aggregates_.order_matters()),
      time_(pipeline.time),
      states_(kBatchRows) {
  if (pipeline.where) where_.emplace(pipeline.where);
  if (pipeline.having) having_.emplace(pipeline.having);
  for (const ExprPtr& k : pipeline.keys) key_exprs_.emplace_back(k);
  for (const AggregateCall& a : pipeline.aggregates) {
    Argument arg;
    if (a.argument) arg.value.emplace(a.argument);
    if (a.filter) arg.filter.emplace(a.filter);
    arguments_.push_back(std::move(arg));
  }
  for (const ExprPtr& o : pipeline.outputs) outputs_.emplace_back(o);
  for (Type t : {kTimestamp3, kTimestamp3, kTimestamp3}) fired_columns_.emplace_back(t);
  for (Type t : keys_.types()) fired_columns_.emplace_back(t);
  for (const AggregateCall& a : pipeline.aggregates) fired_columns_.emplace_back(a.type);
}

WindowAggregate::~WindowAggregate() {
  for (Pane& p : panes_) drop(p);
}

int64_t WindowAggregate::slice_of(int64_t time) const {
  return floor_to(time - window_.offset_ms, window_.slice_ms) + window_.offset_ms;
}

int64_t WindowAggregate::last_end(int64_t slice) const {
  if (window_.kind != WindowKind::cumulate) return slice + window_.size_ms;
  return floor_to(slice - window_.offset_ms, window_.size_ms) + window_.offset_ms + window_.size_ms;
}

int64_t WindowAggregate::window_start(int64_t slice, int64_t end) const {
  if (window_.kind != WindowKind::cumulate) return end - window_.size_ms;
  return floor_to(slice - window_.offset_ms, window_.size_ms) + window_.offset_ms;
}

WindowAggregate::Pane* WindowAggregate::pane_for(int64_t slice, int64_t first_end, int64_t lane) {
  auto key = [](const Pane& p) { return std::tuple(p.slice, p.first_end, p.lane); };
  auto want = std::tuple(slice, first_end, lane);
  auto it = std::lower_bound(panes_.begin(), panes_.end(), want,
                             [&](const Pane& p, const auto& w) { return key(p) < w; });
  if (it == panes_.end() || key(*it) != want) {
    Pane p;
    p.slice = slice, p.first_end = first_end, p.lane = lane;
    p.groups = std::make_unique<GroupTable>(aggregates_.words());
    it = panes_.insert(it, std::move(p));
    next_end_ = std::min(next_end_, first_end);
  }
  return &*it;
}

uint64_t* WindowAggregate::group_for(Pane& pane, std::string_view key) {
  const auto* k = reinterpret_cast<const uint8_t*>(key.data());
  uint64_t hash = GroupTable::hash_of(k, key.size());
  if (uint64_t* s = pane.groups->find(k, key.size(), hash)) return s;
  int64_t cost = static_cast<int64_t>(GroupTable::cost(aggregates_.words(), key.size()));
  if (state_bytes() + cost > state_bytes_max_) return nullptr;
  table_bytes_ += cost;
  ++groups_;
  return pane.groups->insert(k, key.size(), hash);
}

void WindowAggregate::batch(const Rows& rows, EvalContext& context, std::vector<uint16_t>& late) {
  DCHECK(rows.count <= kBatchRows, "batch too large");
  Selection selected{nullptr, rows.count};
  if (where_) {
    const Vector& pass = where_->eval(rows.columns, selected, context);
    selected_.clear();
    for (size_t i = 0; i < rows.count; ++i)
      if (!pass.null[i] && pass.ints[i]) selected_.push_back(static_cast<uint16_t>(i));
    selected = {selected_.data(), selected_.size()};
  }
  if (selected.count == 0) return;
  const Vector& time = time_.eval(rows.columns, selected, context);
  std::vector<const Vector*> key_columns;
  for (Evaluator& k : key_exprs_) key_columns.push_back(&k.eval(rows.columns, selected, context));
  if (context.failed) return;

  std::fill(states_.begin(), states_.begin() + static_cast<ptrdiff_t>(rows.count), nullptr);
  int64_t lane = lanes_ ? rows.partition : 0;
  Pane* pane = nullptr;
  int64_t slice_ms = window_.slice_ms;
  selected.each([&](size_t i) {
    int64_t t = time.ints[i];
    // The windows that end at or before w + 1 have fired for this row.
    int64_t w = std::max(rows.watermark_before[i], fired_);
    int64_t slice = pane && t >= pane->slice && t - pane->slice < slice_ms ? pane->slice : slice_of(t);
    int64_t first_end = slice + slice_ms;
    if (first_end - 1 <= w) [[unlikely]] {
      if (last_end(slice) - 1 <= w) {
        late.push_back(static_cast<uint16_t>(i));
        ++late_rows_;
        return;
      }
      first_end += floor_to(w + 1 - first_end, slice_ms) + slice_ms;
    }
    if (!pane || pane->slice != slice || pane->first_end != first_end) pane = pane_for(slice, first_end, lane);
    states_[i] = group_for(*pane, keys_.encode(key_columns, i, key_bytes_));
    if (!states_[i]) ++refused_rows_;
  });

  for (size_t a = 0; a < arguments_.size(); ++a) {
    Argument& arg = arguments_[a];
    const Vector* filter = arg.filter ? &arg.filter->eval(rows.columns, selected, context) : nullptr;
    const Vector* value = nullptr;
    if (arg.value) {
      // FILTER guards its argument: SUM(x / y) FILTER (WHERE y <> 0) must not fail.
      std::vector<uint16_t> passing;
      Selection which = selected;
      if (filter) {
        selected.each([&](size_t i) {
          if (!filter->null[i] && filter->ints[i]) passing.push_back(static_cast<uint16_t>(i));
        });
        which = {passing.data(), passing.size()};
      }
      value = &arg.value->eval(rows.columns, which, context);
    }
    if (context.failed) return;
    aggregates_.update(a, value, filter, states_.data(), rows.count);
  }
}

void WindowAggregate::watermark(int64_t w, EvalContext& context, std::vector<FiredRow>& out) {
  if (w <= fired_) return;
  if (next_end_ == kEndOfInput || next_end_ - 1 > w) {
    fired_ = w;
    return;
  }
  std::vector<Window> due;
  for (const Pane& p : panes_) {
    int64_t end = p.first_end, last = last_end(p.slice);
    if (end - 1 <= fired_) end += floor_to(fired_ + 1 - end, window_.slice_ms) + window_.slice_ms;
    for (; end <= last && end - 1 <= w; end += window_.slice_ms) due.push_back({end, window_start(p.slice, end)});
  }
  std::sort(due.begin(), due.end());
  due.erase(std::unique(due.begin(), due.end()), due.end());
  for (const Window& d : due) fire(d, context, out);
  fired_ = w;
  for (Pane& p : panes_)
    if (last_end(p.slice) - 1 <= w) drop(p);
  std::erase_if(panes_, [](const Pane& p) { return !p.groups; });
  plan_next_fire();
  if (aggregates_.dictionary_wants_sweep()) sweep_dictionary();
}

void WindowAggregate::plan_next_fire() {
  next_end_ = kEndOfInput;
  for (const Pane& p : panes_) {
    int64_t end = p.first_end;
    if (end - 1 <= fired_) end += floor_to(fired_ + 1 - end, window_.slice_ms) + window_.slice_ms;
    if (end <= last_end(p.slice)) next_end_ = std::min(next_end_, end);
  }
}

void WindowAggregate::fire(const Window& w, EvalContext& context, std::vector<FiredRow>& out) {
  std::vector<Pane*> parts;
  for (Pane& p : panes_)
    if (p.slice >= w.start && p.slice < w.end && p.first_end <= w.end) parts.push_back(&p);
  if (parts.empty()) return;
  if (parts.size() == 1) return emit(w, *parts[0]->groups, context, out);
  GroupTable merged(aggregates_.words());
  for (Pane* p : parts) {
    for (size_t g = 0; g < p->groups->size(); ++g) {
      uint64_t* from = p->groups->state(g);
      std::string_view key = p->groups->key(from);
      const auto* k = reinterpret_cast<const uint8_t*>(key.data());
      uint64_t hash = GroupTable::hash_of(k, key.size());
      uint64_t* into = merged.find(k, key.size(), hash);
      if (!into) into = merged.insert(k, key.size(), hash);
      aggregates_.merge(into, from);
    }
  }
  emit(w, merged, context, out);
  for (size_t g = 0; g < merged.size(); ++g) aggregates_.release(merged.state(g));
}

void WindowAggregate::emit(const Window& w, GroupTable& groups, EvalContext& context, std::vector<FiredRow>& out) {
  std::vector<uint64_t*> order;
  for (size_t g = 0; g < groups.size(); ++g) order.push_back(groups.state(g));
  std::sort(order.begin(), order.end(),
            [&](uint64_t* a, uint64_t* b) { return keys_.less(groups.key(a), groups.key(b)); });
  for (size_t at = 0; at < order.size(); at += kBatchRows)
    emit_chunk(w, groups, order.data() + at, std::min(kBatchRows, order.size() - at), context, out);
}

void WindowAggregate::emit_chunk(const Window& w, const GroupTable& groups, uint64_t* const* states, size_t n,
                                 EvalContext& context, std::vector<FiredRow>& out) {
  size_t first_aggregate = kFirstKeyColumn + keys_.types().size();
  for (size_t i = 0; i < n; ++i) {
    fired_columns_[kWindowStartColumn].ints[i] = w.start;
    fired_columns_[kWindowEndColumn].ints[i] = w.end;
    fired_columns_[kWindowTimeColumn].ints[i] = w.end - 1;
    keys_.decode(groups.key(states[i]), fired_columns_, kFirstKeyColumn, i);
  }
  for (size_t a = 0; a < aggregates_.size(); ++a)
    for (size_t i = 0; i < n; ++i) aggregates_.finish(a, states[i], fired_columns_[first_aggregate + a], i);

  Columns columns;
  for (const Vector& v : fired_columns_) columns.at.push_back(&v);
  Selection rows{nullptr, n};
  std::vector<uint16_t> kept;
  if (having_) {
    const Vector& pass = having_->eval(columns, rows, context);
    for (size_t i = 0; i < n; ++i)
      if (!pass.null[i] && pass.ints[i]) kept.push_back(static_cast<uint16_t>(i));
    rows = {kept.data(), kept.size()};
    if (kept.empty()) return;
  }
  std::vector<const Vector*> values;
  for (Evaluator& o : outputs_) values.push_back(&o.eval(columns, rows, context));
  if (context.failed) return;
  rows.each([&](size_t i) {
    FiredRow row;
    writer_.append(row.value, values, i);
    std::string_view key = groups.key(states[i]);
    row.key_hash = GroupTable::hash_of(reinterpret_cast<const uint8_t*>(key.data()), key.size());
    row.window_end_ms = w.end;
    out.push_back(std::move(row));
  });
}

void WindowAggregate::drop(Pane& pane) {
  if (!pane.groups) return;
  for (size_t g = 0; g < pane.groups->size(); ++g) {
    uint64_t* s = pane.groups->state(g);
    table_bytes_ -= static_cast<int64_t>(GroupTable::cost(aggregates_.words(), pane.groups->key(s).size()));
    --groups_;
    aggregates_.release(s);
  }
  pane.groups.reset();
}

void WindowAggregate::sweep_dictionary() {
  StringDictionary& old = aggregates_.dictionary();
  std::vector<uint8_t> used(old.size());
  for (Pane& p : panes_)
    for (size_t g = 0; g < p.groups->size(); ++g) aggregates_.mark(p.groups->state(g), used);
  StringDictionary next;
  std::vector<uint32_t> new_id(old.size());
  for (size_t id = 0; id < used.size(); ++id)
    if (used[id]) new_id[id] = next.id_of(old.text(static_cast<uint32_t>(id)));
  for (Pane& p : panes_)
    for (size_t g = 0; g < p.groups->size(); ++g) aggregates_.remap(p.groups->state(g), new_id);
  old.swap(next);
  aggregates_.swept();
}

std::optional<int64_t> WindowAggregate::next_end() const {
  if (next_end_ == kEndOfInput) return std::nullopt;
  return next_end_;
}

void WindowAggregate::checkpoint(StateWriter& out) const {
  auto& self = const_cast<WindowAggregate&>(*this);
  out.i64(fired_);
  out.i64(late_rows_);
  out.i64(refused_rows_);
  StringDictionary& dictionary = self.aggregates_.dictionary();
  out.count(dictionary.size());
  for (size_t id = 0; id < dictionary.size(); ++id) out.string(dictionary.text(static_cast<uint32_t>(id)));
  out.count(panes_.size());
  for (const Pane& p : panes_) {
    out.i64(p.slice);
    out.i64(p.first_end);
    out.i64(p.lane);
    out.count(p.groups->size());
    for (size_t g = 0; g < p.groups->size(); ++g) {
      const uint64_t* s = p.groups->state(g);
      out.string(p.groups->key(s));
      aggregates_.save(s, out);
    }
  }
}

bool WindowAggregate::restore(StateReader& in) {
  CHECK(panes_.empty(), "restore into an operator in use");
  fired_ = in.i64();
  late_rows_ = in.i64();
  refused_rows_ = in.i64();
  uint64_t strings = in.count(1);
  for (uint64_t i = 0; i < strings && in.ok(); ++i)
    if (aggregates_.dictionary().id_of(in.string()) != i) in.fail();
  uint64_t panes = in.count(24);
  for (uint64_t i = 0; i < panes && in.ok(); ++i) {
    int64_t slice = in.i64(), first_end = in.i64(), lane = in.i64();
    if (slice_of(slice) != slice || first_end <= slice || first_end > last_end(slice)) in.fail();
    if (!in.ok()) break;
    Pane* p = pane_for(slice, first_end, lane);
    uint64_t groups = in.count(1);
    for (uint64_t g = 0; g < groups && in.ok(); ++g) {
      std::string_view key = in.string();
      if (!in.ok() || !keys_.valid(key)) return in.fail(), false;
      const auto* k = reinterpret_cast<const uint8_t*>(key.data());
      uint64_t hash = GroupTable::hash_of(k, key.size());
      if (p->groups->find(k, key.size(), hash)) return in.fail(), false;
      table_bytes_ += static_cast<int64_t>(GroupTable::cost(aggregates_.words(), key.size()));
      ++groups_;
      aggregates_.load(p->groups->insert(k, key.size(), hash), in);
    }
  }
  plan_next_fire();
  aggregates_.swept();
  return in.ok();
}

}  // namespace weir::processor
