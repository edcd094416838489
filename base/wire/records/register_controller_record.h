#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// A controller's endpoints and features (KIP-919).
struct RegisterControllerRecord {
  static constexpr int16_t kApiKey = 27;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  struct ControllerEndpoint {
    std::string name;
    std::string host;
    uint16_t port = 0;
    int16_t security_protocol = 0;
    bool operator==(const ControllerEndpoint&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name);
      v.field("Host", host);
      v.field("Port", port);
      v.field("SecurityProtocol", security_protocol);
    }
  };

  struct ControllerFeature {
    std::string name;
    int16_t min_supported_version = 0;
    int16_t max_supported_version = 0;
    bool operator==(const ControllerFeature&) const = default;
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
  std::vector<ControllerEndpoint> end_points;
  std::vector<ControllerFeature> features;
  bool operator==(const RegisterControllerRecord&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ControllerId", controller_id);
    v.field("IncarnationId", incarnation_id);
    v.field("ZkMigrationReady", zk_migration_ready);
    v.field("EndPoints", end_points);
    v.field("Features", features);
  }
};

}  // namespace weir::wire
