#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// A principal inside an Envelope (KIP-590).
struct DefaultPrincipalData {
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  std::string type;
  std::string name;
  bool token_authenticated = false;
  bool operator==(const DefaultPrincipalData&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Type", type);
    v.field("Name", name);
    v.field("TokenAuthenticated", token_authenticated);
  }
};

}  // namespace weir::wire
