#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Ends a token (KIP-48).
struct ExpireDelegationTokenRequest {
  static constexpr int16_t kApiKey = 40;
  static constexpr int16_t kMinVersion = 1;
  static constexpr int16_t kMaxVersion = 2;
  static constexpr int16_t kFlexibleSince = 2;

  std::vector<uint8_t> hmac;
  int64_t expiry_time_period_ms = 0;
  bool operator==(const ExpireDelegationTokenRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Hmac", hmac);
    v.field("ExpiryTimePeriodMs", expiry_time_period_ms);
  }
};

struct ExpireDelegationTokenResponse {
  static constexpr int16_t kApiKey = 40;
  static constexpr int16_t kMinVersion = 1;
  static constexpr int16_t kMaxVersion = 2;
  static constexpr int16_t kFlexibleSince = 2;

  int16_t error_code = 0;
  int64_t expiry_timestamp_ms = 0;
  int32_t throttle_time_ms = 0;
  bool operator==(const ExpireDelegationTokenResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ErrorCode", error_code);
    v.field("ExpiryTimestampMs", expiry_timestamp_ms);
    v.field("ThrottleTimeMs", throttle_time_ms);
  }
};

}  // namespace weir::wire
