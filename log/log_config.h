#pragma once
#include <cstdint>

#include "base/util/types.h"

namespace weir::log {

enum class TimestampType : uint8_t { create_time, log_append_time };
enum class FlushPolicy : uint8_t { ack, interval, os };  // weir.flush

/// What a partition's log obeys; made from a topic's configs over the node's, replaced as a whole when they change.
/// Names as Kafka's topic configs.
struct LogConfig {
  uint64_t segment_bytes = 1ull << 30;
  int64_t segment_ms = 7ll * 24 * 3600 * 1000;
  uint32_t index_interval_bytes = 4096;
  uint32_t segment_index_bytes = 10u << 20;
  int64_t retention_ms = 7ll * 24 * 3600 * 1000;  // -1: for ever
  int64_t retention_bytes = -1;
  uint32_t max_message_bytes = 1048588;
  TimestampType message_timestamp_type = TimestampType::create_time;
  int64_t message_timestamp_before_max_ms = INT64_MAX;
  int64_t message_timestamp_after_max_ms = 3600 * 1000;
  bool cleanup_delete = true;
  bool cleanup_compact = false;
  int64_t producer_id_expiration_ms = 24 * 3600 * 1000;
  FlushPolicy flush = FlushPolicy::ack;
  bool system = false;  // the node's own records: taken also when the disk is nearly full
                        // (LogSetOptions::free_bytes_floor)
};

}  // namespace weir::log
