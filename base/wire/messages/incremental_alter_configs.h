#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Sets, deletes, appends or subtracts single settings (KIP-339).
struct IncrementalAlterConfigsRequest {
  static constexpr int16_t kApiKey = 44;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 1;
  static constexpr int16_t kFlexibleSince = 1;

  struct AlterableConfig {
    std::string name;
    int8_t config_operation = 0;
    std::optional<std::string> value{std::in_place};
    bool operator==(const AlterableConfig&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name);
      v.field("ConfigOperation", config_operation);
      v.field("Value", value, always().nullable());
    }
  };

  struct AlterConfigsResource {
    int8_t resource_type = 0;
    std::string resource_name;
    std::vector<AlterableConfig> configs;
    bool operator==(const AlterConfigsResource&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("ResourceType", resource_type);
      v.field("ResourceName", resource_name);
      v.field("Configs", configs);
    }
  };

  std::vector<AlterConfigsResource> resources;
  bool validate_only = false;
  bool operator==(const IncrementalAlterConfigsRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Resources", resources);
    v.field("ValidateOnly", validate_only);
  }
};

struct IncrementalAlterConfigsResponse {
  static constexpr int16_t kApiKey = 44;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 1;
  static constexpr int16_t kFlexibleSince = 1;

  struct AlterConfigsResourceResponse {
    int16_t error_code = 0;
    std::optional<std::string> error_message{std::in_place};
    int8_t resource_type = 0;
    std::string resource_name;
    bool operator==(const AlterConfigsResourceResponse&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("ErrorCode", error_code);
      v.field("ErrorMessage", error_message, always().nullable());
      v.field("ResourceType", resource_type);
      v.field("ResourceName", resource_name);
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<AlterConfigsResourceResponse> responses;
  bool operator==(const IncrementalAlterConfigsResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("Responses", responses);
  }
};

}  // namespace weir::wire
