#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// State, members and assignments of new consumer groups (KIP-848).
struct ConsumerGroupDescribeRequest {
  static constexpr int16_t kApiKey = 69;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 1;
  static constexpr int16_t kFlexibleSince = 0;

  std::vector<std::string> group_ids;
  bool include_authorized_operations = false;
  bool operator==(const ConsumerGroupDescribeRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("GroupIds", group_ids);
    v.field("IncludeAuthorizedOperations", include_authorized_operations);
  }
};

struct ConsumerGroupDescribeResponse {
  static constexpr int16_t kApiKey = 69;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 1;
  static constexpr int16_t kFlexibleSince = 0;

  struct TopicPartitions {
    weir::Uuid topic_id;
    std::string topic_name;
    std::vector<int32_t> partitions;
    bool operator==(const TopicPartitions&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("TopicId", topic_id);
      v.field("TopicName", topic_name);
      v.field("Partitions", partitions);
    }
  };

  struct Assignment {
    std::vector<TopicPartitions> topic_partitions;
    bool operator==(const Assignment&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("TopicPartitions", topic_partitions);
    }
  };

  struct Member {
    std::string member_id;
    std::optional<std::string> instance_id;
    std::optional<std::string> rack_id;
    int32_t member_epoch = 0;
    std::string client_id;
    std::string client_host;
    std::vector<std::string> subscribed_topic_names;
    std::optional<std::string> subscribed_topic_regex;
    Assignment assignment;
    Assignment target_assignment;
    int8_t member_type = -1;
    bool operator==(const Member&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("MemberId", member_id);
      v.field("InstanceId", instance_id, always().nullable());
      v.field("RackId", rack_id, always().nullable());
      v.field("MemberEpoch", member_epoch);
      v.field("ClientId", client_id);
      v.field("ClientHost", client_host);
      v.field("SubscribedTopicNames", subscribed_topic_names);
      v.field("SubscribedTopicRegex", subscribed_topic_regex, always().nullable());
      v.field("Assignment", assignment);
      v.field("TargetAssignment", target_assignment);
      v.field("MemberType", member_type, since(1));
    }
  };

  struct DescribedGroup {
    int16_t error_code = 0;
    std::optional<std::string> error_message;
    std::string group_id;
    std::string group_state;
    int32_t group_epoch = 0;
    int32_t assignment_epoch = 0;
    std::string assignor_name;
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
      v.field("AssignorName", assignor_name);
      v.field("Members", members);
      v.field("AuthorizedOperations", authorized_operations);
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<DescribedGroup> groups;
  bool operator==(const ConsumerGroupDescribeResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("Groups", groups);
  }
};

}  // namespace weir::wire
