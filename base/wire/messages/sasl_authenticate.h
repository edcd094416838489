#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Carries the SASL mechanism's bytes (KIP-152).
struct SaslAuthenticateRequest {
  static constexpr int16_t kApiKey = 36;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 2;
  static constexpr int16_t kFlexibleSince = 2;

  std::vector<uint8_t> auth_bytes;
  bool operator==(const SaslAuthenticateRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("AuthBytes", auth_bytes);
  }
};

/// From version 1 with the session's lifetime, before whose end the client authenticates again (KIP-368).
struct SaslAuthenticateResponse {
  static constexpr int16_t kApiKey = 36;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 2;
  static constexpr int16_t kFlexibleSince = 2;

  int16_t error_code = 0;
  std::optional<std::string> error_message{std::in_place};
  std::vector<uint8_t> auth_bytes;
  int64_t session_lifetime_ms = 0;
  bool operator==(const SaslAuthenticateResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ErrorCode", error_code);
    v.field("ErrorMessage", error_message, always().nullable());
    v.field("AuthBytes", auth_bytes);
    v.field("SessionLifetimeMs", session_lifetime_ms, since(1));
  }
};

}  // namespace weir::wire
