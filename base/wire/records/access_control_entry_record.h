#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// An access rule (KIP-801).
struct AccessControlEntryRecord {
  static constexpr int16_t kApiKey = 18;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  weir::Uuid id;
  int8_t resource_type = 0;
  std::string resource_name;
  int8_t pattern_type = 0;
  std::string principal;
  std::string host;
  int8_t operation = 0;
  int8_t permission_type = 0;
  bool operator==(const AccessControlEntryRecord&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Id", id);
    v.field("ResourceType", resource_type);
    v.field("ResourceName", resource_name);
    v.field("PatternType", pattern_type);
    v.field("Principal", principal);
    v.field("Host", host);
    v.field("Operation", operation);
    v.field("PermissionType", permission_type);
  }
};

}  // namespace weir::wire
