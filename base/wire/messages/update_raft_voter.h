#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// A voter changes its endpoints or versions (KIP-853).
struct UpdateRaftVoterRequest {
  static constexpr int16_t kApiKey = 82;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  struct Listener {
    std::string name;
    std::string host;
    uint16_t port = 0;
    bool operator==(const Listener&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name);
      v.field("Host", host);
      v.field("Port", port);
    }
  };

  struct KRaftVersionFeature {
    int16_t min_supported_version = 0;
    int16_t max_supported_version = 0;
    bool operator==(const KRaftVersionFeature&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("MinSupportedVersion", min_supported_version);
      v.field("MaxSupportedVersion", max_supported_version);
    }
  };

  std::optional<std::string> cluster_id{std::in_place};
  int32_t current_leader_epoch = 0;
  int32_t voter_id = 0;
  weir::Uuid voter_directory_id;
  std::vector<Listener> listeners;
  KRaftVersionFeature kraft_version_feature;
  bool operator==(const UpdateRaftVoterRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ClusterId", cluster_id, always().nullable());
    v.field("CurrentLeaderEpoch", current_leader_epoch);
    v.field("VoterId", voter_id);
    v.field("VoterDirectoryId", voter_directory_id);
    v.field("Listeners", listeners);
    v.field("KRaftVersionFeature", kraft_version_feature);
  }
};

struct UpdateRaftVoterResponse {
  static constexpr int16_t kApiKey = 82;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  struct CurrentLeader {
    int32_t leader_id = -1;
    int32_t leader_epoch = -1;
    std::string host;
    int32_t port = 0;
    bool operator==(const CurrentLeader&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("LeaderId", leader_id);
      v.field("LeaderEpoch", leader_epoch);
      v.field("Host", host);
      v.field("Port", port);
    }
  };

  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  CurrentLeader current_leader;
  bool operator==(const UpdateRaftVoterResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("ErrorCode", error_code);
    v.field("CurrentLeader", current_leader, always().tagged(0));
  }
};

}  // namespace weir::wire
