#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// State, topology and members of streams groups (KIP-1071).
struct StreamsGroupDescribeRequest {
  static constexpr int16_t kApiKey = 89;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  std::vector<std::string> group_ids;
  bool include_authorized_operations = false;
  bool operator==(const StreamsGroupDescribeRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("GroupIds", group_ids);
    v.field("IncludeAuthorizedOperations", include_authorized_operations);
  }
};

struct StreamsGroupDescribeResponse {
  static constexpr int16_t kApiKey = 89;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

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

  struct Assignment {
    std::vector<TaskIds> active_tasks;
    std::vector<TaskIds> standby_tasks;
    std::vector<TaskIds> warmup_tasks;
    bool operator==(const Assignment&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("ActiveTasks", active_tasks);
      v.field("StandbyTasks", standby_tasks);
      v.field("WarmupTasks", warmup_tasks);
    }
  };

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

  struct Subtopology {
    std::string subtopology_id;
    std::vector<std::string> source_topics;
    std::vector<std::string> repartition_sink_topics;
    std::vector<TopicInfo> state_changelog_topics;
    std::vector<TopicInfo> repartition_source_topics;
    bool operator==(const Subtopology&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("SubtopologyId", subtopology_id);
      v.field("SourceTopics", source_topics);
      v.field("RepartitionSinkTopics", repartition_sink_topics);
      v.field("StateChangelogTopics", state_changelog_topics);
      v.field("RepartitionSourceTopics", repartition_source_topics);
    }
  };

  struct Topology {
    int32_t epoch = 0;
    std::optional<std::vector<Subtopology>> subtopologies;
    bool operator==(const Topology&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Epoch", epoch);
      v.field("Subtopologies", subtopologies, always().nullable());
    }
  };

  struct Member {
    std::string member_id;
    int32_t member_epoch = 0;
    std::optional<std::string> instance_id;
    std::optional<std::string> rack_id;
    std::string client_id;
    std::string client_host;
    int32_t topology_epoch = 0;
    std::string process_id;
    std::optional<Endpoint> user_endpoint;
    std::vector<KeyValue> client_tags;
    std::vector<TaskOffset> task_offsets;
    std::vector<TaskOffset> task_end_offsets;
    Assignment assignment;
    Assignment target_assignment;
    bool is_classic = false;
    bool operator==(const Member&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("MemberId", member_id);
      v.field("MemberEpoch", member_epoch);
      v.field("InstanceId", instance_id, always().nullable());
      v.field("RackId", rack_id, always().nullable());
      v.field("ClientId", client_id);
      v.field("ClientHost", client_host);
      v.field("TopologyEpoch", topology_epoch);
      v.field("ProcessId", process_id);
      v.field("UserEndpoint", user_endpoint, always().nullable());
      v.field("ClientTags", client_tags);
      v.field("TaskOffsets", task_offsets);
      v.field("TaskEndOffsets", task_end_offsets);
      v.field("Assignment", assignment);
      v.field("TargetAssignment", target_assignment);
      v.field("IsClassic", is_classic);
    }
  };

  struct DescribedGroup {
    int16_t error_code = 0;
    std::optional<std::string> error_message;
    std::string group_id;
    std::string group_state;
    int32_t group_epoch = 0;
    int32_t assignment_epoch = 0;
    std::optional<Topology> topology;
    std::vector<Member> members;
    int32_t authorized_operations = INT32_MIN;
    bool operator==(const DescribedGroup&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("ErrorCode", error_code);
      v.field("ErrorMessage", error_message, always().nullable());
      v.field("GroupId", group_id);
      v.field("GroupState", group_state);
      v.field("GroupEpoch", group_epoch);
      v.field("AssignmentEpoch", assignment_epoch);
      v.field("Topology", topology, always().nullable());
      v.field("Members", members);
      v.field("AuthorizedOperations", authorized_operations);
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<DescribedGroup> groups;
  bool operator==(const StreamsGroupDescribeResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("Groups", groups);
  }
};

}  // namespace weir::wire
