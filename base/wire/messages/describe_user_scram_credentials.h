#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Mechanisms and iterations of users, never their secrets (KIP-554).
struct DescribeUserScramCredentialsRequest {
  static constexpr int16_t kApiKey = 50;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  struct UserName {
    std::string name;
    bool operator==(const UserName&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name);
    }
  };

  std::optional<std::vector<UserName>> users{std::in_place};
  bool operator==(const DescribeUserScramCredentialsRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Users", users, always().nullable());
  }
};

struct DescribeUserScramCredentialsResponse {
  static constexpr int16_t kApiKey = 50;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  struct CredentialInfo {
    int8_t mechanism = 0;
    int32_t iterations = 0;
    bool operator==(const CredentialInfo&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Mechanism", mechanism);
      v.field("Iterations", iterations);
    }
  };

  struct DescribeUserScramCredentialsResult {
    std::string user;
    int16_t error_code = 0;
    std::optional<std::string> error_message{std::in_place};
    std::vector<CredentialInfo> credential_infos;
    bool operator==(const DescribeUserScramCredentialsResult&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("User", user);
      v.field("ErrorCode", error_code);
      v.field("ErrorMessage", error_message, always().nullable());
      v.field("CredentialInfos", credential_infos);
    }
  };

  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  std::optional<std::string> error_message{std::in_place};
  std::vector<DescribeUserScramCredentialsResult> results;
  bool operator==(const DescribeUserScramCredentialsResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("ErrorCode", error_code);
    v.field("ErrorMessage", error_message, always().nullable());
    v.field("Results", results);
  }
};

}  // namespace weir::wire
