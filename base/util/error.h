#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace weir {

/// All error codes: Kafka's by their numbers, ours below -100 (error_codes.def).
enum class ErrorCode : int16_t {
#define X(number, name, kind, phrase) name = number,
#include "base/util/error_codes.def"
#undef X
};

/// The identifier as in error_codes.def, e.g. "not_leader_or_follower".
std::string_view error_name(ErrorCode code);
/// Kafka's spelling, e.g. "NOT_LEADER_OR_FOLLOWER".
std::string error_wire_name(ErrorCode code);
/// One sentence for a person.
std::string_view error_phrase(ErrorCode code);
/// Whether a client may try again unchanged.
bool error_is_retriable(ErrorCode code);

/// Code, one static phrase of the place that failed, and a detail for the person who reads it.
struct Error {
  ErrorCode code = ErrorCode::unknown_server_error;
  const char* where = "";
  std::string detail;

  Error(ErrorCode c) : code(c) {}  // NOLINT: an error code is an error
  Error(ErrorCode c, const char* w) : code(c), where(w) {}
  Error(ErrorCode c, const char* w, std::string d) : code(c), where(w), detail(std::move(d)) {}
  /// "WHERE: phrase (detail)", for logs and answers.
  std::string message() const;
};

}  // namespace weir
