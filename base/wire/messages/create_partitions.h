#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Raises the count of partitions of topics (KIP-195).
struct CreatePartitionsRequest {
  static constexpr int16_t kApiKey = 37;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 3;
  static constexpr int16_t kFlexibleSince = 2;

  struct CreatePartitionsAssignment {
    std::vector<int32_t> broker_ids;
    bool operator==(const CreatePartitionsAssignment&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("BrokerIds", broker_ids);
    }
  };

  struct CreatePartitionsTopic {
    std::string name;
    int32_t count = 0;
    std::optional<std::vector<CreatePartitionsAssignment>> assignments{std::in_place};
    bool operator==(const CreatePartitionsTopic&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name);
      v.field("Count", count);
      v.field("Assignments", assignments, always().nullable());
    }
  };

  std::vector<CreatePartitionsTopic> topics;
  int32_t timeout_ms = 0;
  bool validate_only = false;
  bool operator==(const CreatePartitionsRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Topics", topics);
    v.field("TimeoutMs", timeout_ms);
    v.field("ValidateOnly", validate_only);
  }
};

struct CreatePartitionsResponse {
  static constexpr int16_t kApiKey = 37;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 3;
  static constexpr int16_t kFlexibleSince = 2;

  struct CreatePartitionsTopicResult {
    std::string name;
    int16_t error_code = 0;
    std::optional<std::string> error_message;
    bool operator==(const CreatePartitionsTopicResult&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name);
      v.field("ErrorCode", error_code);
      v.field("ErrorMessage", error_message, always().nullable());
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<CreatePartitionsTopicResult> results;
  bool operator==(const CreatePartitionsResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("Results", results);
  }
};

}  // namespace weir::wire
