#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// A client's metrics (KIP-714).
struct PushTelemetryRequest {
  static constexpr int16_t kApiKey = 72;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  weir::Uuid client_instance_id;
  int32_t subscription_id = 0;
  bool terminating = false;
  int8_t compression_type = 0;
  std::vector<uint8_t> metrics;
  bool operator==(const PushTelemetryRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ClientInstanceId", client_instance_id);
    v.field("SubscriptionId", subscription_id);
    v.field("Terminating", terminating);
    v.field("CompressionType", compression_type);
    v.field("Metrics", metrics);
  }
};

struct PushTelemetryResponse {
  static constexpr int16_t kApiKey = 72;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  bool operator==(const PushTelemetryResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("ErrorCode", error_code);
  }
};

}  // namespace weir::wire
