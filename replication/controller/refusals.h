#pragma once
#include "base/util/error.h"
#include "base/wire/messages/describe_quorum.h"
#include "replication/controller/controller.h"

namespace weir::replication {

/// An answer that says `code` for the whole request: in its top-level field, or for each item where the message has no
/// such field. And the code that such an answer carries, which is how the controller channel sees NOT_CONTROLLER.
namespace refusal_detail {
inline int16_t number(ErrorCode code) { return static_cast<int16_t>(code); }
inline std::string phrase(ErrorCode code) { return std::string(error_phrase(code)); }
}  // namespace refusal_detail

template <class Response, class Request>
Response refuse(const Request& request, ErrorCode code) {
  using refusal_detail::number;
  using refusal_detail::phrase;
  Response r;
  if constexpr (requires { r.error_code; }) r.error_code = number(code);
  if constexpr (requires { r.error_message; }) r.error_message = phrase(code);
  if constexpr (std::is_same_v<Response, wire::CreateTopicsResponse>) {
    for (const auto& t : request.topics) {
      wire::CreateTopicsResponse::CreatableTopicResult a;
      a.name = t.name;
      a.error_code = number(code);
      a.error_message = phrase(code);
      a.configs.reset();
      r.topics.push_back(std::move(a));
    }
  } else if constexpr (std::is_same_v<Response, wire::DeleteTopicsResponse>) {
    for (const auto& t : request.topics) r.responses.push_back({t.name, t.topic_id, number(code), phrase(code)});
    for (const auto& name : request.topic_names) r.responses.push_back({name, {}, number(code), phrase(code)});
  } else if constexpr (std::is_same_v<Response, wire::CreatePartitionsResponse>) {
    for (const auto& t : request.topics) r.results.push_back({t.name, number(code), phrase(code)});
  } else if constexpr (std::is_same_v<Response, wire::IncrementalAlterConfigsResponse> ||
                       std::is_same_v<Response, wire::AlterConfigsResponse>) {
    for (const auto& x : request.resources)
      r.responses.push_back({number(code), phrase(code), x.resource_type, x.resource_name});
  }
  return r;
}

template <class Response>
ErrorCode refusal_of(const Response& r) {
  int16_t code = 0;
  if constexpr (requires { r.error_code; }) code = r.error_code;
  if constexpr (std::is_same_v<Response, wire::CreateTopicsResponse>) {
    if (!r.topics.empty()) code = r.topics.front().error_code;
  } else if constexpr (std::is_same_v<Response, wire::DeleteTopicsResponse> ||
                       std::is_same_v<Response, wire::IncrementalAlterConfigsResponse> ||
                       std::is_same_v<Response, wire::AlterConfigsResponse>) {
    if (!r.responses.empty()) code = r.responses.front().error_code;
  } else if constexpr (std::is_same_v<Response, wire::CreatePartitionsResponse>) {
    if (!r.results.empty()) code = r.results.front().error_code;
  } else if constexpr (std::is_same_v<Response, wire::DescribeQuorumResponse>) {
    if (!r.topics.empty() && !r.topics.front().partitions.empty())
      code = r.topics.front().partitions.front().error_code;
  }
  return static_cast<ErrorCode>(code);
}

/// The request went to the wrong node, or to one that does not know yet: worth another try.
inline bool is_misdirected(ErrorCode code) {
  return code == ErrorCode::not_controller || code == ErrorCode::not_leader_or_follower;
}

}  // namespace weir::replication
