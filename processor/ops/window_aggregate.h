#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/util/result.h"
#include "base/util/types.h"
#include "processor/expr/evaluator.h"
#include "processor/ops/aggregates.h"
#include "processor/ops/group_key.h"
#include "processor/ops/group_table.h"
#include "processor/ops/json_writer.h"
#include "processor/plan/plan.h"
#include "processor/state/codec.h"

namespace weir::processor {

inline constexpr int64_t kNoWatermark = INT64_MIN;
inline constexpr int64_t kEndOfInput = INT64_MAX;

/// A result of a fired window.
struct FiredRow {
  std::string value;      // JSON
  uint64_t key_hash = 0;  // of the grouping key: chooses the output's partition
  int64_t window_end_ms = 0;
};

/// GROUP BY over TUMBLE, HOP or CUMULATE windows: the operator of one pipeline, on one thread, without a clock.
///
/// A window is a run of slices (plan.h); a row is kept once, in the pane of its slice, and windows are merged from
/// panes when they fire. A row that is late for the first windows of its slice goes into a pane of its own that counts
/// from a later window end on. The row's lateness is judged against the watermark of its own partition
/// (`watermark_before`), so what a window holds is a function of the logs and not of how the partitions interleave.
/// With sums of reals each partition has its own panes (Aggregates::order_matters). Fired rows come ordered by window
/// end, window start, key.
class WindowAggregate {
 public:
  struct Rows {
    Columns columns;
    size_t count = 0;
    const int64_t* watermark_before = nullptr;  // for each row, of its partition
    PartitionId partition = 0;
  };

  WindowAggregate(const Pipeline& pipeline, int64_t state_bytes_max);
  ~WindowAggregate();

  /// Verb 1: takes rows of one partition. `late` gets the indexes of rows that found no open window. Errors: the row's
  /// failure is in `context`.
  void batch(const Rows& rows, EvalContext& context, std::vector<uint16_t>& late);
  /// Verb 2: no row at or before `w` is to come from any partition that counts; fires what that closes.
  void watermark(int64_t w, EvalContext& context, std::vector<FiredRow>& out);
  /// Verb 3 and 5. restore() needs a fresh operator. False: the bytes are not a state of this pipeline.
  void checkpoint(StateWriter& out) const;
  bool restore(StateReader& in);
  /// Verb 4: a checkpoint is durable. Nothing is kept back for it here.
  void commit() {}

  int64_t late_rows() const { return late_rows_; }
  int64_t refused_rows() const { return refused_rows_; }  // of new keys, over the memory budget
  int64_t group_count() const { return groups_; }
  int64_t state_bytes() const { return table_bytes_ + aggregates_.external_bytes(); }
  /// Of windows: the smallest end that is still to fire, if any.
  std::optional<int64_t> next_end() const;

 private:
  struct Pane {
    int64_t slice = 0;      // start
    int64_t first_end = 0;  // the first window end that its rows count for
    int64_t lane = 0;
    std::unique_ptr<GroupTable> groups;
  };
  struct Window {
    int64_t end, start;
    auto operator<=>(const Window&) const = default;
  };

  int64_t slice_of(int64_t time) const;
  int64_t last_end(int64_t slice) const;
  int64_t window_start(int64_t slice, int64_t end) const;
  Pane* pane_for(int64_t slice, int64_t first_end, int64_t lane);
  uint64_t* group_for(Pane& pane, std::string_view key);
  void fire(const Window& w, EvalContext& context, std::vector<FiredRow>& out);
  void emit(const Window& w, GroupTable& groups, EvalContext& context, std::vector<FiredRow>& out);
  void emit_chunk(const Window& w, const GroupTable& groups, uint64_t* const* states, size_t n, EvalContext& context,
                  std::vector<FiredRow>& out);
  void drop(Pane& pane);
  void plan_next_fire();
  void sweep_dictionary();

  const Pipeline& pipeline_;
  WindowSpec window_;
  int64_t state_bytes_max_;
  Aggregates aggregates_;
  GroupKeyCodec keys_;
  JsonWriter writer_;
  bool lanes_;

  std::optional<Evaluator> where_, having_;
  Evaluator time_;
  std::vector<Evaluator> key_exprs_;
  struct Argument {
    std::optional<Evaluator> value, filter;
  };
  std::vector<Argument> arguments_;
  std::vector<Evaluator> outputs_;

  std::vector<Pane> panes_;         // by slice, first end, lane
  int64_t fired_ = kNoWatermark;    // windows that end at or before fired_ + 1 have fired
  int64_t next_end_ = kEndOfInput;  // smallest window end of a pane that has not fired
  int64_t late_rows_ = 0, refused_rows_ = 0, groups_ = 0, table_bytes_ = 0;

  // Scratch of one call.
  std::vector<uint64_t*> states_;
  std::vector<uint8_t> key_bytes_;
  std::vector<uint16_t> selected_;
  std::vector<Vector> fired_columns_;
};

}  // namespace weir::processor
