#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// A client's request that a broker forwards to the controller with its principal (KIP-590).
struct EnvelopeRequest {
  static constexpr int16_t kApiKey = 58;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  std::vector<uint8_t> request_data;
  std::optional<std::vector<uint8_t>> request_principal{std::in_place};
  std::vector<uint8_t> client_host_address;
  bool operator==(const EnvelopeRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("RequestData", request_data);
    v.field("RequestPrincipal", request_principal, always().nullable());
    v.field("ClientHostAddress", client_host_address);
  }
};

struct EnvelopeResponse {
  static constexpr int16_t kApiKey = 58;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  std::optional<std::vector<uint8_t>> response_data;
  int16_t error_code = 0;
  bool operator==(const EnvelopeResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ResponseData", response_data, always().nullable());
    v.field("ErrorCode", error_code);
  }
};

}  // namespace weir::wire
