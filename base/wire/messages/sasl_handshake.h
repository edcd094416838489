#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Chooses the SASL mechanism (KIP-43); never flexible.
struct SaslHandshakeRequest {
  static constexpr int16_t kApiKey = 17;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 1;
  static constexpr int16_t kFlexibleSince = kNoVersion;

  std::string mechanism;
  bool operator==(const SaslHandshakeRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Mechanism", mechanism);
  }
};

struct SaslHandshakeResponse {
  static constexpr int16_t kApiKey = 17;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 1;
  static constexpr int16_t kFlexibleSince = kNoVersion;

  int16_t error_code = 0;
  std::vector<std::string> mechanisms;
  bool operator==(const SaslHandshakeResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ErrorCode", error_code);
    v.field("Mechanisms", mechanisms);
  }
};

}  // namespace weir::wire
