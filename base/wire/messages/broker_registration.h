#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// A broker joins the cluster under a new incarnation and gets its broker epoch (KIP-631).
struct BrokerRegistrationRequest {
  static constexpr int16_t kApiKey = 62;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 4;
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

  int32_t broker_id = 0;
  std::string cluster_id;
  weir::Uuid incarnation_id;
  std::vector<Listener> listeners;
  std::vector<Feature> features;
  std::optional<std::string> rack{std::in_place};
  bool is_migrating_zk_broker = false;
  std::vector<weir::Uuid> log_dirs;
  int64_t previous_broker_epoch = -1;
  bool operator==(const BrokerRegistrationRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("BrokerId", broker_id);
    v.field("ClusterId", cluster_id);
    v.field("IncarnationId", incarnation_id);
    v.field("Listeners", listeners);
    v.field("Features", features);
    v.field("Rack", rack, always().nullable());
    v.field("IsMigratingZkBroker", is_migrating_zk_broker, since(1));
    v.field("LogDirs", log_dirs, since(2));
    v.field("PreviousBrokerEpoch", previous_broker_epoch, since(3));
  }
};

struct BrokerRegistrationResponse {
  static constexpr int16_t kApiKey = 62;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 4;
  static constexpr int16_t kFlexibleSince = 0;

  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  int64_t broker_epoch = -1;
  bool operator==(const BrokerRegistrationResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("ErrorCode", error_code);
    v.field("BrokerEpoch", broker_epoch);
  }
};

}  // namespace weir::wire
