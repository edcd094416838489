#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Cluster id, controller and brokers (KIP-700), or the controllers themselves (KIP-919).
struct DescribeClusterRequest {
  static constexpr int16_t kApiKey = 60;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 2;
  static constexpr int16_t kFlexibleSince = 0;

  bool include_cluster_authorized_operations = false;
  int8_t endpoint_type = 1;
  bool include_fenced_brokers = false;
  bool operator==(const DescribeClusterRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("IncludeClusterAuthorizedOperations", include_cluster_authorized_operations);
    v.field("EndpointType", endpoint_type, since(1));
    v.field("IncludeFencedBrokers", include_fenced_brokers, since(2));
  }
};

struct DescribeClusterResponse {
  static constexpr int16_t kApiKey = 60;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 2;
  static constexpr int16_t kFlexibleSince = 0;

  struct DescribeClusterBroker {
    int32_t broker_id = 0;
    std::string host;
    int32_t port = 0;
    std::optional<std::string> rack;
    bool is_fenced = false;
    bool operator==(const DescribeClusterBroker&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("BrokerId", broker_id);
      v.field("Host", host);
      v.field("Port", port);
      v.field("Rack", rack, always().nullable());
      v.field("IsFenced", is_fenced, since(2));
    }
  };

  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  std::optional<std::string> error_message;
  int8_t endpoint_type = 1;
  std::string cluster_id;
  int32_t controller_id = -1;
  std::vector<DescribeClusterBroker> brokers;
  int32_t cluster_authorized_operations = INT32_MIN;
  bool operator==(const DescribeClusterResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("ErrorCode", error_code);
    v.field("ErrorMessage", error_message, always().nullable());
    v.field("EndpointType", endpoint_type, since(1));
    v.field("ClusterId", cluster_id);
    v.field("ControllerId", controller_id);
    v.field("Brokers", brokers);
    v.field("ClusterAuthorizedOperations", cluster_authorized_operations);
  }
};

}  // namespace weir::wire
