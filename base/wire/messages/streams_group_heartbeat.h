#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// The one request of a member of a streams group, with its topology at first (KIP-1071).
struct StreamsGroupHeartbeatRequest {
  static constexpr int16_t kApiKey = 88;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  struct KeyValue {
    std::string key;
    std::string value;
    bool operator==(const KeyValue&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Key", key);
      v.field("Value", value);
    }
  };

  struct TopicInfo {
    std::string name;
    int32_t partitions = 0;
    int16_t replication_factor = 0;
    std::vector<KeyValue> topic_configs;
    bool operator==(const TopicInfo&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name);
      v.field("Partitions", partitions);
      v.field("ReplicationFactor", replication_factor);
      v.field("TopicConfigs", topic_configs);
    }
  };

  struct Endpoint {
    std::string host;
    uint16_t port = 0;
    bool operator==(const Endpoint&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Host", host);
      v.field("Port", port);
    }
  };

  struct TaskOffset {
    std::string subtopology_id;
    int32_t partition = 0;
    int64_t offset = 0;
    bool operator==(const TaskOffset&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("SubtopologyId", subtopology_id);
      v.field("Partition", partition);
      v.field("Offset", offset);
    }
  };

  struct TaskIds {
    std::string subtopology_id;
    std::vector<int32_t> partitions;
    bool operator==(const TaskIds&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("SubtopologyId", subtopology_id);
      v.field("Partitions", partitions);
    }
  };

  struct CopartitionGroup {
    std::vector<int16_t> source_topics;
    std::vector<int16_t> source_topic_regex;
    std::vector<int16_t> repartition_source_topics;
    bool operator==(const CopartitionGroup&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("SourceTopics", source_topics);
      v.field("SourceTopicRegex", source_topic_regex);
      v.field("RepartitionSourceTopics", repartition_source_topics);
    }
  };

  struct Subtopology {
    std::string subtopology_id;
    std::vector<std::string> source_topics;
    std::vector<std::string> source_topic_regex;
    std::vector<TopicInfo> state_changelog_topics;
    std::vector<std::string> repartition_sink_topics;
    std::vector<TopicInfo> repartition_source_topics;
    std::vector<CopartitionGroup> copartition_groups;
    bool operator==(const Subtopology&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("SubtopologyId", subtopology_id);
      v.field("SourceTopics", source_topics);
      v.field("SourceTopicRegex", source_topic_regex);
      v.field("StateChangelogTopics", state_changelog_topics);
      v.field("RepartitionSinkTopics", repartition_sink_topics);
      v.field("RepartitionSourceTopics", repartition_source_topics);
      v.field("CopartitionGroups", copartition_groups);
    }
  };

  struct Topology {
    int32_t epoch = 0;
    std::vector<Subtopology> subtopologies;
    bool operator==(const Topology&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Epoch", epoch);
      v.field("Subtopologies", subtopologies);
    }
  };

  std::string group_id;
  std::string member_id;
  int32_t member_epoch = 0;
  int32_t endpoint_information_epoch = 0;
  std::optional<std::string> instance_id;
  std::optional<std::string> rack_id;
  int32_t rebalance_timeout_ms = -1;
  std::optional<Topology> topology;
  std::optional<std::vector<TaskIds>> active_tasks;
  std::optional<std::vector<TaskIds>> standby_tasks;
  std::optional<std::vector<TaskIds>> warmup_tasks;
  std::optional<std::string> process_id;
  std::optional<Endpoint> user_endpoint;
  std::optional<std::vector<KeyValue>> client_tags;
  std::optional<std::vector<TaskOffset>> task_offsets;
  std::optional<std::vector<TaskOffset>> task_end_offsets;
  bool shutdown_application = false;
  bool operator==(const StreamsGroupHeartbeatRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("GroupId", group_id);
    v.field("MemberId", member_id);
    v.field("MemberEpoch", member_epoch);
    v.field("EndpointInformationEpoch", endpoint_information_epoch);
    v.field("InstanceId", instance_id, always().nullable());
    v.field("RackId", rack_id, always().nullable());
    v.field("RebalanceTimeoutMs", rebalance_timeout_ms);
    v.field("Topology", topology, always().nullable());
    v.field("ActiveTasks", active_tasks, always().nullable());
    v.field("StandbyTasks", standby_tasks, always().nullable());
    v.field("WarmupTasks", warmup_tasks, always().nullable());
    v.field("ProcessId", process_id, always().nullable());
    v.field("UserEndpoint", user_endpoint, always().nullable());
    v.field("ClientTags", client_tags, always().nullable());
    v.field("TaskOffsets", task_offsets, always().nullable());
    v.field("TaskEndOffsets", task_end_offsets, always().nullable());
    v.field("ShutdownApplication", shutdown_application);
  }
};

/// Tasks of the member and where they may be queried (KIP-1071).
struct StreamsGroupHeartbeatResponse {
  static constexpr int16_t kApiKey = 88;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  struct Status {
    int8_t status_code = 0;
    std::string status_detail;
    bool operator==(const Status&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("StatusCode", status_code);
      v.field("StatusDetail", status_detail);
    }
  };

  struct TopicPartition {
    std::string topic;
    std::vector<int32_t> partitions;
    bool operator==(const TopicPartition&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Topic", topic);
      v.field("Partitions", partitions);
    }
  };

  struct TaskIds {
    std::string subtopology_id;
    std::vector<int32_t> partitions;
    bool operator==(const TaskIds&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("SubtopologyId", subtopology_id);
      v.field("Partitions", partitions);
    }
  };

  struct Endpoint {
    std::string host;
    uint16_t port = 0;
    bool operator==(const Endpoint&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Host", host);
      v.field("Port", port);
    }
  };

  struct EndpointToPartitions {
    Endpoint user_endpoint;
    std::vector<TopicPartition> active_partitions;
    std::vector<TopicPartition> standby_partitions;
    bool operator==(const EndpointToPartitions&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("UserEndpoint", user_endpoint);
      v.field("ActivePartitions", active_partitions);
      v.field("StandbyPartitions", standby_partitions);
    }
  };

  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  std::optional<std::string> error_message;
  std::string member_id;
  int32_t member_epoch = 0;
  int32_t heartbeat_interval_ms = 0;
  int32_t acceptable_recovery_lag = 0;
  int32_t task_offset_interval_ms = 0;
  std::optional<std::vector<Status>> status{std::in_place};
  std::optional<std::vector<TaskIds>> active_tasks;
  std::optional<std::vector<TaskIds>> standby_tasks;
  std::optional<std::vector<TaskIds>> warmup_tasks;
  int32_t endpoint_information_epoch = 0;
  std::optional<std::vector<EndpointToPartitions>> partitions_by_user_endpoint;
  bool operator==(const StreamsGroupHeartbeatResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("ErrorCode", error_code);
    v.field("ErrorMessage", error_message, always().nullable());
    v.field("MemberId", member_id);
    v.field("MemberEpoch", member_epoch);
    v.field("HeartbeatIntervalMs", heartbeat_interval_ms);
    v.field("AcceptableRecoveryLag", acceptable_recovery_lag);
    v.field("TaskOffsetIntervalMs", task_offset_interval_ms);
    v.field("Status", status, always().nullable());
    v.field("ActiveTasks", active_tasks, always().nullable());
    v.field("StandbyTasks", standby_tasks, always().nullable());
    v.field("WarmupTasks", warmup_tasks, always().nullable());
    v.field("EndpointInformationEpoch", endpoint_information_epoch);
    v.field("PartitionsByUserEndpoint", partitions_by_user_endpoint, always().nullable());
  }
};

}  // namespace weir::wire
