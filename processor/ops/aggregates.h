#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "processor/expr/vector.h"
#include "processor/ops/value_set.h"
#include "processor/plan/plan.h"
#include "processor/state/codec.h"

namespace weir::processor {

/// The aggregates of one pipeline over states of words() 64-bit words. All are mergeable: state(A then B) =
/// merge(state(A), state(B)), exactly for all but sums of DOUBLE, whose result depends on the order (order_matters()).
/// Zeroed words are the empty state. Layouts:
///   COUNT: count.  SUM, AVG: sum, count.  MIN, MAX: value, 1 when there is one; of strings a pointer.
///   PERCENTILE, DISTINCT: a pointer to a set, null when empty.
/// Owns what the words point to only through release().
class Aggregates {
 public:
  explicit Aggregates(std::vector<AggregateCall> calls);

  size_t words() const { return words_; }
  size_t size() const { return calls_.size(); }
  const AggregateCall& call(size_t i) const { return calls_[i]; }
  /// True when a sum of reals is among them: then each partition keeps its own partials, merged in the order of the
  /// partitions.
  bool order_matters() const;

  /// Adds rows [0, n) to the states of aggregate `i`; a null state is left out. `argument` is null for COUNT(*),
  /// `filter` may be.
  void update(size_t i, const Vector* argument, const Vector* filter, uint64_t* const* states, size_t n);
  void merge(uint64_t* into, const uint64_t* from);
  void release(uint64_t* state);
  /// The result into `out[row]`. Strings point into the state.
  void finish(size_t i, const uint64_t* state, Vector& out, size_t row) const;

  void save(const uint64_t* state, StateWriter& out) const;
  /// False when the bytes are no state. The words are owned as after update().
  bool load(uint64_t* state, StateReader& in);

  /// Strings of DISTINCT, once each; states hold their ids. Checkpointed before the states.
  StringDictionary& dictionary() { return dictionary_; }
  /// Forgets the strings that no state uses any more, when that is worth it; `live` are all states there are.
  bool dictionary_wants_sweep() const { return dictionary_.bytes() > 2 * swept_bytes_ + (1 << 20); }
  void mark(const uint64_t* state, std::vector<uint8_t>& used) const;
  void remap(uint64_t* state, const std::vector<uint32_t>& new_id);
  void swept() { swept_bytes_ = dictionary_.bytes(); }

  /// Bytes that sets and strings of all live states take, by an estimate that depends on their contents alone.
  int64_t external_bytes() const { return external_bytes_ + static_cast<int64_t>(dictionary_.bytes()); }

 private:
  enum class Layout : uint8_t { count, sum_int, sum_real, extreme, extreme_text, multiset, distinct };
  void update_distinct(size_t i, const Vector& v, const Vector* filter, uint64_t* const* states, size_t n);

  std::vector<AggregateCall> calls_;
  std::vector<Layout> layout_;
  std::vector<size_t> at_;  // first word
  size_t words_ = 0;
  StringDictionary dictionary_;
  size_t swept_bytes_ = 0;
  int64_t external_bytes_ = 0;
};

}  // namespace weir::processor
