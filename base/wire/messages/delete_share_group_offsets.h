#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Forgets a share group's offsets of topics (KIP-932).
struct DeleteShareGroupOffsetsRequest {
  static constexpr int16_t kApiKey = 92;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  struct DeleteShareGroupOffsetsRequestTopic {
    std::string topic_name;
    bool operator==(const DeleteShareGroupOffsetsRequestTopic&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("TopicName", topic_name);
    }
  };

  std::string group_id;
  std::vector<DeleteShareGroupOffsetsRequestTopic> topics;
  bool operator==(const DeleteShareGroupOffsetsRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("GroupId", group_id);
    v.field("Topics", topics);
  }
};

struct DeleteShareGroupOffsetsResponse {
  static constexpr int16_t kApiKey = 92;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  struct DeleteShareGroupOffsetsResponseTopic {
    std::string topic_name;
    weir::Uuid topic_id;
    int16_t error_code = 0;
    std::optional<std::string> error_message;
    bool operator==(const DeleteShareGroupOffsetsResponseTopic&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("TopicName", topic_name);
      v.field("TopicId", topic_id);
      v.field("ErrorCode", error_code);
      v.field("ErrorMessage", error_message, always().nullable());
    }
  };

  int32_t throttle_time_ms = 0;
  int16_t error_code = 0;
  std::optional<std::string> error_message;
  std::vector<DeleteShareGroupOffsetsResponseTopic> responses;
  bool operator==(const DeleteShareGroupOffsetsResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("ErrorCode", error_code);
    v.field("ErrorMessage", error_message, always().nullable());
    v.field("Responses", responses);
  }
};

}  // namespace weir::wire
