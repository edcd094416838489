#include "processor/series/series_store.h"

#include <simdjson.h>

#include <algorithm>

#include "processor/expr/text.h"

namespace weir::processor {

namespace {

constexpr size_t kRowOverhead = 64;

}  // namespace

Result<std::vector<JsonField>> parse_flat_json(std::string_view json) {
  static thread_local simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(json.data(), json.size()).get(object)) return Error(ErrorCode::malformed, "series", "a row is no JSON object");
  std::vector<JsonField> out;
  for (auto [name, value] : object) {
    JsonField f;
    f.name = name;
    if (value.is_null()) {
      f.text = "null";
    } else if (bool b; !value.get(b)) {
      f.kind = JsonField::Kind::boolean, f.text = b ? "true" : "false";
    } else if (std::string_view s; !value.get(s)) {
      f.kind = JsonField::Kind::string, f.text = s;
    } else if (int64_t i; !value.get(i)) {
      f.kind = JsonField::Kind::number, append_int(f.text, i);
    } else if (double d; !value.get(d)) {
      f.kind = JsonField::Kind::number, append_double(f.text, d);
    } else {
      f.kind = JsonField::Kind::nested, f.text = simdjson::minify(value);
    }
    out.push_back(std::move(f));
  }
  return out;
}

Status SeriesStore::append(std::string_view table, std::string_view json, int64_t now_ms) {
  TRY_ASSIGN(auto fields, parse_flat_json(json));
  Row row;
  row.time_ms = now_ms;
  for (const char* name : {"window_start", "window_end"}) {
    for (const JsonField& f : fields) {
      if (f.name != name || f.kind != JsonField::Kind::string) continue;
      std::string_view text = f.text;
      if (!text.empty() && text.back() == 'Z') text.remove_suffix(1);
      auto t = parse_timestamp(text);
      if (!t) t = parse_timestamp(text, 'T');
      if (t) row.time_ms = *t;
    }
  }
  row.seq = next_seq_++;
  row.json = json;
  auto it = tables_.find(table);
  if (it == tables_.end()) it = tables_.emplace(std::string(table), TableRows{}).first;
  size_t cost = row.json.size() + kRowOverhead;
  it->second.rows.push_back(std::move(row));
  it->second.bytes += cost;
  bytes_ += cost;
  trim(it->second);
  return {};
}

void SeriesStore::pop(TableRows& t) {
  size_t cost = t.rows.front().json.size() + kRowOverhead;
  t.dropped_below = t.rows.front().seq + 1;
  t.bytes -= cost;
  bytes_ -= cost;
  t.rows.pop_front();
}

void SeriesStore::trim(TableRows& t) {
  while (t.rows.size() > limits_.rows_per_table) pop(t);
  while (bytes_ > limits_.bytes) {
    auto largest = std::max_element(tables_.begin(), tables_.end(), [](const auto& a, const auto& b) { return a.second.bytes < b.second.bytes; });
    if (largest->second.rows.empty()) return;
    pop(largest->second);
  }
}

SeriesStore::Snapshot SeriesStore::since(std::string_view table, uint64_t from_seq, size_t rows_max) const {
  Snapshot out;
  out.next_seq = next_seq_;
  auto it = tables_.find(table);
  if (it == tables_.end()) return out;
  const auto& rows = it->second.rows;
  out.gap = from_seq < it->second.dropped_below && from_seq > 0;
  auto first = std::lower_bound(rows.begin(), rows.end(), from_seq, [](const Row& r, uint64_t s) { return r.seq < s; });
  if (static_cast<size_t>(rows.end() - first) > rows_max) {
    first = rows.end() - static_cast<ptrdiff_t>(rows_max);
    out.gap = true;
  }
  out.rows.assign(first, rows.end());
  return out;
}

Result<std::vector<SeriesStore::Series>> SeriesStore::series(std::string_view table, const std::vector<std::string>& key_columns, std::string_view column,
                                                             int64_t from_ms) const {
  auto it = tables_.find(table);
  if (it == tables_.end()) return Error(ErrorCode::not_found, "series", "no rows of " + std::string(table));
  std::map<std::vector<std::string>, Series> by_key;
  for (const Row& row : it->second.rows) {
    if (row.time_ms < from_ms) continue;
    TRY_ASSIGN(auto fields, parse_flat_json(row.json));
    std::vector<std::string> key;
    for (const std::string& k : key_columns) {
      auto f = std::find_if(fields.begin(), fields.end(), [&](const JsonField& x) { return x.name == k; });
      key.push_back(f == fields.end() ? "null" : f->text);
    }
    auto f = std::find_if(fields.begin(), fields.end(), [&](const JsonField& x) { return x.name == column; });
    if (f == fields.end() || f->kind != JsonField::Kind::number) continue;
    Series& s = by_key[key];
    s.key = key;
    s.points.push_back({row.time_ms, parse_double(f->text).value_or(0)});
  }
  std::vector<Series> out;
  for (auto& [k, s] : by_key) {
    std::stable_sort(s.points.begin(), s.points.end(), [](const Point& a, const Point& b) { return a.time_ms < b.time_ms; });
    out.push_back(std::move(s));
  }
  return out;
}

std::vector<std::string> SeriesStore::tables() const {
  std::vector<std::string> out;
  for (const auto& [name, t] : tables_) out.push_back(name);
  return out;
}

void SeriesStore::drop(std::string_view table) {
  auto it = tables_.find(table);
  if (it == tables_.end()) return;
  bytes_ -= it->second.bytes;
  tables_.erase(it);
}

}  // namespace weir::processor
