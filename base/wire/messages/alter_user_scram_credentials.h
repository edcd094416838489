#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Sets and removes SCRAM credentials (KIP-554).
struct AlterUserScramCredentialsRequest {
  static constexpr int16_t kApiKey = 51;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  struct ScramCredentialDeletion {
    std::string name;
    int8_t mechanism = 0;
    bool operator==(const ScramCredentialDeletion&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name);
      v.field("Mechanism", mechanism);
    }
  };

  struct ScramCredentialUpsertion {
    std::string name;
    int8_t mechanism = 0;
    int32_t iterations = 0;
    std::vector<uint8_t> salt;
    std::vector<uint8_t> salted_password;
    bool operator==(const ScramCredentialUpsertion&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name);
      v.field("Mechanism", mechanism);
      v.field("Iterations", iterations);
      v.field("Salt", salt);
      v.field("SaltedPassword", salted_password);
    }
  };

  std::vector<ScramCredentialDeletion> deletions;
  std::vector<ScramCredentialUpsertion> upsertions;
  bool operator==(const AlterUserScramCredentialsRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Deletions", deletions);
    v.field("Upsertions", upsertions);
  }
};

struct AlterUserScramCredentialsResponse {
  static constexpr int16_t kApiKey = 51;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  struct AlterUserScramCredentialsResult {
    std::string user;
    int16_t error_code = 0;
    std::optional<std::string> error_message{std::in_place};
    bool operator==(const AlterUserScramCredentialsResult&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("User", user);
      v.field("ErrorCode", error_code);
      v.field("ErrorMessage", error_message, always().nullable());
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<AlterUserScramCredentialsResult> results;
  bool operator==(const AlterUserScramCredentialsResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("Results", results);
  }
};

}  // namespace weir::wire
