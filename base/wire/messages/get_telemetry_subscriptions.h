#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Which metrics the broker wants from a client (KIP-714).
struct GetTelemetrySubscriptionsRequest {
  static constexpr int16_t kApiKey = 71;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  weir::Uuid client_instance_id;
  bool operator==(const GetTelemetrySubscriptionsRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ClientInstanceId", client_instance_id);
  }
};

struct GetTelemetrySubscriptionsResponse {
  static constexpr int16_t kApiKey = 71;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  weir::Uuid client_instance_id;
  int32_t subscription_id = 0;
  std::vector<int8_t> accepted_compression_types;
  int32_t push_interval_ms = 0;
  int32_t telemetry_max_bytes = 0;
  bool delta_temporality = false;
  std::vector<std::string> requested_metrics;
  bool operator==(const GetTelemetrySubscriptionsResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("ErrorCode", error_code);
    v.field("ClientInstanceId", client_instance_id);
    v.field("SubscriptionId", subscription_id);
    v.field("AcceptedCompressionTypes", accepted_compression_types);
    v.field("PushIntervalMs", push_interval_ms);
    v.field("TelemetryMaxBytes", telemetry_max_bytes);
    v.field("DeltaTemporality", delta_temporality);
    v.field("RequestedMetrics", requested_metrics);
  }
};

}  // namespace weir::wire
