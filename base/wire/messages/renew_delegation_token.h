#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Puts off a token's expiry (KIP-48).
struct RenewDelegationTokenRequest {
  static constexpr int16_t kApiKey = 39;
  static constexpr int16_t kMinVersion = 1;
  static constexpr int16_t kMaxVersion = 2;
  static constexpr int16_t kFlexibleSince = 2;

  std::vector<uint8_t> hmac;
  int64_t renew_period_ms = 0;
  bool operator==(const RenewDelegationTokenRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Hmac", hmac);
    v.field("RenewPeriodMs", renew_period_ms);
  }
};

struct RenewDelegationTokenResponse {
  static constexpr int16_t kApiKey = 39;
  static constexpr int16_t kMinVersion = 1;
  static constexpr int16_t kMaxVersion = 2;
  static constexpr int16_t kFlexibleSince = 2;

  int16_t error_code = 0;
  int64_t expiry_timestamp_ms = 0;
  int32_t throttle_time_ms = 0;
  bool operator==(const RenewDelegationTokenResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ErrorCode", error_code);
    v.field("ExpiryTimestampMs", expiry_timestamp_ms);
    v.field("ThrottleTimeMs", throttle_time_ms);
  }
};

}  // namespace weir::wire
