#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Which broker coordinates a group, a transactional id or a share partition; several keys at once from version 4
/// (KIP-699).
struct FindCoordinatorRequest {
  static constexpr int16_t kApiKey = 10;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 6;
  static constexpr int16_t kFlexibleSince = 3;

  std::string key;
  int8_t key_type = 0;
  std::vector<std::string> coordinator_keys;
  bool operator==(const FindCoordinatorRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Key", key, between(0, 3));
    v.field("KeyType", key_type, since(1));
    v.field("CoordinatorKeys", coordinator_keys, since(4));
  }
};

struct FindCoordinatorResponse {
  static constexpr int16_t kApiKey = 10;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 6;
  static constexpr int16_t kFlexibleSince = 3;

  struct Coordinator {
    std::string key;
    int32_t node_id = 0;
    std::string host;
    int32_t port = 0;
    int16_t error_code = 0;
    std::optional<std::string> error_message{std::in_place};
    bool operator==(const Coordinator&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Key", key, since(4));
      v.field("NodeId", node_id, since(4));
      v.field("Host", host, since(4));
      v.field("Port", port, since(4));
      v.field("ErrorCode", error_code, since(4));
      v.field("ErrorMessage", error_message, since(4).nullable());
    }
  };

  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  std::optional<std::string> error_message{std::in_place};
  int32_t node_id = 0;
  std::string host;
  int32_t port = 0;
  std::vector<Coordinator> coordinators;
  bool operator==(const FindCoordinatorResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms, since(1));
    v.field("ErrorCode", error_code, between(0, 3));
    v.field("ErrorMessage", error_message, between(1, 3).nullable());
    v.field("NodeId", node_id, between(0, 3));
    v.field("Host", host, between(0, 3));
    v.field("Port", port, between(0, 3));
    v.field("Coordinators", coordinators, since(4));
  }
};

}  // namespace weir::wire
