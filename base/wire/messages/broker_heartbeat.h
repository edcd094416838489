#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Keeps a broker's registration, asks to be unfenced or to shut down (KIP-631); tells of failed directories
/// (KIP-858).
struct BrokerHeartbeatRequest {
  static constexpr int16_t kApiKey = 63;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 2;
  static constexpr int16_t kFlexibleSince = 0;

  int32_t broker_id = 0;
  int64_t broker_epoch = -1;
  int64_t current_metadata_offset = 0;
  bool want_fence = false;
  bool want_shut_down = false;
  std::vector<weir::Uuid> offline_log_dirs;
  std::optional<std::vector<weir::Uuid>> cordoned_log_dirs;
  bool operator==(const BrokerHeartbeatRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("BrokerId", broker_id);
    v.field("BrokerEpoch", broker_epoch);
    v.field("CurrentMetadataOffset", current_metadata_offset);
    v.field("WantFence", want_fence);
    v.field("WantShutDown", want_shut_down);
    v.field("OfflineLogDirs", offline_log_dirs, since(1).tagged(0));
    v.field("CordonedLogDirs", cordoned_log_dirs, since(2).nullable().tagged(1));
  }
};

struct BrokerHeartbeatResponse {
  static constexpr int16_t kApiKey = 63;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 2;
  static constexpr int16_t kFlexibleSince = 0;

  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  bool is_caught_up = false;
  bool is_fenced = true;
  bool should_shut_down = false;
  bool operator==(const BrokerHeartbeatResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("ErrorCode", error_code);
    v.field("IsCaughtUp", is_caught_up);
    v.field("IsFenced", is_fenced);
    v.field("ShouldShutDown", should_shut_down);
  }
};

}  // namespace weir::wire
