#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// A token to act for its owner (KIP-48).
struct CreateDelegationTokenRequest {
  static constexpr int16_t kApiKey = 38;
  static constexpr int16_t kMinVersion = 1;
  static constexpr int16_t kMaxVersion = 3;
  static constexpr int16_t kFlexibleSince = 2;

  struct CreatableRenewers {
    std::string principal_type;
    std::string principal_name;
    bool operator==(const CreatableRenewers&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("PrincipalType", principal_type);
      v.field("PrincipalName", principal_name);
    }
  };

  std::optional<std::string> owner_principal_type{std::in_place};
  std::optional<std::string> owner_principal_name{std::in_place};
  std::vector<CreatableRenewers> renewers;
  int64_t max_lifetime_ms = 0;
  bool operator==(const CreateDelegationTokenRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("OwnerPrincipalType", owner_principal_type, since(3).nullable());
    v.field("OwnerPrincipalName", owner_principal_name, since(3).nullable());
    v.field("Renewers", renewers);
    v.field("MaxLifetimeMs", max_lifetime_ms);
  }
};

struct CreateDelegationTokenResponse {
  static constexpr int16_t kApiKey = 38;
  static constexpr int16_t kMinVersion = 1;
  static constexpr int16_t kMaxVersion = 3;
  static constexpr int16_t kFlexibleSince = 2;

  int16_t error_code = 0;
  std::string principal_type;
  std::string principal_name;
  std::string token_requester_principal_type;
  std::string token_requester_principal_name;
  int64_t issue_timestamp_ms = 0;
  int64_t expiry_timestamp_ms = 0;
  int64_t max_timestamp_ms = 0;
  std::string token_id;
  std::vector<uint8_t> hmac;
  int32_t throttle_time_ms = 0;
  bool operator==(const CreateDelegationTokenResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ErrorCode", error_code);
    v.field("PrincipalType", principal_type);
    v.field("PrincipalName", principal_name);
    v.field("TokenRequesterPrincipalType", token_requester_principal_type, since(3));
    v.field("TokenRequesterPrincipalName", token_requester_principal_name, since(3));
    v.field("IssueTimestampMs", issue_timestamp_ms);
    v.field("ExpiryTimestampMs", expiry_timestamp_ms);
    v.field("MaxTimestampMs", max_timestamp_ms);
    v.field("TokenId", token_id);
    v.field("Hmac", hmac);
    v.field("ThrottleTimeMs", throttle_time_ms);
  }
};

}  // namespace weir::wire
