#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Takes part in a classic group's rebalance; static members name an instance (KIP-345), new ones get their id by an
/// error first (KIP-394).
struct JoinGroupRequest {
  static constexpr int16_t kApiKey = 11;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 9;
  static constexpr int16_t kFlexibleSince = 6;

  struct JoinGroupRequestProtocol {
    std::string name;
    std::vector<uint8_t> metadata;
    bool operator==(const JoinGroupRequestProtocol&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name);
      v.field("Metadata", metadata);
    }
  };

  std::string group_id;
  int32_t session_timeout_ms = 0;
  int32_t rebalance_timeout_ms = -1;
  std::string member_id;
  std::optional<std::string> group_instance_id;
  std::string protocol_type;
  std::vector<JoinGroupRequestProtocol> protocols;
  std::optional<std::string> reason;
  bool operator==(const JoinGroupRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("GroupId", group_id);
    v.field("SessionTimeoutMs", session_timeout_ms);
    v.field("RebalanceTimeoutMs", rebalance_timeout_ms, since(1));
    v.field("MemberId", member_id);
    v.field("GroupInstanceId", group_instance_id, since(5).nullable());
    v.field("ProtocolType", protocol_type);
    v.field("Protocols", protocols);
    v.field("Reason", reason, since(8).nullable());
  }
};

/// The generation and protocol; only the leader gets the members, and assigns.
struct JoinGroupResponse {
  static constexpr int16_t kApiKey = 11;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 9;
  static constexpr int16_t kFlexibleSince = 6;

  struct JoinGroupResponseMember {
    std::string member_id;
    std::optional<std::string> group_instance_id;
    std::vector<uint8_t> metadata;
    bool operator==(const JoinGroupResponseMember&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("MemberId", member_id);
      v.field("GroupInstanceId", group_instance_id, since(5).nullable());
      v.field("Metadata", metadata);
    }
  };

  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  int32_t generation_id = -1;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol_name{std::in_place};
  std::string leader;
  bool skip_assignment = false;
  std::string member_id;
  std::vector<JoinGroupResponseMember> members;
  bool operator==(const JoinGroupResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms, since(2));
    v.field("ErrorCode", error_code);
    v.field("GenerationId", generation_id);
    v.field("ProtocolType", protocol_type, since(7).nullable());
    v.field("ProtocolName", protocol_name, always().nullable(7));
    v.field("Leader", leader);
    v.field("SkipAssignment", skip_assignment, since(9));
    v.field("MemberId", member_id);
    v.field("Members", members);
  }
};

}  // namespace weir::wire
