#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// State and members of classic groups.
struct DescribeGroupsRequest {
  static constexpr int16_t kApiKey = 15;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 6;
  static constexpr int16_t kFlexibleSince = 5;

  std::vector<std::string> groups;
  bool include_authorized_operations = false;
  bool operator==(const DescribeGroupsRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Groups", groups);
    v.field("IncludeAuthorizedOperations", include_authorized_operations, since(3));
  }
};

struct DescribeGroupsResponse {
  static constexpr int16_t kApiKey = 15;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 6;
  static constexpr int16_t kFlexibleSince = 5;

  struct DescribedGroupMember {
    std::string member_id;
    std::optional<std::string> group_instance_id;
    std::string client_id;
    std::string client_host;
    std::vector<uint8_t> member_metadata;
    std::vector<uint8_t> member_assignment;
    bool operator==(const DescribedGroupMember&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("MemberId", member_id);
      v.field("GroupInstanceId", group_instance_id, since(4).nullable());
      v.field("ClientId", client_id);
      v.field("ClientHost", client_host);
      v.field("MemberMetadata", member_metadata);
      v.field("MemberAssignment", member_assignment);
    }
  };

  struct DescribedGroup {
    int16_t error_code = 0;
    std::optional<std::string> error_message;
    std::string group_id;
    std::string group_state;
    std::string protocol_type;
    std::string protocol_data;
    std::vector<DescribedGroupMember> members;
    int32_t authorized_operations = INT32_MIN;
    bool operator==(const DescribedGroup&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("ErrorCode", error_code);
      v.field("ErrorMessage", error_message, since(6).nullable());
      v.field("GroupId", group_id);
      v.field("GroupState", group_state);
      v.field("ProtocolType", protocol_type);
      v.field("ProtocolData", protocol_data);
      v.field("Members", members);
      v.field("AuthorizedOperations", authorized_operations, since(3));
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<DescribedGroup> groups;
  bool operator==(const DescribeGroupsResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms, since(1));
    v.field("Groups", groups);
  }
};

}  // namespace weir::wire
