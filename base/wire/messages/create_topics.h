#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Topics by counts or by assignment; -1 takes the broker's defaults (KIP-464).
struct CreateTopicsRequest {
  static constexpr int16_t kApiKey = 19;
  static constexpr int16_t kMinVersion = 2;
  static constexpr int16_t kMaxVersion = 7;
  static constexpr int16_t kFlexibleSince = 5;

  struct CreatableReplicaAssignment {
    int32_t partition_index = 0;
    std::vector<int32_t> broker_ids;
    bool operator==(const CreatableReplicaAssignment&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("PartitionIndex", partition_index);
      v.field("BrokerIds", broker_ids);
    }
  };

  struct CreatableTopicConfig {
    std::string name;
    std::optional<std::string> value{std::in_place};
    bool operator==(const CreatableTopicConfig&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name);
      v.field("Value", value, always().nullable());
    }
  };

  struct CreatableTopic {
    std::string name;
    int32_t num_partitions = 0;
    int16_t replication_factor = 0;
    std::vector<CreatableReplicaAssignment> assignments;
    std::vector<CreatableTopicConfig> configs;
    bool operator==(const CreatableTopic&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name);
      v.field("NumPartitions", num_partitions);
      v.field("ReplicationFactor", replication_factor);
      v.field("Assignments", assignments);
      v.field("Configs", configs);
    }
  };

  std::vector<CreatableTopic> topics;
  int32_t timeout_ms = 60000;
  bool validate_only = false;
  bool operator==(const CreateTopicsRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Topics", topics);
    v.field("TimeoutMs", timeout_ms);
    v.field("ValidateOnly", validate_only);
  }
};

struct CreateTopicsResponse {
  static constexpr int16_t kApiKey = 19;
  static constexpr int16_t kMinVersion = 2;
  static constexpr int16_t kMaxVersion = 7;
  static constexpr int16_t kFlexibleSince = 5;

  struct CreatableTopicConfigs {
    std::string name;
    std::optional<std::string> value{std::in_place};
    bool read_only = false;
    int8_t config_source = -1;
    bool is_sensitive = false;
    bool operator==(const CreatableTopicConfigs&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name, since(5));
      v.field("Value", value, since(5).nullable());
      v.field("ReadOnly", read_only, since(5));
      v.field("ConfigSource", config_source, since(5));
      v.field("IsSensitive", is_sensitive, since(5));
    }
  };

  struct CreatableTopicResult {
    std::string name;
    weir::Uuid topic_id;
    int16_t error_code = 0;
    std::optional<std::string> error_message{std::in_place};
    int16_t topic_config_error_code = 0;
    int32_t num_partitions = -1;
    int16_t replication_factor = -1;
    std::optional<std::vector<CreatableTopicConfigs>> configs{std::in_place};
    bool operator==(const CreatableTopicResult&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name);
      v.field("TopicId", topic_id, since(7));
      v.field("ErrorCode", error_code);
      v.field("ErrorMessage", error_message, always().nullable());
      v.field("NumPartitions", num_partitions, since(5));
      v.field("ReplicationFactor", replication_factor, since(5));
      v.field("Configs", configs, since(5).nullable());
      v.field("TopicConfigErrorCode", topic_config_error_code, since(5).tagged(0));
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<CreatableTopicResult> topics;
  bool operator==(const CreateTopicsResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("Topics", topics);
  }
};

}  // namespace weir::wire
