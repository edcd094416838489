#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Removes empty groups with their offsets (KIP-229).
struct DeleteGroupsRequest {
  static constexpr int16_t kApiKey = 42;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 2;
  static constexpr int16_t kFlexibleSince = 2;

  std::vector<std::string> groups_names;
  bool operator==(const DeleteGroupsRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("GroupsNames", groups_names);
  }
};

struct DeleteGroupsResponse {
  static constexpr int16_t kApiKey = 42;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 2;
  static constexpr int16_t kFlexibleSince = 2;

  struct DeletableGroupResult {
    std::string group_id;
    int16_t error_code = 0;
    bool operator==(const DeletableGroupResult&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("GroupId", group_id);
      v.field("ErrorCode", error_code);
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<DeletableGroupResult> results;
  bool operator==(const DeleteGroupsResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("Results", results);
  }
};

}  // namespace weir::wire
