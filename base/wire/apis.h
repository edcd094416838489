#pragma once
#include <span>
#include <string_view>

#include "base/wire/field.h"

namespace weir::wire {

/// API keys by name (apis.def): ApiKey::Fetch.
enum class ApiKey : int16_t {
#define API(key, Name, snake, min, max, flexible_since, flags) Name = key,
#include "base/wire/apis.def"
#undef API
};

enum ApiFlag : uint8_t {
  kOnBroker = 1,      // taken on client listeners
  kOnController = 2,  // taken on the controller listener
  kHidden = 4,        // known, but not in the ApiVersions answer of a broker
};

/// One row of apis.def.
struct ApiRow {
  int16_t key;
  std::string_view name;        // Kafka's, e.g. "ListOffsets"
  std::string_view snake_name;  // for metrics and files, e.g. "list_offsets"
  int16_t min;                  // what ApiVersions says
  int16_t max;
  int16_t flexible_since;
  uint8_t flags;

  /// Whether a broker tells clients of it (on a client listener; a controller listener advertises all it takes).
  bool advertised() const { return (flags & kOnBroker) && !(flags & kHidden); }
  /// Header versions: KIP-482; an ApiVersions response always has header 0, so that a client of any version reads it
  /// (KIP-511).
  int16_t request_header_version(int16_t version) const { return version >= flexible_since ? 2 : 1; }
  int16_t response_header_version(int16_t version) const { return key != 18 && version >= flexible_since ? 1 : 0; }
};

/// All rows, by rising key.
std::span<const ApiRow> all_apis();
/// nullptr when we have no messages for `key`.
const ApiRow* find_api(int16_t key);

}  // namespace weir::wire
