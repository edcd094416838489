#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Access rules that match a filter (KIP-140).
struct DescribeAclsRequest {
  static constexpr int16_t kApiKey = 29;
  static constexpr int16_t kMinVersion = 1;
  static constexpr int16_t kMaxVersion = 3;
  static constexpr int16_t kFlexibleSince = 2;

  int8_t resource_type_filter = 0;
  std::optional<std::string> resource_name_filter{std::in_place};
  int8_t pattern_type_filter = 3;
  std::optional<std::string> principal_filter{std::in_place};
  std::optional<std::string> host_filter{std::in_place};
  int8_t operation = 0;
  int8_t permission_type = 0;
  bool operator==(const DescribeAclsRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ResourceTypeFilter", resource_type_filter);
    v.field("ResourceNameFilter", resource_name_filter, always().nullable());
    v.field("PatternTypeFilter", pattern_type_filter);
    v.field("PrincipalFilter", principal_filter, always().nullable());
    v.field("HostFilter", host_filter, always().nullable());
    v.field("Operation", operation);
    v.field("PermissionType", permission_type);
  }
};

struct DescribeAclsResponse {
  static constexpr int16_t kApiKey = 29;
  static constexpr int16_t kMinVersion = 1;
  static constexpr int16_t kMaxVersion = 3;
  static constexpr int16_t kFlexibleSince = 2;

  struct AclDescription {
    std::string principal;
    std::string host;
    int8_t operation = 0;
    int8_t permission_type = 0;
    bool operator==(const AclDescription&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Principal", principal);
      v.field("Host", host);
      v.field("Operation", operation);
      v.field("PermissionType", permission_type);
    }
  };

  struct DescribeAclsResource {
    int8_t resource_type = 0;
    std::string resource_name;
    int8_t pattern_type = 3;
    std::vector<AclDescription> acls;
    bool operator==(const DescribeAclsResource&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("ResourceType", resource_type);
      v.field("ResourceName", resource_name);
      v.field("PatternType", pattern_type);
      v.field("Acls", acls);
    }
  };

  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  std::optional<std::string> error_message{std::in_place};
  std::vector<DescribeAclsResource> resources;
  bool operator==(const DescribeAclsResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("ErrorCode", error_code);
    v.field("ErrorMessage", error_message, always().nullable());
    v.field("Resources", resources);
  }
};

}  // namespace weir::wire
