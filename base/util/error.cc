#include "base/util/error.h"

#include <cctype>

namespace weir {

std::string_view error_name(ErrorCode code) {
  switch (code) {
#define X(number, name, kind, phrase) \
  case ErrorCode::name:               \
    return #name;
#include "base/util/error_codes.def"
#undef X
  }
  return "unknown_server_error";
}

std::string error_wire_name(ErrorCode code) {
  std::string out(error_name(code));
  for (char& c : out) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

std::string_view error_phrase(ErrorCode code) {
  switch (code) {
#define X(number, name, kind, phrase) \
  case ErrorCode::name:               \
    return phrase;
#include "base/util/error_codes.def"
#undef X
  }
  return "Unknown error";
}

bool error_is_retriable(ErrorCode code) {
  enum { fatal = 0, retriable = 1 };
  switch (code) {
#define X(number, name, kind, phrase) \
  case ErrorCode::name:               \
    return kind == retriable;
#include "base/util/error_codes.def"
#undef X
  }
  return false;
}

std::string Error::message() const {
  std::string out;
  if (where[0] != '\0') out.append(where).append(": ");
  out.append(error_phrase(code));
  if (!detail.empty()) out.append(" (").append(detail).append(")");
  return out;
}

}  // namespace weir
