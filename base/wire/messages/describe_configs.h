#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Values, sources, synonyms and documentation of settings (KIP-133, KIP-569).
struct DescribeConfigsRequest {
  static constexpr int16_t kApiKey = 32;
  static constexpr int16_t kMinVersion = 1;
  static constexpr int16_t kMaxVersion = 4;
  static constexpr int16_t kFlexibleSince = 4;

  struct DescribeConfigsResource {
    int8_t resource_type = 0;
    std::string resource_name;
    std::optional<std::vector<std::string>> configuration_keys{std::in_place};
    bool operator==(const DescribeConfigsResource&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("ResourceType", resource_type);
      v.field("ResourceName", resource_name);
      v.field("ConfigurationKeys", configuration_keys, always().nullable());
    }
  };

  std::vector<DescribeConfigsResource> resources;
  bool include_synonyms = false;
  bool include_documentation = false;
  bool operator==(const DescribeConfigsRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Resources", resources);
    v.field("IncludeSynonyms", include_synonyms);
    v.field("IncludeDocumentation", include_documentation, since(3));
  }
};

struct DescribeConfigsResponse {
  static constexpr int16_t kApiKey = 32;
  static constexpr int16_t kMinVersion = 1;
  static constexpr int16_t kMaxVersion = 4;
  static constexpr int16_t kFlexibleSince = 4;

  struct DescribeConfigsSynonym {
    std::string name;
    std::optional<std::string> value{std::in_place};
    int8_t source = 0;
    bool operator==(const DescribeConfigsSynonym&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name);
      v.field("Value", value, always().nullable());
      v.field("Source", source);
    }
  };

  struct DescribeConfigsResourceResult {
    std::string name;
    std::optional<std::string> value{std::in_place};
    bool read_only = false;
    int8_t config_source = -1;
    bool is_sensitive = false;
    std::vector<DescribeConfigsSynonym> synonyms;
    int8_t config_type = 0;
    std::optional<std::string> documentation{std::in_place};
    bool operator==(const DescribeConfigsResourceResult&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name);
      v.field("Value", value, always().nullable());
      v.field("ReadOnly", read_only);
      v.field("ConfigSource", config_source);
      v.field("IsSensitive", is_sensitive);
      v.field("Synonyms", synonyms);
      v.field("ConfigType", config_type, since(3));
      v.field("Documentation", documentation, since(3).nullable());
    }
  };

  struct DescribeConfigsResult {
    int16_t error_code = 0;
    std::optional<std::string> error_message{std::in_place};
    int8_t resource_type = 0;
    std::string resource_name;
    std::vector<DescribeConfigsResourceResult> configs;
    bool operator==(const DescribeConfigsResult&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("ErrorCode", error_code);
      v.field("ErrorMessage", error_message, always().nullable());
      v.field("ResourceType", resource_type);
      v.field("ResourceName", resource_name);
      v.field("Configs", configs);
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<DescribeConfigsResult> results;
  bool operator==(const DescribeConfigsResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("Results", results);
  }
};

}  // namespace weir::wire
