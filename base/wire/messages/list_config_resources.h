#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Resources that have dynamic settings (KIP-1000, KIP-1142).
struct ListConfigResourcesRequest {
  static constexpr int16_t kApiKey = 74;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 1;
  static constexpr int16_t kFlexibleSince = 0;

  std::vector<int8_t> resource_types;
  bool operator==(const ListConfigResourcesRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ResourceTypes", resource_types, since(1));
  }
};

struct ListConfigResourcesResponse {
  static constexpr int16_t kApiKey = 74;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 1;
  static constexpr int16_t kFlexibleSince = 0;

  struct ConfigResource {
    std::string resource_name;
    int8_t resource_type = 16;
    bool operator==(const ConfigResource&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("ResourceName", resource_name);
      v.field("ResourceType", resource_type, since(1));
    }
  };

  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  std::vector<ConfigResource> config_resources;
  bool operator==(const ListConfigResourcesResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("ErrorCode", error_code);
    v.field("ConfigResources", config_resources);
  }
};

}  // namespace weir::wire
