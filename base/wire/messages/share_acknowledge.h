#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Accepts, releases or rejects acquired records (KIP-932).
struct ShareAcknowledgeRequest {
  static constexpr int16_t kApiKey = 79;
  static constexpr int16_t kMinVersion = 1;
  static constexpr int16_t kMaxVersion = 2;
  static constexpr int16_t kFlexibleSince = 0;

  struct AcknowledgementBatch {
    int64_t first_offset = 0;
    int64_t last_offset = 0;
    std::vector<int8_t> acknowledge_types;
    bool operator==(const AcknowledgementBatch&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("FirstOffset", first_offset);
      v.field("LastOffset", last_offset);
      v.field("AcknowledgeTypes", acknowledge_types);
    }
  };

  struct AcknowledgePartition {
    int32_t partition_index = 0;
    std::vector<AcknowledgementBatch> acknowledgement_batches;
    bool operator==(const AcknowledgePartition&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("PartitionIndex", partition_index);
      v.field("AcknowledgementBatches", acknowledgement_batches);
    }
  };

  struct AcknowledgeTopic {
    weir::Uuid topic_id;
    std::vector<AcknowledgePartition> partitions;
    bool operator==(const AcknowledgeTopic&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("TopicId", topic_id);
      v.field("Partitions", partitions);
    }
  };

  std::optional<std::string> group_id;
  std::optional<std::string> member_id{std::in_place};
  int32_t share_session_epoch = 0;
  bool is_renew_ack = false;
  std::vector<AcknowledgeTopic> topics;
  bool operator==(const ShareAcknowledgeRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("GroupId", group_id, always().nullable());
    v.field("MemberId", member_id, always().nullable());
    v.field("ShareSessionEpoch", share_session_epoch);
    v.field("IsRenewAck", is_renew_ack, since(2));
    v.field("Topics", topics);
  }
};

struct ShareAcknowledgeResponse {
  static constexpr int16_t kApiKey = 79;
  static constexpr int16_t kMinVersion = 1;
  static constexpr int16_t kMaxVersion = 2;
  static constexpr int16_t kFlexibleSince = 0;

  struct LeaderIdAndEpoch {
    int32_t leader_id = 0;
    int32_t leader_epoch = 0;
    bool operator==(const LeaderIdAndEpoch&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("LeaderId", leader_id);
      v.field("LeaderEpoch", leader_epoch);
    }
  };

  struct PartitionData {
    int32_t partition_index = 0;
    int16_t error_code = 0;
    std::optional<std::string> error_message;
    LeaderIdAndEpoch current_leader;
    bool operator==(const PartitionData&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("PartitionIndex", partition_index);
      v.field("ErrorCode", error_code);
      v.field("ErrorMessage", error_message, always().nullable());
      v.field("CurrentLeader", current_leader);
    }
  };

  struct ShareAcknowledgeTopicResponse {
    weir::Uuid topic_id;
    std::vector<PartitionData> partitions;
    bool operator==(const ShareAcknowledgeTopicResponse&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("TopicId", topic_id);
      v.field("Partitions", partitions);
    }
  };

  struct NodeEndpoint {
    int32_t node_id = 0;
    std::string host;
    int32_t port = 0;
    std::optional<std::string> rack;
    bool operator==(const NodeEndpoint&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("NodeId", node_id);
      v.field("Host", host);
      v.field("Port", port);
      v.field("Rack", rack, always().nullable());
    }
  };

  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  std::optional<std::string> error_message;
  int32_t acquisition_lock_timeout_ms = 0;
  std::vector<ShareAcknowledgeTopicResponse> responses;
  std::vector<NodeEndpoint> node_endpoints;
  bool operator==(const ShareAcknowledgeResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("ErrorCode", error_code);
    v.field("ErrorMessage", error_message, always().nullable());
    v.field("AcquisitionLockTimeoutMs", acquisition_lock_timeout_ms, since(2));
    v.field("Responses", responses);
    v.field("NodeEndpoints", node_endpoints);
  }
};

}  // namespace weir::wire
