#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/util/types.h"
#include "processor/expr/expr.h"

/// What a script means: the output of sql/, the input of ops/ and job/. Immutable once compiled.
namespace weir::processor {

enum class StartupMode { earliest, latest, specific_offsets, timestamp };
enum class BoundedMode { unbounded, latest, specific_offsets };
enum class TimestampFormat { sql, iso_8601 };

struct TableColumn {
  std::string name;
  Type type;
  ExprPtr computed;  // over the physical columns, by their index in the table; none: a field of the record
};

struct Table {
  std::string name;
  std::string topic;
  std::vector<TableColumn> columns;
  int time_column = -1;  // of WATERMARK FOR
  ExprPtr time;          // its value over the physical columns
  ExprPtr watermark;
  // Source options.
  StartupMode startup = StartupMode::earliest;
  std::map<PartitionId, Offset> startup_offsets;
  int64_t startup_timestamp_ms = 0;
  BoundedMode bounded = BoundedMode::unbounded;
  std::map<PartitionId, Offset> bounded_offsets;
  int64_t idle_timeout_ms = 0;  // 0: a silent partition holds the watermark for good
  bool ignore_parse_errors = false;
  bool fail_on_missing_field = false;
  TimestampFormat timestamp_format = TimestampFormat::sql;
  // Sink options.
  bool ignore_null_fields = false;
};

enum class WindowKind { tumble, hop, cumulate };

/// Windows aligned to the epoch plus `offset_ms`. Rows are kept in slices of slice_ms; a window is a run of slices.
struct WindowSpec {
  WindowKind kind = WindowKind::tumble;
  int64_t size_ms = 0;
  int64_t slice_ms = 0;  // tumble: the size; hop: the slide; cumulate: the step
  int64_t offset_ms = 0;
};

enum class AggregateKind : uint8_t { count_star, count, sum, avg, min, max, percentile };

struct AggregateCall {
  AggregateKind kind;
  bool distinct = false;
  ExprPtr argument;  // none for COUNT(*)
  ExprPtr filter;
  double fraction = 0;  // PERCENTILE
  Type type;            // of the result
};

/// Columns of the row that a fired group gives to `outputs` and `having`.
inline constexpr int kWindowStartColumn = 0, kWindowEndColumn = 1, kWindowTimeColumn = 2, kFirstKeyColumn = 3;

/// One INSERT: source rows → WHERE → window and key → aggregates → HAVING → sink columns.
struct Pipeline {
  int input = 0;
  ExprPtr where;  // over the source's columns, as are the keys and the aggregates' arguments
  ExprPtr time;
  WindowSpec window;
  std::vector<ExprPtr> keys;
  std::vector<AggregateCall> aggregates;
  ExprPtr having;                // over the fired row: window_start, window_end, window_time, keys…, aggregates…
  std::vector<ExprPtr> outputs;  // one for each column of `sink`, of its type
  Table sink;
};

struct InputPlan {
  Table table;
  std::vector<int> columns;  // the fields that any pipeline reads, by index in the table
};

/// A script, compiled.
struct CompiledJob {
  std::string sql;
  std::string name;                             // SET 'pipeline.name', else made from the sinks
  std::map<std::string, std::string> settings;  // SET
  std::vector<InputPlan> inputs;
  std::vector<Pipeline> pipelines;
  int64_t checkpoint_interval_ms = 0;  // SET 'execution.checkpointing.interval'; 0: the default
  int64_t state_bytes_max = 0;         // SET 'weir.job.state.bytes.max'; 0: the default

  /// Every source ends: the job finishes.
  bool bounded() const {
    for (const InputPlan& i : inputs)
      if (i.table.bounded == BoundedMode::unbounded) return false;
    return true;
  }
};

}  // namespace weir::processor
