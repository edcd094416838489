#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Takes a voter out of the metadata quorum (KIP-853).
struct RemoveRaftVoterRequest {
  static constexpr int16_t kApiKey = 81;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  std::optional<std::string> cluster_id{std::in_place};
  int32_t voter_id = 0;
  weir::Uuid voter_directory_id;
  bool operator==(const RemoveRaftVoterRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ClusterId", cluster_id, always().nullable());
    v.field("VoterId", voter_id);
    v.field("VoterDirectoryId", voter_directory_id);
  }
};

struct RemoveRaftVoterResponse {
  static constexpr int16_t kApiKey = 81;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  std::optional<std::string> error_message{std::in_place};
  bool operator==(const RemoveRaftVoterResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("ErrorCode", error_code);
    v.field("ErrorMessage", error_message, always().nullable());
  }
};

}  // namespace weir::wire
