#include "processor/ops/value_set.h"

#include <algorithm>
#include <cmath>

#include "processor/ops/group_table.h"

namespace weir::processor {

bool ValueSet::insert(uint64_t v) {
  if (v == kFree) return !std::exchange(has_free_, true);
  if ((count_ + 1) * 4 > slots_.size() * 3) grow();
  size_t mask = slots_.size() - 1, i = mix(v) & mask;
  while (slots_[i] != kFree) {
    if (slots_[i] == v) return false;
    i = (i + 1) & mask;
  }
  slots_[i] = v;
  ++count_;
  return true;
}

void ValueSet::grow() {
  std::vector<uint64_t> old(slots_.empty() ? 8 : slots_.size() * 2, kFree);
  old.swap(slots_);
  size_t mask = slots_.size() - 1;
  for (uint64_t v : old) {
    if (v == kFree) continue;
    size_t i = mix(v) & mask;
    while (slots_[i] != kFree) i = (i + 1) & mask;
    slots_[i] = v;
  }
}

namespace {
/// A total order: NaN behind everything.
bool before(double a, double b) { return a < b || (std::isnan(b) && !std::isnan(a)); }
}  // namespace

void ValueBag::add(double v, uint64_t times) {
  total_ += times;
  if (times == 1) {
    recent_.push_back(v);
    if (recent_.size() >= 64 && recent_.size() >= 2 * runs_.size()) compact();
    return;
  }
  compact();
  auto it = std::lower_bound(runs_.begin(), runs_.end(), v, [](const auto& r, double x) { return before(r.first, x); });
  if (it != runs_.end() && !before(v, it->first))
    it->second += times;
  else
    runs_.insert(it, {v, times});
}

void ValueBag::merge(const ValueBag& other) {
  compact();
  other.compact();
  std::vector<std::pair<double, uint64_t>> out;
  out.reserve(runs_.size() + other.runs_.size());
  auto a = runs_.begin();
  auto b = other.runs_.begin();
  while (a != runs_.end() || b != other.runs_.end()) {
    if (b == other.runs_.end() || (a != runs_.end() && before(a->first, b->first)))
      out.push_back(*a++);
    else if (a == runs_.end() || before(b->first, a->first))
      out.push_back(*b++);
    else
      out.push_back({a->first, a->second + b->second}), ++a, ++b;
  }
  runs_ = std::move(out);
  total_ += other.total_;
}

void ValueBag::compact() const {
  if (recent_.empty()) return;
  std::sort(recent_.begin(), recent_.end(), before);
  std::vector<std::pair<double, uint64_t>> out;
  out.reserve(runs_.size() + recent_.size());
  size_t i = 0, j = 0;
  auto push = [&](double v, uint64_t n) {
    if (!out.empty() && !before(out.back().first, v))
      out.back().second += n;
    else
      out.push_back({v, n});
  };
  while (i < runs_.size() || j < recent_.size()) {
    if (j == recent_.size() || (i < runs_.size() && !before(recent_[j], runs_[i].first)))
      push(runs_[i].first, runs_[i].second), ++i;
    else
      push(recent_[j++], 1);
  }
  runs_ = std::move(out);
  recent_.clear();
}

const std::vector<std::pair<double, uint64_t>>& ValueBag::runs() const {
  compact();
  return runs_;
}

double ValueBag::percentile(double fraction) const {
  compact();
  double position = static_cast<double>(total_ - 1) * fraction;
  auto low = static_cast<uint64_t>(position);
  double part = position - static_cast<double>(low);
  uint64_t seen = 0;
  for (size_t i = 0; i < runs_.size(); ++i) {
    seen += runs_[i].second;
    if (seen <= low) continue;
    double a = runs_[i].first;
    if (part == 0) return a;
    double b = seen > low + 1 || i + 1 == runs_.size() ? a : runs_[i + 1].first;
    return a == b ? a : (1 - part) * a + part * b;
  }
  return runs_.back().first;
}

uint32_t StringDictionary::id_of(std::string_view s) {
  if ((texts_.size() + 1) * 2 > slots_.size()) grow();
  size_t mask = slots_.size() - 1;
  size_t i = GroupTable::hash_of(reinterpret_cast<const uint8_t*>(s.data()), s.size()) & mask;
  while (slots_[i]) {
    if (texts_[slots_[i] - 1] == s) return slots_[i] - 1;
    i = (i + 1) & mask;
  }
  texts_.push_back(arena_.copy(s));
  slots_[i] = static_cast<uint32_t>(texts_.size());
  return slots_[i] - 1;
}

void StringDictionary::grow() {
  slots_.assign(slots_.empty() ? 64 : slots_.size() * 2, 0);
  size_t mask = slots_.size() - 1;
  for (size_t id = 0; id < texts_.size(); ++id) {
    size_t i = GroupTable::hash_of(reinterpret_cast<const uint8_t*>(texts_[id].data()), texts_[id].size()) & mask;
    while (slots_[i]) i = (i + 1) & mask;
    slots_[i] = static_cast<uint32_t>(id + 1);
  }
}

void StringDictionary::clear() {
  slots_.clear();
  texts_.clear();
  arena_.clear();
}

void StringDictionary::swap(StringDictionary& other) {
  std::swap(slots_, other.slots_);
  std::swap(texts_, other.texts_);
  std::swap(arena_, other.arena_);
}

}  // namespace weir::processor
