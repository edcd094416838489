#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// A controller tells its endpoints and features (KIP-919).
struct ControllerRegistrationRequest {
  static constexpr int16_t kApiKey = 70;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  struct Listener {
    std::string name;
    std::string host;
    uint16_t port = 0;
    int16_t security_protocol = 0;
    bool operator==(const Listener&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name);
      v.field("Host", host);
      v.field("Port", port);
      v.field("SecurityProtocol", security_protocol);
    }
  };

  struct Feature {
    std::string name;
    int16_t min_supported_version = 0;
    int16_t max_supported_version = 0;
    bool operator==(const Feature&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name);
      v.field("MinSupportedVersion", min_supported_version);
      v.field("MaxSupportedVersion", max_supported_version);
    }
  };

  int32_t controller_id = 0;
  weir::Uuid incarnation_id;
  bool zk_migration_ready = false;
  std::vector<Listener> listeners;
  std::vector<Feature> features;
  bool operator==(const ControllerRegistrationRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ControllerId", controller_id);
    v.field("IncarnationId", incarnation_id);
    v.field("ZkMigrationReady", zk_migration_ready);
    v.field("Listeners", listeners);
    v.field("Features", features);
  }
};

struct ControllerRegistrationResponse {
  static constexpr int16_t kApiKey = 70;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  std::optional<std::string> error_message{std::in_place};
  bool operator==(const ControllerRegistrationResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("ErrorCode", error_code);
    v.field("ErrorMessage", error_message, always().nullable());
  }
};

}  // namespace weir::wire
