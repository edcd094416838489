#include "web/series_store.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "base/util/check.h"
#include "web/json_writer.h"

namespace weir::web {
namespace {
constexpr size_t kDeltaBytesMax = 8 * 1024 * 1024;

/// Start of the time shown: `range_ms` before the newest window's end, without overflow whatever the event time is.
int64_t range_start(int64_t newest_end_ms, int64_t range_ms) {
  return newest_end_ms < INT64_MIN + range_ms ? INT64_MIN : newest_end_ms - range_ms;
}

bool passes(const std::string& job, const SubscriptionFilter& filter) {
  return filter.job.empty() || filter.job == job;
}
}  // namespace

SeriesStore::SeriesStore(uint64_t first_seq, size_t rows_per_key_max, size_t bytes_max, size_t deltas_max)
    : seq_(first_seq),
      oldest_resume_(first_seq),
      rows_per_key_max_(rows_per_key_max),
      bytes_max_(bytes_max),
      deltas_max_(deltas_max) {}

SeriesStore::Table* SeriesStore::find(const std::string& job, const std::string& table) {
  for (auto& [index, candidate] : tables_) {
    if (candidate.schema.job == job && candidate.schema.table == table) return &candidate;
  }
  return nullptr;
}

void SeriesStore::table(SeriesTable schema) {
  Table* table = find(schema.job, schema.table);
  if (table && table->schema.keys == schema.keys && table->schema.metrics == schema.metrics) {
    if (table->schema.topic == schema.topic) return;
    table->schema.topic = std::move(schema.topic);
  } else {
    if (table) {  // other columns: the old rows do not fit any more
      forget(*table);
      tables_.erase(table->index);
    }
    int64_t index = next_table_++;
    table = &tables_[index];
    table->index = index;
    table->schema = std::move(schema);
  }
  change(
      {table->index, table->schema.job, std::make_shared<const std::string>(table_json(*table)), Change::Kind::table});
}

void SeriesStore::rows(std::vector<SeriesRow> rows) {
  for (auto& row : rows) {
    Table* table = find(row.job, row.table);
    if (!table || row.keys.size() != table->schema.keys.size() || row.metrics.size() != table->schema.metrics.size()) {
      ++rows_rejected_;
      continue;
    }
    put(*table, std::move(row));
  }
  evict();
}

void SeriesStore::put(Table& table, SeriesRow in) {
  auto& series = table.series[in.keys];
  if (series.rows.empty()) series.keys = in.keys;
  Row row{in.window_start_ms, in.window_end_ms, next_order_++, {}};
  row.metrics.reserve(in.metrics.size());
  for (const auto& metric : in.metrics)
    row.metrics.push_back(metric.value_or(std::numeric_limits<double>::quiet_NaN()));
  change({table.index, table.schema.job, std::make_shared<const std::string>(row_json(table, series, row)),
          Change::Kind::row});
  table.newest_end_ms = std::max(table.newest_end_ms, row.end_ms);

  auto before = [](const Row& a, const Row& b) {
    return std::tie(a.end_ms, a.start_ms) < std::tie(b.end_ms, b.start_ms);
  };
  auto at = std::lower_bound(series.rows.begin(), series.rows.end(), row, before);
  if (at != series.rows.end() && at->end_ms == row.end_ms && at->start_ms == row.start_ms) {
    row.order = at->order;
    *at = std::move(row);
    return;
  }
  arrivals_.push_back({table.index, std::move(in.keys), row.start_ms, row.end_ms, row.order});
  series.rows.insert(at, std::move(row));
  bytes_ += row_bytes(table, series.keys);
  ++row_count_;
  if (series.rows.size() > rows_per_key_max_) {
    series.rows.pop_front();
    bytes_ -= row_bytes(table, series.keys);
    --row_count_;
  }
}

void SeriesStore::evict() {
  auto drop_oldest = [&] {
    Arrival oldest = std::move(arrivals_.front());
    arrivals_.pop_front();
    auto table = tables_.find(oldest.table);
    if (table == tables_.end()) return;
    auto series = table->second.series.find(oldest.keys);
    if (series == table->second.series.end()) return;
    auto& rows = series->second.rows;
    auto row = std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return r.order == oldest.order; });
    if (row == rows.end()) return;  // the limit per key took it already
    rows.erase(row);
    bytes_ -= row_bytes(table->second, oldest.keys);
    --row_count_;
    if (rows.empty()) table->second.series.erase(series);
  };
  while (bytes_ > bytes_max_ && !arrivals_.empty()) drop_oldest();
  // Arrivals whose row is gone already are swept out now and then, so that the list stays as bounded as the rows are.
  if (arrivals_.size() < 2 * row_count_ + 1024) return;
  auto is_gone = [&](const Arrival& a) {
    auto table = tables_.find(a.table);
    if (table == tables_.end()) return true;
    auto series = table->second.series.find(a.keys);
    if (series == table->second.series.end()) return true;
    return std::none_of(series->second.rows.begin(), series->second.rows.end(),
                        [&](const Row& r) { return r.order == a.order; });
  };
  std::erase_if(arrivals_, is_gone);
}

void SeriesStore::drop(const std::string& job) {
  bool any = false;
  for (auto it = tables_.begin(); it != tables_.end();) {
    if (it->second.schema.job != job) {
      ++it;
      continue;
    }
    forget(it->second);
    it = tables_.erase(it);
    any = true;
  }
  if (!any) return;
  JsonWriter w;
  w.value(job);
  change({0, job, std::make_shared<const std::string>(w.take()), Change::Kind::drop});
}

void SeriesStore::forget(const Table& table) {
  for (const auto& [keys, series] : table.series) {
    bytes_ -= series.rows.size() * row_bytes(table, keys);
    row_count_ -= series.rows.size();
  }
}

void SeriesStore::mark_gap() { gap_ = true; }

void SeriesStore::change(Change c) { open_.push_back(std::move(c)); }

bool SeriesStore::seal() {
  if (open_.empty() && !gap_) return false;
  Delta delta{++seq_, std::move(open_), 0};
  open_.clear();
  for (const auto& c : delta.changes) delta.bytes += c.json->size() + c.job.size() + 96;
  delta_bytes_ += delta.bytes;
  deltas_.push_back(std::move(delta));
  while (!deltas_.empty() && (gap_ || deltas_.size() > deltas_max_ || delta_bytes_ > kDeltaBytesMax)) {
    delta_bytes_ -= deltas_.front().bytes;
    oldest_resume_ = deltas_.front().seq;
    deltas_.pop_front();
  }
  gap_ = false;
  return true;
}

size_t SeriesStore::row_bytes(const Table& table, const std::vector<std::string>& keys) {
  size_t bytes = sizeof(Row) + sizeof(Arrival) + table.schema.metrics.size() * sizeof(double) + 64;
  for (const auto& key : keys) bytes += key.size() + sizeof(std::string);
  return bytes;
}

std::string SeriesStore::table_json(const Table& table) {
  JsonWriter w;
  w.begin_object().field("t", table.index).field("job", table.schema.job).field("table", table.schema.table);
  w.field("topic", table.schema.topic).field("keys", table.schema.keys).field("metrics", table.schema.metrics);
  return w.end_object().take();
}

// [table, [key, …], window start, window end, [metric, …]]
std::string SeriesStore::row_json(const Table& table, const Series& series, const Row& row) {
  JsonWriter w;
  w.begin_array()
      .value(table.index)
      .value(series.keys)
      .value(row.start_ms)
      .value(row.end_ms)
      .value(row.metrics)
      .end_array();
  return w.take();
}

void SeriesStore::write_content(JsonWriter& w, const SubscriptionFilter& filter) const {
  w.key("tables").begin_array();
  for (const auto& [index, table] : tables_) {
    if (passes(table.schema.job, filter)) w.raw(table_json(table));
  }
  w.end_array().key("rows").begin_array();
  for (const auto& [index, table] : tables_) {
    if (!passes(table.schema.job, filter)) continue;
    int64_t from = filter.range_ms ? range_start(table.newest_end_ms, *filter.range_ms) : INT64_MIN;
    for (const auto& [keys, series] : table.series) {
      for (const auto& row : series.rows) {
        if (row.end_ms > from) w.raw(row_json(table, series, row));
      }
    }
  }
  w.end_array();
}

std::string SeriesStore::snapshot(int64_t id, const SubscriptionFilter& filter, const std::string& epoch,
                                  bool gap) const {
  JsonWriter w;
  w.begin_object()
      .field("op", "snapshot")
      .field("id", id)
      .field("channel", "series")
      .field("epoch", epoch)
      .field("seq", seq_);
  if (gap) w.field("gap", true);
  write_content(w, filter);
  return w.end_object().take();
}

std::string SeriesStore::delta(int64_t id, uint64_t from_seq, const SubscriptionFilter& filter) const {
  CHECK(can_resume(from_seq), "delta outside of the kept window");
  JsonWriter w;
  w.begin_object().field("op", "delta").field("id", id).field("prev", from_seq).field("seq", seq_);
  bool any = false;
  // In the order in which they happened: "changes" holds tables as objects, rows as arrays, dropped jobs as strings.
  w.key("changes").begin_array();
  for (const auto& delta : deltas_) {
    if (delta.seq <= from_seq) continue;
    for (const auto& c : delta.changes) {
      if (!passes(c.job, filter)) continue;
      w.raw(*c.json);
      any = true;
    }
  }
  w.end_array().end_object();
  return any ? w.take() : std::string();
}

std::string SeriesStore::document(const SubscriptionFilter& filter) const {
  JsonWriter w;
  w.begin_object();
  write_content(w, filter);
  return w.end_object().take();
}

std::string SeriesStore::dashboard(int64_t range_ms) const {
  auto name_of = [](const Table& table, const Series& series, size_t metric) {
    std::string name = table.schema.table;
    for (const auto& key : series.keys) name += "." + key;
    return name + "." + table.schema.metrics[metric];
  };
  auto each = [&](auto&& visit) {
    for (const auto& [index, table] : tables_) {
      for (const auto& [keys, series] : table.series) {
        for (size_t m = 0; m < table.schema.metrics.size(); ++m) {
          if (!series.rows.empty()) visit(table, series, m);
        }
      }
    }
  };
  JsonWriter w;
  w.begin_object().key("current_metrics").begin_object();
  each([&](const Table& table, const Series& series, size_t m) {
    w.field(name_of(table, series, m), series.rows.back().metrics[m]);
  });
  w.end_object().key("trends").begin_object();
  each([&](const Table& table, const Series& series, size_t m) {
    w.key(name_of(table, series, m)).begin_array();
    for (const auto& row : series.rows) {
      if (row.end_ms > range_start(table.newest_end_ms, range_ms))
        w.begin_object().field("timestamp", row.end_ms).field("value", row.metrics[m]).end_object();
    }
    w.end_array();
  });
  return w.end_object().key("alerts").begin_array().end_array().end_object().take();
}

}  // namespace weir::web
