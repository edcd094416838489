#include "processor/ops/aggregates.h"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace weir::processor {

namespace {

double real_of(uint64_t w) {
  double d;
  std::memcpy(&d, &w, 8);
  return d;
}
uint64_t word_of(double d) {
  uint64_t w;
  std::memcpy(&w, &d, 8);
  return w;
}
template <class T>
T*& pointer(uint64_t* word) {
  return *reinterpret_cast<T**>(word);
}
template <class T>
const T* pointer(const uint64_t* word) {
  return *reinterpret_cast<T* const*>(word);
}
uint64_t value_word(const Vector& v, size_t i) {
  return v.type.is_float() ? word_of(v.reals[i]) : static_cast<uint64_t>(v.ints[i]);
}

/// Runs f(state, row) for the rows that count.
template <class F>
void for_rows(const Vector* v, const Vector* filter, uint64_t* const* states, size_t n, F&& f) {
  for (size_t i = 0; i < n; ++i) {
    if (!states[i] || (v && v->null[i]) || (filter && (filter->null[i] || !filter->ints[i]))) continue;
    f(states[i], i);
  }
}

bool replaces(AggregateKind kind, bool real, uint64_t have, uint64_t next) {
  if (real) return kind == AggregateKind::min ? real_of(next) < real_of(have) : real_of(next) > real_of(have);
  auto a = static_cast<int64_t>(have), b = static_cast<int64_t>(next);
  return kind == AggregateKind::min ? b < a : b > a;
}

constexpr int64_t kSetElementBytes = 16, kSetBytes = 64;

}  // namespace

Aggregates::Aggregates(std::vector<AggregateCall> calls) : calls_(std::move(calls)) {
  for (const AggregateCall& c : calls_) {
    bool extreme = c.kind == AggregateKind::min || c.kind == AggregateKind::max;
    Layout l = c.kind == AggregateKind::percentile ? Layout::multiset
               : c.distinct                        ? Layout::distinct
               : extreme                           ? (c.type.is_string() ? Layout::extreme_text : Layout::extreme)
               : c.kind == AggregateKind::count_star || c.kind == AggregateKind::count ? Layout::count
               : c.type.is_float()                                                     ? Layout::sum_real
                                                                                       : Layout::sum_int;
    layout_.push_back(l);
    at_.push_back(words_);
    words_ += l == Layout::sum_int || l == Layout::sum_real || l == Layout::extreme ? 2 : 1;
  }
}

bool Aggregates::order_matters() const {
  return std::find(layout_.begin(), layout_.end(), Layout::sum_real) != layout_.end();
}

void Aggregates::update(size_t k, const Vector* v, const Vector* filter, uint64_t* const* states, size_t n) {
  size_t at = at_[k];
  const AggregateCall& call = calls_[k];
  switch (layout_[k]) {
    case Layout::count:
      for_rows(v, filter, states, n, [&](uint64_t* s, size_t) { ++s[at]; });
      break;
    case Layout::sum_int:
      for_rows(v, filter, states, n, [&](uint64_t* s, size_t i) {
        s[at] += static_cast<uint64_t>(v->ints[i]);
        ++s[at + 1];
      });
      break;
    case Layout::sum_real: {
      bool single = call.type.kind == TypeKind::float_ && call.kind == AggregateKind::sum;
      for_rows(v, filter, states, n, [&](uint64_t* s, size_t i) {
        double sum = real_of(s[at]) + v->reals[i];
        s[at] = word_of(single ? static_cast<double>(static_cast<float>(sum)) : sum);
        ++s[at + 1];
      });
      break;
    }
    case Layout::extreme: {
      bool real = v->type.is_float();
      for_rows(v, filter, states, n, [&](uint64_t* s, size_t i) {
        uint64_t next = value_word(*v, i);
        if (!s[at + 1] || replaces(call.kind, real, s[at], next)) s[at] = next, s[at + 1] = 1;
      });
      break;
    }
    case Layout::extreme_text:
      for_rows(v, filter, states, n, [&](uint64_t* s, size_t i) {
        std::string_view next = v->strings[i];
        auto*& have = pointer<std::string>(s + at);
        if (!have) {
          have = new std::string(next);
          external_bytes_ += kSetBytes + static_cast<int64_t>(next.size());
        } else if (call.kind == AggregateKind::min ? next < *have : next > *have) {
          external_bytes_ += static_cast<int64_t>(next.size()) - static_cast<int64_t>(have->size());
          have->assign(next);
        }
      });
      break;
    case Layout::multiset:
      for_rows(v, filter, states, n, [&](uint64_t* s, size_t i) {
        auto*& bag = pointer<ValueBag>(s + at);
        if (!bag) bag = new ValueBag, external_bytes_ += kSetBytes;
        external_bytes_ -= static_cast<int64_t>(bag->bytes());
        bag->add(v->type.is_float() ? v->reals[i] : static_cast<double>(v->ints[i]));
        external_bytes_ += static_cast<int64_t>(bag->bytes());
      });
      break;
    case Layout::distinct:
      update_distinct(k, *v, filter, states, n);
      break;
  }
}

void Aggregates::update_distinct(size_t k, const Vector& v, const Vector* filter, uint64_t* const* states, size_t n) {
  for_rows(&v, filter, states, n, [&](uint64_t* s, size_t i) {
    auto*& set = pointer<ValueSet>(s + at_[k]);
    if (!set) set = new ValueSet, external_bytes_ += kSetBytes;
    uint64_t value;
    if (v.type.is_string()) {
      value = dictionary_.id_of(v.strings[i]);
    } else if (v.type.is_float()) {
      double d = v.reals[i] == 0 ? 0 : v.reals[i];
      value = word_of(std::isnan(d) ? std::nan("") : d);
    } else {
      value = static_cast<uint64_t>(v.ints[i]);
    }
    if (set->insert(value)) external_bytes_ += kSetElementBytes;
  });
}

void Aggregates::merge(uint64_t* into, const uint64_t* from) {
  for (size_t k = 0; k < calls_.size(); ++k) {
    uint64_t* a = into + at_[k];
    const uint64_t* b = from + at_[k];
    switch (layout_[k]) {
      case Layout::count:
        a[0] += b[0];
        break;
      case Layout::sum_int:
        a[0] += b[0], a[1] += b[1];
        break;
      case Layout::sum_real:
        if (b[1]) a[0] = a[1] ? word_of(real_of(a[0]) + real_of(b[0])) : b[0];
        a[1] += b[1];
        break;
      case Layout::extreme:
        if (b[1] && (!a[1] || replaces(calls_[k].kind, calls_[k].type.is_float(), a[0], b[0]))) a[0] = b[0], a[1] = 1;
        break;
      case Layout::extreme_text:
        if (const auto* text = pointer<std::string>(b)) {
          auto*& have = pointer<std::string>(a);
          bool first = !have;
          if (first)
            have = new std::string(*text), external_bytes_ += kSetBytes + static_cast<int64_t>(text->size());
          else if (calls_[k].kind == AggregateKind::min ? *text < *have : *text > *have) {
            external_bytes_ += static_cast<int64_t>(text->size()) - static_cast<int64_t>(have->size());
            *have = *text;
          }
        }
        break;
      case Layout::multiset:
        if (const auto* bag = pointer<ValueBag>(b)) {
          auto*& have = pointer<ValueBag>(a);
          if (!have) have = new ValueBag, external_bytes_ += kSetBytes;
          external_bytes_ -= static_cast<int64_t>(have->bytes() + bag->bytes());
          have->merge(*bag);
          external_bytes_ += static_cast<int64_t>(have->bytes() + bag->bytes());
        }
        break;
      case Layout::distinct:
        if (const auto* set = pointer<ValueSet>(b)) {
          auto*& have = pointer<ValueSet>(a);
          if (!have) have = new ValueSet, external_bytes_ += kSetBytes;
          set->each([&](uint64_t v) {
            if (have->insert(v)) external_bytes_ += kSetElementBytes;
          });
        }
        break;
    }
  }
}

void Aggregates::release(uint64_t* state) {
  for (size_t k = 0; k < calls_.size(); ++k) {
    uint64_t* w = state + at_[k];
    if (layout_[k] == Layout::extreme_text) {
      auto*& s = pointer<std::string>(w);
      if (s) external_bytes_ -= kSetBytes + static_cast<int64_t>(s->size());
      delete s;
    } else if (layout_[k] == Layout::multiset) {
      auto*& b = pointer<ValueBag>(w);
      if (b) external_bytes_ -= kSetBytes + static_cast<int64_t>(b->bytes());
      delete b;
    } else if (layout_[k] == Layout::distinct) {
      auto*& s = pointer<ValueSet>(w);
      if (s) external_bytes_ -= kSetBytes + kSetElementBytes * static_cast<int64_t>(s->size());
      delete s;
    } else {
      continue;
    }
    w[0] = 0;
  }
}

void Aggregates::finish(size_t k, const uint64_t* state, Vector& out, size_t row) const {
  const uint64_t* w = state + at_[k];
  const AggregateCall& call = calls_[k];
  auto integer = [&](int64_t v) { out.null[row] = 0, out.ints[row] = wrap_to(call.type.kind, v); };
  auto real = [&](double v) {
    out.null[row] = 0;
    out.reals[row] = call.type.kind == TypeKind::float_ ? static_cast<double>(static_cast<float>(v)) : v;
  };
  out.null[row] = 1;
  switch (layout_[k]) {
    case Layout::count:
      return integer(static_cast<int64_t>(w[0]));
    case Layout::sum_int:
      if (!w[1]) return;
      return integer(call.kind == AggregateKind::sum ? static_cast<int64_t>(w[0])
                                                     : static_cast<int64_t>(w[0]) / static_cast<int64_t>(w[1]));
    case Layout::sum_real:
      if (!w[1]) return;
      return real(call.kind == AggregateKind::sum ? real_of(w[0]) : real_of(w[0]) / static_cast<double>(w[1]));
    case Layout::extreme:
      if (!w[1]) return;
      if (call.type.is_float()) return real(real_of(w[0]));
      return integer(static_cast<int64_t>(w[0]));
    case Layout::extreme_text:
      if (const auto* s = pointer<std::string>(w)) out.null[row] = 0, out.strings[row] = *s;
      return;
    case Layout::multiset:
      if (const auto* bag = pointer<ValueBag>(w)) real(bag->percentile(call.fraction));
      return;
    case Layout::distinct:
      break;
  }
  const auto* set = pointer<ValueSet>(w);
  size_t n = set ? set->size() : 0;
  if (call.kind == AggregateKind::count) return integer(static_cast<int64_t>(n));
  if (!n) return;
  if (call.type.is_float()) {
    std::vector<double> values;  // sorted: the sum must not depend on the order of arrival
    set->each([&](uint64_t v) { values.push_back(real_of(v)); });
    std::sort(values.begin(), values.end());
    double sum = 0;
    for (double v : values) sum += v;
    return real(call.kind == AggregateKind::sum ? sum : sum / static_cast<double>(n));
  }
  uint64_t sum = 0;
  set->each([&](uint64_t v) { sum += v; });
  integer(call.kind == AggregateKind::sum ? static_cast<int64_t>(sum)
                                          : static_cast<int64_t>(sum) / static_cast<int64_t>(n));
}

void Aggregates::save(const uint64_t* state, StateWriter& out) const {
  for (size_t k = 0; k < calls_.size(); ++k) {
    const uint64_t* w = state + at_[k];
    switch (layout_[k]) {
      case Layout::count:
        out.count(w[0]);
        break;
      case Layout::sum_int:
      case Layout::sum_real:
      case Layout::extreme:
        out.u64(w[0]), out.count(w[1]);
        break;
      case Layout::extreme_text: {
        const auto* s = pointer<std::string>(w);
        out.u8(s != nullptr);
        if (s) out.string(*s);
        break;
      }
      case Layout::multiset: {
        const auto* bag = pointer<ValueBag>(w);
        out.count(bag ? bag->runs().size() : 0);
        if (bag)
          for (auto [v, n] : bag->runs()) out.u64(word_of(v)), out.count(n);
        break;
      }
      case Layout::distinct: {
        const auto* set = pointer<ValueSet>(w);
        out.count(set ? set->size() : 0);
        if (set) set->each([&](uint64_t v) { out.u64(v); });
        break;
      }
    }
  }
}

bool Aggregates::load(uint64_t* state, StateReader& in) {
  for (size_t k = 0; k < calls_.size(); ++k) {
    uint64_t* w = state + at_[k];
    switch (layout_[k]) {
      case Layout::count:
        w[0] = in.count(0);
        break;
      case Layout::sum_int:
      case Layout::sum_real:
      case Layout::extreme:
        w[0] = in.u64(), w[1] = in.count(0);
        break;
      case Layout::extreme_text:
        if (in.u8()) {
          auto* s = new std::string(in.string());
          external_bytes_ += kSetBytes + static_cast<int64_t>(s->size());
          pointer<std::string>(w) = s;
        }
        break;
      case Layout::multiset:
        if (uint64_t n = in.count(9)) {
          auto* bag = new ValueBag;
          pointer<ValueBag>(w) = bag;
          for (uint64_t i = 0; i < n && in.ok(); ++i) {
            double v = real_of(in.u64());
            if (uint64_t times = in.count(0)) bag->add(v, times);
          }
          if (bag->size() == 0) in.fail();
          external_bytes_ += kSetBytes + static_cast<int64_t>(bag->bytes());
        }
        break;
      case Layout::distinct:
        if (uint64_t n = in.count(8)) {
          auto* set = new ValueSet;
          pointer<ValueSet>(w) = set;
          bool text = calls_[k].argument->type.is_string();
          for (uint64_t i = 0; i < n && in.ok(); ++i) {
            uint64_t v = in.u64();
            if (text && v >= dictionary_.size())
              in.fail();
            else
              set->insert(v);
          }
          external_bytes_ += kSetBytes + kSetElementBytes * static_cast<int64_t>(set->size());
        }
        break;
    }
  }
  return in.ok();
}

void Aggregates::mark(const uint64_t* state, std::vector<uint8_t>& used) const {
  for (size_t k = 0; k < calls_.size(); ++k) {
    if (layout_[k] != Layout::distinct || !calls_[k].argument->type.is_string()) continue;
    if (const auto* set = pointer<ValueSet>(state + at_[k])) set->each([&](uint64_t v) { used[v] = 1; });
  }
}

void Aggregates::remap(uint64_t* state, const std::vector<uint32_t>& new_id) {
  for (size_t k = 0; k < calls_.size(); ++k) {
    if (layout_[k] != Layout::distinct || !calls_[k].argument->type.is_string()) continue;
    auto*& set = pointer<ValueSet>(state + at_[k]);
    if (!set) continue;
    ValueSet next;
    set->each([&](uint64_t v) { next.insert(new_id[v]); });
    *set = std::move(next);
  }
}

}  // namespace weir::processor
