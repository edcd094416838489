#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// A member's subscription, rack and assignors (KIP-848).
struct ConsumerGroupMemberMetadataValue {
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  struct ClassicProtocol {
    std::string name;
    std::vector<uint8_t> metadata;
    bool operator==(const ClassicProtocol&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name);
      v.field("Metadata", metadata);
    }
  };

  struct ClassicMemberMetadata {
    int32_t session_timeout_ms = 0;
    std::vector<ClassicProtocol> supported_protocols;
    bool operator==(const ClassicMemberMetadata&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("SessionTimeoutMs", session_timeout_ms);
      v.field("SupportedProtocols", supported_protocols);
    }
  };

  std::optional<std::string> instance_id{std::in_place};
  std::optional<std::string> rack_id{std::in_place};
  std::string client_id;
  std::string client_host;
  std::vector<std::string> subscribed_topic_names;
  std::optional<std::string> subscribed_topic_regex{std::in_place};
  int32_t rebalance_timeout_ms = -1;
  std::optional<std::string> server_assignor{std::in_place};
  std::optional<ClassicMemberMetadata> classic_member_metadata;
  bool operator==(const ConsumerGroupMemberMetadataValue&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("InstanceId", instance_id, always().nullable());
    v.field("RackId", rack_id, always().nullable());
    v.field("ClientId", client_id);
    v.field("ClientHost", client_host);
    v.field("SubscribedTopicNames", subscribed_topic_names);
    v.field("SubscribedTopicRegex", subscribed_topic_regex, always().nullable());
    v.field("RebalanceTimeoutMs", rebalance_timeout_ms);
    v.field("ServerAssignor", server_assignor, always().nullable());
    v.field("ClassicMemberMetadata", classic_member_metadata, always().nullable().tagged(0));
  }
};

}  // namespace weir::wire
