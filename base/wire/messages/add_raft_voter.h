#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Makes an observer a voter of the metadata quorum (KIP-853).
struct AddRaftVoterRequest {
  static constexpr int16_t kApiKey = 80;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 1;
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

  std::optional<std::string> cluster_id{std::in_place};
  int32_t timeout_ms = 0;
  int32_t voter_id = 0;
  weir::Uuid voter_directory_id;
  std::vector<Listener> listeners;
  bool ack_when_committed = true;
  bool operator==(const AddRaftVoterRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ClusterId", cluster_id, always().nullable());
    v.field("TimeoutMs", timeout_ms);
    v.field("VoterId", voter_id);
    v.field("VoterDirectoryId", voter_directory_id);
    v.field("Listeners", listeners);
    v.field("AckWhenCommitted", ack_when_committed, since(1));
  }
};

struct AddRaftVoterResponse {
  static constexpr int16_t kApiKey = 80;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 1;
  static constexpr int16_t kFlexibleSince = 0;

  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  std::optional<std::string> error_message{std::in_place};
  bool operator==(const AddRaftVoterResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("ErrorCode", error_code);
    v.field("ErrorMessage", error_message, always().nullable());
  }
};

}  // namespace weir::wire
