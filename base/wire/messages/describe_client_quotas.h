#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Quotas of users, clients and addresses (KIP-546).
struct DescribeClientQuotasRequest {
  static constexpr int16_t kApiKey = 48;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 1;
  static constexpr int16_t kFlexibleSince = 1;

  struct ComponentData {
    std::string entity_type;
    int8_t match_type = 0;
    std::optional<std::string> match{std::in_place};
    bool operator==(const ComponentData&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("EntityType", entity_type);
      v.field("MatchType", match_type);
      v.field("Match", match, always().nullable());
    }
  };

  std::vector<ComponentData> components;
  bool strict = false;
  bool operator==(const DescribeClientQuotasRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Components", components);
    v.field("Strict", strict);
  }
};

struct DescribeClientQuotasResponse {
  static constexpr int16_t kApiKey = 48;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 1;
  static constexpr int16_t kFlexibleSince = 1;

  struct EntityData {
    std::string entity_type;
    std::optional<std::string> entity_name{std::in_place};
    bool operator==(const EntityData&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("EntityType", entity_type);
      v.field("EntityName", entity_name, always().nullable());
    }
  };

  struct ValueData {
    std::string key;
    double value = 0.0;
    bool operator==(const ValueData&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Key", key);
      v.field("Value", value);
    }
  };

  struct EntryData {
    std::vector<EntityData> entity;
    std::vector<ValueData> values;
    bool operator==(const EntryData&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Entity", entity);
      v.field("Values", values);
    }
  };

  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  std::optional<std::string> error_message{std::in_place};
  std::optional<std::vector<EntryData>> entries{std::in_place};
  bool operator==(const DescribeClientQuotasResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("ErrorCode", error_code);
    v.field("ErrorMessage", error_message, always().nullable());
    v.field("Entries", entries, always().nullable());
  }
};

}  // namespace weir::wire
