#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Removes a broker from the cluster's metadata (KIP-631).
struct UnregisterBrokerRequest {
  static constexpr int16_t kApiKey = 64;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  int32_t broker_id = 0;
  bool operator==(const UnregisterBrokerRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("BrokerId", broker_id);
  }
};

struct UnregisterBrokerResponse {
  static constexpr int16_t kApiKey = 64;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  std::optional<std::string> error_message{std::in_place};
  bool operator==(const UnregisterBrokerResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("ErrorCode", error_code);
    v.field("ErrorMessage", error_message, always().nullable());
  }
};

}  // namespace weir::wire
