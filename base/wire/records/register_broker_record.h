#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// A broker registered: its incarnation, epoch, endpoints and features (KIP-631).
struct RegisterBrokerRecord {
  static constexpr int16_t kApiKey = 0;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 3;
  static constexpr int16_t kFlexibleSince = 0;

  struct BrokerEndpoint {
    std::string name;
    std::string host;
    uint16_t port = 0;
    int16_t security_protocol = 0;
    bool operator==(const BrokerEndpoint&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name);
      v.field("Host", host);
      v.field("Port", port);
      v.field("SecurityProtocol", security_protocol);
    }
  };

  struct BrokerFeature {
    std::string name;
    int16_t min_supported_version = 0;
    int16_t max_supported_version = 0;
    bool operator==(const BrokerFeature&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name);
      v.field("MinSupportedVersion", min_supported_version);
      v.field("MaxSupportedVersion", max_supported_version);
    }
  };

  int32_t broker_id = 0;
  bool is_migrating_zk_broker = false;
  weir::Uuid incarnation_id;
  int64_t broker_epoch = 0;
  std::vector<BrokerEndpoint> end_points;
  std::vector<BrokerFeature> features;
  std::optional<std::string> rack{std::in_place};
  bool fenced = true;
  bool in_controlled_shutdown = false;
  std::vector<weir::Uuid> log_dirs;
  bool operator==(const RegisterBrokerRecord&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("BrokerId", broker_id);
    v.field("IsMigratingZkBroker", is_migrating_zk_broker, since(2));
    v.field("IncarnationId", incarnation_id);
    v.field("BrokerEpoch", broker_epoch);
    v.field("EndPoints", end_points);
    v.field("Features", features);
    v.field("Rack", rack, always().nullable());
    v.field("Fenced", fenced);
    v.field("InControlledShutdown", in_controlled_shutdown, since(1));
    v.field("LogDirs", log_dirs, since(3).tagged(0));
  }
};

}  // namespace weir::wire
