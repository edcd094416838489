#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// A user's SCRAM credential (KIP-900).
struct UserScramCredentialRecord {
  static constexpr int16_t kApiKey = 11;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  std::string name;
  int8_t mechanism = 0;
  std::vector<uint8_t> salt;
  std::vector<uint8_t> stored_key;
  std::vector<uint8_t> server_key;
  int32_t iterations = 0;
  bool operator==(const UserScramCredentialRecord&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Name", name);
    v.field("Mechanism", mechanism);
    v.field("Salt", salt);
    v.field("StoredKey", stored_key);
    v.field("ServerKey", server_key);
    v.field("Iterations", iterations);
  }
};

}  // namespace weir::wire
