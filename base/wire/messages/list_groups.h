#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Groups of this coordinator, filtered by state (KIP-518) and type (KIP-848).
struct ListGroupsRequest {
  static constexpr int16_t kApiKey = 16;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 5;
  static constexpr int16_t kFlexibleSince = 3;

  std::vector<std::string> states_filter;
  std::vector<std::string> types_filter;
  bool operator==(const ListGroupsRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("StatesFilter", states_filter, since(4));
    v.field("TypesFilter", types_filter, since(5));
  }
};

struct ListGroupsResponse {
  static constexpr int16_t kApiKey = 16;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 5;
  static constexpr int16_t kFlexibleSince = 3;

  struct ListedGroup {
    std::string group_id;
    std::string protocol_type;
    std::string group_state;
    std::string group_type;
    bool operator==(const ListedGroup&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("GroupId", group_id);
      v.field("ProtocolType", protocol_type);
      v.field("GroupState", group_state, since(4));
      v.field("GroupType", group_type, since(5));
    }
  };

  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  std::vector<ListedGroup> groups;
  bool operator==(const ListGroupsResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms, since(1));
    v.field("ErrorCode", error_code);
    v.field("Groups", groups);
  }
};

}  // namespace weir::wire
