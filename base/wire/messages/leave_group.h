#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Members that go; several at once from version 3 (KIP-345).
struct LeaveGroupRequest {
  static constexpr int16_t kApiKey = 13;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 5;
  static constexpr int16_t kFlexibleSince = 4;

  struct MemberIdentity {
    std::string member_id;
    std::optional<std::string> group_instance_id;
    std::optional<std::string> reason;
    bool operator==(const MemberIdentity&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("MemberId", member_id, since(3));
      v.field("GroupInstanceId", group_instance_id, since(3).nullable());
      v.field("Reason", reason, since(5).nullable());
    }
  };

  std::string group_id;
  std::string member_id;
  std::vector<MemberIdentity> members;
  bool operator==(const LeaveGroupRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("GroupId", group_id);
    v.field("MemberId", member_id, between(0, 2));
    v.field("Members", members, since(3));
  }
};

struct LeaveGroupResponse {
  static constexpr int16_t kApiKey = 13;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 5;
  static constexpr int16_t kFlexibleSince = 4;

  struct MemberResponse {
    std::string member_id;
    std::optional<std::string> group_instance_id{std::in_place};
    int16_t error_code = 0;
    bool operator==(const MemberResponse&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("MemberId", member_id, since(3));
      v.field("GroupInstanceId", group_instance_id, since(3).nullable());
      v.field("ErrorCode", error_code, since(3));
    }
  };

  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  std::vector<MemberResponse> members;
  bool operator==(const LeaveGroupResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms, since(1));
    v.field("ErrorCode", error_code);
    v.field("Members", members, since(3));
  }
};

}  // namespace weir::wire
