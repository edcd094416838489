#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// What the broker speaks; the first request of most clients (KIP-35), with the client's software from version 3
/// (KIP-511).
struct ApiVersionsRequest {
  static constexpr int16_t kApiKey = 18;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 4;
  static constexpr int16_t kFlexibleSince = 3;

  std::string client_software_name;
  std::string client_software_version;
  bool operator==(const ApiVersionsRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ClientSoftwareName", client_software_name, since(3));
    v.field("ClientSoftwareVersion", client_software_version, since(3));
  }
};

/// Ranges of all APIs, and in tags the features (KIP-584). A version that the broker lacks is answered in version 0
/// with an error (KIP-511).
struct ApiVersionsResponse {
  static constexpr int16_t kApiKey = 18;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 4;
  static constexpr int16_t kFlexibleSince = 3;

  struct ApiVersion {
    int16_t api_key = 0;
    int16_t min_version = 0;
    int16_t max_version = 0;
    bool operator==(const ApiVersion&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("ApiKey", api_key);
      v.field("MinVersion", min_version);
      v.field("MaxVersion", max_version);
    }
  };

  struct SupportedFeatureKey {
    std::string name;
    int16_t min_version = 0;
    int16_t max_version = 0;
    bool operator==(const SupportedFeatureKey&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name, since(3));
      v.field("MinVersion", min_version, since(3));
      v.field("MaxVersion", max_version, since(3));
    }
  };

  struct FinalizedFeatureKey {
    std::string name;
    int16_t max_version_level = 0;
    int16_t min_version_level = 0;
    bool operator==(const FinalizedFeatureKey&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name, since(3));
      v.field("MaxVersionLevel", max_version_level, since(3));
      v.field("MinVersionLevel", min_version_level, since(3));
    }
  };

  int16_t error_code = 0;
  std::vector<ApiVersion> api_keys;
  int32_t throttle_time_ms = 0;
  std::vector<SupportedFeatureKey> supported_features;
  int64_t finalized_features_epoch = -1;
  std::vector<FinalizedFeatureKey> finalized_features;
  bool zk_migration_ready = false;
  bool operator==(const ApiVersionsResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ErrorCode", error_code);
    v.field("ApiKeys", api_keys);
    v.field("ThrottleTimeMs", throttle_time_ms, since(1));
    v.field("SupportedFeatures", supported_features, since(3).tagged(0));
    v.field("FinalizedFeaturesEpoch", finalized_features_epoch, since(3).tagged(1));
    v.field("FinalizedFeatures", finalized_features, since(3).tagged(2));
    v.field("ZkMigrationReady", zk_migration_ready, since(3).tagged(3));
  }
};

}  // namespace weir::wire
