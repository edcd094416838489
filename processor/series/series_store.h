#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/util/result.h"

namespace weir::processor {

/// The last rows of result tables, for the dashboard: bounded, in memory, rebuilt from the topics after a restart. One thread.
class SeriesStore {
 public:
  struct Limits {
    size_t rows_per_table = 20'000;
    size_t bytes = 64u << 20;  // of all tables; the oldest rows of the largest table go first
  };
  struct Row {
    uint64_t seq = 0;  // grows by one with each row of any table
    int64_t time_ms = 0;  // window_end, else window_start, else when the caller says it came
    std::string json;
  };
  struct Snapshot {
    uint64_t next_seq = 1;  // ask with it the next time
    bool gap = false;       // rows between were dropped
    std::vector<Row> rows;
  };
  struct Point {
    int64_t time_ms;
    double value;
  };
  /// The values of one key over time, ascending.
  struct Series {
    std::vector<std::string> key;  // values of the key columns, as text; null is "null"
    std::vector<Point> points;
  };

  SeriesStore() : SeriesStore(Limits{}) {}
  explicit SeriesStore(Limits limits) : limits_(limits) {}

  /// Adds a row. Errors: malformed when it is no flat JSON object.
  Status append(std::string_view table, std::string_view json, int64_t now_ms);
  /// Rows of `table` from `from_seq` on, at most `rows_max`: the newest when there are more.
  Snapshot since(std::string_view table, uint64_t from_seq, size_t rows_max = 10'000) const;
  /// `column` over time, one series for each value of the key columns. A missing or null value leaves a hole.
  Result<std::vector<Series>> series(std::string_view table, const std::vector<std::string>& key_columns, std::string_view column,
                                     int64_t from_ms = INT64_MIN) const;
  std::vector<std::string> tables() const;
  void drop(std::string_view table);
  size_t bytes() const { return bytes_; }

 private:
  struct TableRows {
    std::deque<Row> rows;
    size_t bytes = 0;
    uint64_t dropped_below = 0;  // rows with a lower sequence may be missing
  };
  void trim(TableRows& t);
  void pop(TableRows& t);

  Limits limits_;
  std::map<std::string, TableRows, std::less<>> tables_;
  size_t bytes_ = 0;
  uint64_t next_seq_ = 1;
};

/// The fields of a flat JSON object in order: names and values, strings unescaped, numbers and literals as written. Errors: malformed.
struct JsonField {
  std::string name;
  std::string text;
  enum class Kind : uint8_t { null, boolean, number, string, nested } kind = Kind::null;
};
Result<std::vector<JsonField>> parse_flat_json(std::string_view json);

}  // namespace weir::processor
