#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// A quota is set or removed (KIP-546).
struct ClientQuotaRecord {
  static constexpr int16_t kApiKey = 14;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

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

  std::vector<EntityData> entity;
  std::string key;
  double value = 0.0;
  bool remove = false;
  bool operator==(const ClientQuotaRecord&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Entity", entity);
    v.field("Key", key);
    v.field("Value", value);
    v.field("Remove", remove);
  }
};

}  // namespace weir::wire
