#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "web/backend.h"
#include "web/channel.h"

namespace weir::web {

/// The result rows of jobs that pages opened later need for their charts, and the "series" channel over them. Bounded
/// in rows per key and in bytes (the oldest row that came goes first). Lives on the web thread. Pure: no clock, no
/// socket.
class SeriesStore {
 public:
  SeriesStore(uint64_t first_seq, size_t rows_per_key_max, size_t bytes_max, size_t deltas_max);

  void table(SeriesTable table);
  /// Rows of a table that was never announced, or with another number of columns, are counted and left out.
  void rows(std::vector<SeriesRow> rows);
  void drop(const std::string& job);
  /// Told by the inbox that rows were lost on the way: who resumes gets a snapshot with `gap`.
  void mark_gap();
  /// Ends the current delta: everything since the last call becomes one. True if there was anything.
  bool seal();

  uint64_t seq() const { return seq_; }
  bool can_resume(uint64_t from_seq) const { return from_seq <= seq_ && from_seq >= oldest_resume_; }
  std::string snapshot(int64_t id, const SubscriptionFilter& filter, const std::string& epoch, bool gap) const;
  std::string delta(int64_t id, uint64_t from_seq, const SubscriptionFilter& filter) const;
  /// The same rows without the WebSocket's envelope, for GET /v1/series.
  std::string document(const SubscriptionFilter& filter) const;
  /// GET /v1/dashboard: {"current_metrics":{…},"trends":{…},"alerts":[]}.
  std::string dashboard(int64_t range_ms) const;

  size_t bytes() const { return bytes_; }
  uint64_t rows_rejected() const { return rows_rejected_; }

 private:
  struct Row {
    int64_t start_ms, end_ms;
    uint64_t order;               // when it came
    std::vector<double> metrics;  // NaN: unknown
  };
  struct Series {
    std::vector<std::string> keys;
    std::deque<Row> rows;  // by (end, start)
  };
  struct Table {
    int64_t index = 0;  // its number on the wire
    SeriesTable schema;
    std::map<std::vector<std::string>, Series> series;
    int64_t newest_end_ms = INT64_MIN;
  };
  struct Arrival {  // to find the row that came first
    int64_t table;
    std::vector<std::string> keys;
    int64_t start_ms, end_ms;
    uint64_t order;
  };
  struct Change {
    int64_t table;
    std::string job;
    std::shared_ptr<const std::string> json;
    enum class Kind : uint8_t { table, row, drop } kind;
  };
  struct Delta {
    uint64_t seq;
    std::vector<Change> changes;
    size_t bytes;
  };

  Table* find(const std::string& job, const std::string& table);
  void put(Table& table, SeriesRow row);
  void evict();
  void forget(const Table& table);
  void change(Change change);
  static size_t row_bytes(const Table& table, const std::vector<std::string>& keys);
  static std::string table_json(const Table& table);
  static std::string row_json(const Table& table, const Series& series, const Row& row);
  void write_content(class JsonWriter& w, const SubscriptionFilter& filter) const;

  uint64_t seq_, oldest_resume_;
  size_t rows_per_key_max_, bytes_max_, deltas_max_;
  int64_t next_table_ = 1;
  uint64_t next_order_ = 1;
  size_t bytes_ = 0, row_count_ = 0, delta_bytes_ = 0;
  uint64_t rows_rejected_ = 0;
  std::map<int64_t, Table> tables_;
  std::deque<Arrival> arrivals_;
  std::vector<Change> open_;
  bool gap_ = false;
  std::deque<Delta> deltas_;
};

}  // namespace weir::web
