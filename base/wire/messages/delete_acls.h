#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Removes the access rules that match filters (KIP-140).
struct DeleteAclsRequest {
  static constexpr int16_t kApiKey = 31;
  static constexpr int16_t kMinVersion = 1;
  static constexpr int16_t kMaxVersion = 3;
  static constexpr int16_t kFlexibleSince = 2;

  struct DeleteAclsFilter {
    int8_t resource_type_filter = 0;
    std::optional<std::string> resource_name_filter{std::in_place};
    int8_t pattern_type_filter = 3;
    std::optional<std::string> principal_filter{std::in_place};
    std::optional<std::string> host_filter{std::in_place};
    int8_t operation = 0;
    int8_t permission_type = 0;
    bool operator==(const DeleteAclsFilter&) const = default;
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

  std::vector<DeleteAclsFilter> filters;
  bool operator==(const DeleteAclsRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Filters", filters);
  }
};

struct DeleteAclsResponse {
  static constexpr int16_t kApiKey = 31;
  static constexpr int16_t kMinVersion = 1;
  static constexpr int16_t kMaxVersion = 3;
  static constexpr int16_t kFlexibleSince = 2;

  struct DeleteAclsMatchingAcl {
    int16_t error_code = 0;
    std::optional<std::string> error_message{std::in_place};
    int8_t resource_type = 0;
    std::string resource_name;
    int8_t pattern_type = 3;
    std::string principal;
    std::string host;
    int8_t operation = 0;
    int8_t permission_type = 0;
    bool operator==(const DeleteAclsMatchingAcl&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("ErrorCode", error_code);
      v.field("ErrorMessage", error_message, always().nullable());
      v.field("ResourceType", resource_type);
      v.field("ResourceName", resource_name);
      v.field("PatternType", pattern_type);
      v.field("Principal", principal);
      v.field("Host", host);
      v.field("Operation", operation);
      v.field("PermissionType", permission_type);
    }
  };

  struct DeleteAclsFilterResult {
    int16_t error_code = 0;
    std::optional<std::string> error_message{std::in_place};
    std::vector<DeleteAclsMatchingAcl> matching_acls;
    bool operator==(const DeleteAclsFilterResult&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("ErrorCode", error_code);
      v.field("ErrorMessage", error_message, always().nullable());
      v.field("MatchingAcls", matching_acls);
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<DeleteAclsFilterResult> filter_results;
  bool operator==(const DeleteAclsResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("FilterResults", filter_results);
  }
};

}  // namespace weir::wire
