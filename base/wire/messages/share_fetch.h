#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Acquires records of a share group, and acknowledges earlier ones on the way (KIP-932).
struct ShareFetchRequest {
  static constexpr int16_t kApiKey = 78;
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

  struct FetchPartition {
    int32_t partition_index = 0;
    std::vector<AcknowledgementBatch> acknowledgement_batches;
    bool operator==(const FetchPartition&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("PartitionIndex", partition_index);
      v.field("AcknowledgementBatches", acknowledgement_batches);
    }
  };

  struct FetchTopic {
    weir::Uuid topic_id;
    std::vector<FetchPartition> partitions;
    bool operator==(const FetchTopic&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("TopicId", topic_id);
      v.field("Partitions", partitions);
    }
  };

  struct ForgottenTopic {
    weir::Uuid topic_id;
    std::vector<int32_t> partitions;
    bool operator==(const ForgottenTopic&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("TopicId", topic_id);
      v.field("Partitions", partitions);
    }
  };

  std::optional<std::string> group_id;
  std::optional<std::string> member_id{std::in_place};
  int32_t share_session_epoch = 0;
  int32_t max_wait_ms = 0;
  int32_t min_bytes = 0;
  int32_t max_bytes = INT32_MAX;
  int32_t max_records = 0;
  int32_t batch_size = 0;
  int8_t share_acquire_mode = 0;
  bool is_renew_ack = false;
  std::vector<FetchTopic> topics;
  std::vector<ForgottenTopic> forgotten_topics_data;
  bool operator==(const ShareFetchRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("GroupId", group_id, always().nullable());
    v.field("MemberId", member_id, always().nullable());
    v.field("ShareSessionEpoch", share_session_epoch);
    v.field("MaxWaitMs", max_wait_ms);
    v.field("MinBytes", min_bytes);
    v.field("MaxBytes", max_bytes);
    v.field("MaxRecords", max_records);
    v.field("BatchSize", batch_size);
    v.field("ShareAcquireMode", share_acquire_mode, since(2));
    v.field("IsRenewAck", is_renew_ack, since(2));
    v.field("Topics", topics);
    v.field("ForgottenTopicsData", forgotten_topics_data);
  }
};

struct ShareFetchResponse {
  static constexpr int16_t kApiKey = 78;
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

  struct AcquiredRecords {
    int64_t first_offset = 0;
    int64_t last_offset = 0;
    int16_t delivery_count = 0;
    bool operator==(const AcquiredRecords&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("FirstOffset", first_offset);
      v.field("LastOffset", last_offset);
      v.field("DeliveryCount", delivery_count);
    }
  };

  struct PartitionData {
    int32_t partition_index = 0;
    int16_t error_code = 0;
    std::optional<std::string> error_message;
    int16_t acknowledge_error_code = 0;
    std::optional<std::string> acknowledge_error_message;
    LeaderIdAndEpoch current_leader;
    std::optional<weir::BufferChain> records;
    std::vector<AcquiredRecords> acquired_records;
    template <class V>
    void fields(V& v) {
      v.field("PartitionIndex", partition_index);
      v.field("ErrorCode", error_code);
      v.field("ErrorMessage", error_message, always().nullable());
      v.field("AcknowledgeErrorCode", acknowledge_error_code);
      v.field("AcknowledgeErrorMessage", acknowledge_error_message, always().nullable());
      v.field("CurrentLeader", current_leader);
      v.field("Records", records);
      v.field("AcquiredRecords", acquired_records);
    }
  };

  struct ShareFetchableTopicResponse {
    weir::Uuid topic_id;
    std::vector<PartitionData> partitions;
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
  std::vector<ShareFetchableTopicResponse> responses;
  std::vector<NodeEndpoint> node_endpoints;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("ErrorCode", error_code);
    v.field("ErrorMessage", error_message, always().nullable());
    v.field("AcquisitionLockTimeoutMs", acquisition_lock_timeout_ms);
    v.field("Responses", responses);
    v.field("NodeEndpoints", node_endpoints);
  }
};

}  // namespace weir::wire
