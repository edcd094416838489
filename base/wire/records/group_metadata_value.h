#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// A classic group's state, written at each completed rebalance.
struct GroupMetadataValue {
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 4;
  static constexpr int16_t kFlexibleSince = 4;

  struct MemberMetadata {
    std::string member_id;
    std::optional<std::string> group_instance_id;
    std::string client_id;
    std::string client_host;
    int32_t rebalance_timeout = -1;
    int32_t session_timeout = 0;
    std::vector<uint8_t> subscription;
    std::vector<uint8_t> assignment;
    bool operator==(const MemberMetadata&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("MemberId", member_id);
      v.field("GroupInstanceId", group_instance_id, since(3).nullable());
      v.field("ClientId", client_id);
      v.field("ClientHost", client_host);
      v.field("RebalanceTimeout", rebalance_timeout, since(1));
      v.field("SessionTimeout", session_timeout);
      v.field("Subscription", subscription);
      v.field("Assignment", assignment);
    }
  };

  std::string protocol_type;
  int32_t generation = 0;
  std::optional<std::string> protocol{std::in_place};
  std::optional<std::string> leader{std::in_place};
  int64_t current_state_timestamp = -1;
  std::vector<MemberMetadata> members;
  bool operator==(const GroupMetadataValue&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ProtocolType", protocol_type);
    v.field("Generation", generation);
    v.field("Protocol", protocol, always().nullable());
    v.field("Leader", leader, always().nullable());
    v.field("CurrentStateTimestamp", current_state_timestamp, since(2));
    v.field("Members", members);
  }
};

}  // namespace weir::wire
