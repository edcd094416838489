#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Raises or lowers finalized feature levels (KIP-584).
struct UpdateFeaturesRequest {
  static constexpr int16_t kApiKey = 57;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 2;
  static constexpr int16_t kFlexibleSince = 0;

  struct FeatureUpdateKey {
    std::string feature;
    int16_t max_version_level = 0;
    bool allow_downgrade = false;
    int8_t upgrade_type = 1;
    bool operator==(const FeatureUpdateKey&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Feature", feature);
      v.field("MaxVersionLevel", max_version_level);
      v.field("AllowDowngrade", allow_downgrade, between(0, 0));
      v.field("UpgradeType", upgrade_type, since(1));
    }
  };

  int32_t timeout_ms = 60000;
  std::vector<FeatureUpdateKey> feature_updates;
  bool validate_only = false;
  bool operator==(const UpdateFeaturesRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("TimeoutMs", timeout_ms);
    v.field("FeatureUpdates", feature_updates);
    v.field("ValidateOnly", validate_only, since(1));
  }
};

struct UpdateFeaturesResponse {
  static constexpr int16_t kApiKey = 57;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 2;
  static constexpr int16_t kFlexibleSince = 0;

  struct UpdatableFeatureResult {
    std::string feature;
    int16_t error_code = 0;
    std::optional<std::string> error_message{std::in_place};
    bool operator==(const UpdatableFeatureResult&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Feature", feature);
      v.field("ErrorCode", error_code);
      v.field("ErrorMessage", error_message, always().nullable());
    }
  };

  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  std::optional<std::string> error_message{std::in_place};
  std::vector<UpdatableFeatureResult> results;
  bool operator==(const UpdateFeaturesResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("ErrorCode", error_code);
    v.field("ErrorMessage", error_message, always().nullable());
    v.field("Results", results, between(0, 1));
  }
};

}  // namespace weir::wire
