#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Hands the leader record batches for its partitions; with acks 0 no response comes. Topic ids instead of names from
/// version 13 (KIP-516).
struct ProduceRequest {
  static constexpr int16_t kApiKey = 0;
  static constexpr int16_t kMinVersion = 3;
  static constexpr int16_t kMaxVersion = 13;
  static constexpr int16_t kFlexibleSince = 9;

  struct PartitionProduceData {
    int32_t index = 0;
    std::optional<weir::BufferChain> records;
    template <class V>
    void fields(V& v) {
      v.field("Index", index);
      v.field("Records", records, always().nullable());
    }
  };

  struct TopicProduceData {
    std::string name;
    weir::Uuid topic_id;
    std::vector<PartitionProduceData> partition_data;
    template <class V>
    void fields(V& v) {
      v.field("Name", name, between(3, 12));
      v.field("TopicId", topic_id, since(13));
      v.field("PartitionData", partition_data);
    }
  };

  std::optional<std::string> transactional_id;
  int16_t acks = 0;
  int32_t timeout_ms = 0;
  std::vector<TopicProduceData> topic_data;
  template <class V>
  void fields(V& v) {
    v.field("TransactionalId", transactional_id, always().nullable());
    v.field("Acks", acks);
    v.field("TimeoutMs", timeout_ms);
    v.field("TopicData", topic_data);
  }
};

/// Base offset or error of each partition; from version 10 with the new leader, so that a client needs no metadata
/// round (KIP-951).
struct ProduceResponse {
  static constexpr int16_t kApiKey = 0;
  static constexpr int16_t kMinVersion = 3;
  static constexpr int16_t kMaxVersion = 13;
  static constexpr int16_t kFlexibleSince = 9;

  struct BatchIndexAndErrorMessage {
    int32_t batch_index = 0;
    std::optional<std::string> batch_index_error_message;
    bool operator==(const BatchIndexAndErrorMessage&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("BatchIndex", batch_index, since(8));
      v.field("BatchIndexErrorMessage", batch_index_error_message, since(8).nullable());
    }
  };

  struct LeaderIdAndEpoch {
    int32_t leader_id = -1;
    int32_t leader_epoch = -1;
    bool operator==(const LeaderIdAndEpoch&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("LeaderId", leader_id, since(10));
      v.field("LeaderEpoch", leader_epoch, since(10));
    }
  };

  struct PartitionProduceResponse {
    int32_t index = 0;
    int16_t error_code = 0;
    int64_t base_offset = 0;
    int64_t log_append_time_ms = -1;
    int64_t log_start_offset = -1;
    std::vector<BatchIndexAndErrorMessage> record_errors;
    std::optional<std::string> error_message;
    LeaderIdAndEpoch current_leader;
    bool operator==(const PartitionProduceResponse&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Index", index);
      v.field("ErrorCode", error_code);
      v.field("BaseOffset", base_offset);
      v.field("LogAppendTimeMs", log_append_time_ms);
      v.field("LogStartOffset", log_start_offset, since(5));
      v.field("RecordErrors", record_errors, since(8));
      v.field("ErrorMessage", error_message, since(8).nullable());
      v.field("CurrentLeader", current_leader, since(10).tagged(0));
    }
  };

  struct TopicProduceResponse {
    std::string name;
    weir::Uuid topic_id;
    std::vector<PartitionProduceResponse> partition_responses;
    bool operator==(const TopicProduceResponse&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name, between(3, 12));
      v.field("TopicId", topic_id, since(13));
      v.field("PartitionResponses", partition_responses);
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
      v.field("NodeId", node_id, since(10));
      v.field("Host", host, since(10));
      v.field("Port", port, since(10));
      v.field("Rack", rack, since(10).nullable());
    }
  };

  std::vector<TopicProduceResponse> responses;
  int32_t throttle_time_ms = 0;
  std::vector<NodeEndpoint> node_endpoints;
  bool operator==(const ProduceResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Responses", responses);
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("NodeEndpoints", node_endpoints, since(10).tagged(0));
  }
};

}  // namespace weir::wire
