#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Brings the leader's assignment and fetches one's own.
struct SyncGroupRequest {
  static constexpr int16_t kApiKey = 14;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 5;
  static constexpr int16_t kFlexibleSince = 4;

  struct SyncGroupRequestAssignment {
    std::string member_id;
    std::vector<uint8_t> assignment;
    bool operator==(const SyncGroupRequestAssignment&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("MemberId", member_id);
      v.field("Assignment", assignment);
    }
  };

  std::string group_id;
  int32_t generation_id = 0;
  std::string member_id;
  std::optional<std::string> group_instance_id;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol_name;
  std::vector<SyncGroupRequestAssignment> assignments;
  bool operator==(const SyncGroupRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("GroupId", group_id);
    v.field("GenerationId", generation_id);
    v.field("MemberId", member_id);
    v.field("GroupInstanceId", group_instance_id, since(3).nullable());
    v.field("ProtocolType", protocol_type, since(5).nullable());
    v.field("ProtocolName", protocol_name, since(5).nullable());
    v.field("Assignments", assignments);
  }
};

struct SyncGroupResponse {
  static constexpr int16_t kApiKey = 14;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 5;
  static constexpr int16_t kFlexibleSince = 4;

  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  std::optional<std::string> protocol_type;
  std::optional<std::string> protocol_name;
  std::vector<uint8_t> assignment;
  bool operator==(const SyncGroupResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms, since(1));
    v.field("ErrorCode", error_code);
    v.field("ProtocolType", protocol_type, since(5).nullable());
    v.field("ProtocolName", protocol_name, since(5).nullable());
    v.field("Assignment", assignment);
  }
};

}  // namespace weir::wire
