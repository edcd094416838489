#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// New access rules (KIP-140).
struct CreateAclsRequest {
  static constexpr int16_t kApiKey = 30;
  static constexpr int16_t kMinVersion = 1;
  static constexpr int16_t kMaxVersion = 3;
  static constexpr int16_t kFlexibleSince = 2;

  struct AclCreation {
    int8_t resource_type = 0;
    std::string resource_name;
    int8_t resource_pattern_type = 3;
    std::string principal;
    std::string host;
    int8_t operation = 0;
    int8_t permission_type = 0;
    bool operator==(const AclCreation&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("ResourceType", resource_type);
      v.field("ResourceName", resource_name);
      v.field("ResourcePatternType", resource_pattern_type);
      v.field("Principal", principal);
      v.field("Host", host);
      v.field("Operation", operation);
      v.field("PermissionType", permission_type);
    }
  };

  std::vector<AclCreation> creations;
  bool operator==(const CreateAclsRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Creations", creations);
  }
};

struct CreateAclsResponse {
  static constexpr int16_t kApiKey = 30;
  static constexpr int16_t kMinVersion = 1;
  static constexpr int16_t kMaxVersion = 3;
  static constexpr int16_t kFlexibleSince = 2;

  struct AclCreationResult {
    int16_t error_code = 0;
    std::optional<std::string> error_message{std::in_place};
    bool operator==(const AclCreationResult&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("ErrorCode", error_code);
      v.field("ErrorMessage", error_message, always().nullable());
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<AclCreationResult> results;
  bool operator==(const CreateAclsResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("Results", results);
  }
};

}  // namespace weir::wire
