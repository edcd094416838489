#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/util/buffer.h"
#include "base/util/uuid.h"
#include "base/wire/field.h"

namespace weir::wire {

/// Topics by name, from version 6 by name or id (KIP-516).
struct DeleteTopicsRequest {
  static constexpr int16_t kApiKey = 20;
  static constexpr int16_t kMinVersion = 1;
  static constexpr int16_t kMaxVersion = 6;
  static constexpr int16_t kFlexibleSince = 4;

  struct DeleteTopicState {
    std::optional<std::string> name;
    weir::Uuid topic_id;
    bool operator==(const DeleteTopicState&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name, since(6).nullable());
      v.field("TopicId", topic_id, since(6));
    }
  };

  std::vector<DeleteTopicState> topics;
  std::vector<std::string> topic_names;
  int32_t timeout_ms = 0;
  bool operator==(const DeleteTopicsRequest&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("Topics", topics, since(6));
    v.field("TopicNames", topic_names, between(1, 5));
    v.field("TimeoutMs", timeout_ms);
  }
};

struct DeleteTopicsResponse {
  static constexpr int16_t kApiKey = 20;
  static constexpr int16_t kMinVersion = 1;
  static constexpr int16_t kMaxVersion = 6;
  static constexpr int16_t kFlexibleSince = 4;

  struct DeletableTopicResult {
    std::optional<std::string> name{std::in_place};
    weir::Uuid topic_id;
    int16_t error_code = 0;
    std::optional<std::string> error_message;
    bool operator==(const DeletableTopicResult&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Name", name, always().nullable(6));
      v.field("TopicId", topic_id, since(6));
      v.field("ErrorCode", error_code);
      v.field("ErrorMessage", error_message, since(5).nullable());
    }
  };

  int32_t throttle_time_ms = 0;
  std::vector<DeletableTopicResult> responses;
  bool operator==(const DeleteTopicsResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ThrottleTimeMs", throttle_time_ms);
    v.field("Responses", responses);
  }
};

}  // namespace weir::wire
