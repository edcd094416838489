#pragma once
#include <chrono>
#include <compare>
#include <cstdint>

/// The integers of the field, by name. Aliases, not wrappers: they pass through the wire messages unchanged; two of the
/// same kind in a row go into an options struct instead.
namespace weir {

using Offset = int64_t;          // position of a record in a partition; half-open ranges [base_offset, end_offset)
using LeaderEpoch = int32_t;     // -1: unknown
using PartitionEpoch = int32_t;  // grows with each change of a partition's leader or ISR
using BrokerEpoch = int64_t;     // of one registration of a broker
using BrokerId = int32_t;        // -1: none
using PartitionId = int32_t;
using ProducerId = int64_t;  // -1: not idempotent
using ProducerEpoch = int16_t;
using FilePos = uint64_t;    // bytes from the start of a file
using WallMillis = int64_t;  // milliseconds since 1970-01-01 UTC, Kafka's timestamp
using ShardId = uint32_t;

using Duration = std::chrono::nanoseconds;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""us;
using std::chrono_literals::operator""s;

/// A point of the monotonic clock: nanoseconds since an arbitrary start, never the wall clock's.
struct MonoTime {
  int64_t ns = 0;
  auto operator<=>(const MonoTime&) const = default;
  MonoTime operator+(Duration d) const { return {ns + d.count()}; }
  MonoTime operator-(Duration d) const { return {ns - d.count()}; }
  Duration operator-(MonoTime t) const { return Duration{ns - t.ns}; }
  static constexpr MonoTime max() { return {INT64_MAX}; }
};

inline constexpr Offset kNoOffset = -1;
inline constexpr LeaderEpoch kNoLeaderEpoch = -1;
inline constexpr BrokerId kNoBroker = -1;
inline constexpr ProducerId kNoProducerId = -1;

}  // namespace weir
