#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Tokens of owners (KIP-48).
struct DescribeDelegationTokenRequest {
  static constexpr int16_t kApiKey = 41;
  static constexpr int16_t kMinVersion = 1;
  static constexpr int16_t kMaxVersion = 3;
  static constexpr int16_t kFlexibleSince = 2;

  struct DescribeDelegationTokenOwner {
    std::string principal_type;
    std::string principal_name;
    bool operator==(const DescribeDelegationTokenOwner&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("PrincipalType", principal_type);
      v.field("PrincipalName", principal_name);
    }
  };

  std::optional<std::vector<DescribeDelegationTokenOwner>> owners{std::in_place};
  bool operator==(const DescribeDelegationTokenRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Owners", owners, always().nullable());
  }
};

struct DescribeDelegationTokenResponse {
  static constexpr int16_t kApiKey = 41;
  static constexpr int16_t kMinVersion = 1;
  static constexpr int16_t kMaxVersion = 3;
  static constexpr int16_t kFlexibleSince = 2;

  struct DescribedDelegationTokenRenewer {
    std::string principal_type;
    std::string principal_name;
    bool operator==(const DescribedDelegationTokenRenewer&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("PrincipalType", principal_type);
      v.field("PrincipalName", principal_name);
    }
  };

  struct DescribedDelegationToken {
    std::string principal_type;
    std::string principal_name;
    std::string token_requester_principal_type;
    std::string token_requester_principal_name;
    int64_t issue_timestamp = 0;
    int64_t expiry_timestamp = 0;
    int64_t max_timestamp = 0;
    std::string token_id;
    std::vector<uint8_t> hmac;
    std::vector<DescribedDelegationTokenRenewer> renewers;
    bool operator==(const DescribedDelegationToken&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("PrincipalType", principal_type);
      v.field("PrincipalName", principal_name);
      v.field("TokenRequesterPrincipalType", token_requester_principal_type, since(3));
      v.field("TokenRequesterPrincipalName", token_requester_principal_name, since(3));
      v.field("IssueTimestamp", issue_timestamp);
      v.field("ExpiryTimestamp", expiry_timestamp);
      v.field("MaxTimestamp", max_timestamp);
      v.field("TokenId", token_id);
      v.field("Hmac", hmac);
      v.field("Renewers", renewers);
    }
  };

  int16_t error_code = 0;
  std::vector<DescribedDelegationToken> tokens;
  int32_t throttle_time_ms = 0;
  bool operator==(const DescribeDelegationTokenResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ErrorCode", error_code);
    v.field("Tokens", tokens);
    v.field("ThrottleTimeMs", throttle_time_ms);
  }
};

}  // namespace weir::wire
