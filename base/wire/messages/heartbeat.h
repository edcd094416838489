#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Keeps a classic member alive, and tells it of a rebalance by an error.
struct HeartbeatRequest {
  static constexpr int16_t kApiKey = 12;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 4;
  static constexpr int16_t kFlexibleSince = 4;

  std::string group_id;
  int32_t generation_id = 0;
  std::string member_id;
  std::optional<std::string> group_instance_id;
  bool operator==(const HeartbeatRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("GroupId", group_id);
    v.field("GenerationId", generation_id);
    v.field("MemberId", member_id);
    v.field("GroupInstanceId", group_instance_id, since(3).nullable());
  }
};

struct HeartbeatResponse {
  static constexpr int16_t kApiKey = 12;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 4;
  static constexpr int16_t kFlexibleSince = 4;

  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  bool operator==(const HeartbeatResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms, since(1));
    v.field("ErrorCode", error_code);
  }
};

}  // namespace weir::wire
