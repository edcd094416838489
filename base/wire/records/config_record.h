#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// A dynamic setting; a null value removes it (KIP-631).
struct ConfigRecord {
  static constexpr int16_t kApiKey = 4;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  int8_t resource_type = 0;
  std::string resource_name;
  std::string name;
  std::optional<std::string> value{std::in_place};
  bool operator==(const ConfigRecord&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ResourceType", resource_type);
    v.field("ResourceName", resource_name);
    v.field("Name", name);
    v.field("Value", value, always().nullable());
  }
};

}  // namespace weir::wire
