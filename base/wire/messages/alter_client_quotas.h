#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Sets and removes quotas (KIP-546).
struct AlterClientQuotasRequest {
  static constexpr int16_t kApiKey = 49;
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

  struct OpData {
    std::string key;
    double value = 0.0;
    bool remove = false;
    bool operator==(const OpData&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Key", key);
      v.field("Value", value);
      v.field("Remove", remove);
    }
  };

  struct EntryData {
    std::vector<EntityData> entity;
    std::vector<OpData> ops;
    bool operator==(const EntryData&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Entity", entity);
      v.field("Ops", ops);
    }
  };

  std::vector<EntryData> entries;
  bool validate_only = false;
  bool operator==(const AlterClientQuotasRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Entries", entries);
    v.field("ValidateOnly", validate_only);
  }
};

struct AlterClientQuotasResponse {
  static constexpr int16_t kApiKey = 49;
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

  struct EntryData {
    int16_t error_code = 0;
    std::optional<std::string> error_message{std::in_place};
    std::vector<EntityData> entity;
    bool operator==(const EntryData&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("ErrorCode", error_code);
      v.field("ErrorMessage", error_message, always().nullable());
      v.field("Entity", entity);
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<EntryData> entries;
  bool operator==(const AlterClientQuotasResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("Entries", entries);
  }
};

}  // namespace weir::wire
