#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/util/result.h"

namespace weir {

/// Kafka's Uuid: 16 bytes, written as 22 characters of URL-safe base64 without padding.
struct Uuid {
  std::array<uint8_t, 16> bytes{};
  auto operator<=>(const Uuid&) const = default;
  bool is_zero() const { return *this == Uuid{}; }
  std::string to_string() const;
  /// Errors: invalid_argument.
  static Result<Uuid> parse(std::string_view text);
  /// A version 4 uuid of 128 random bits; never zero, never the reserved one of the metadata topic, text never starts
  /// with '-'.
  static Uuid from_random(uint64_t high, uint64_t low);
};

/// The id of `__cluster_metadata` (Kafka: Uuid.METADATA_TOPIC_ID).
inline constexpr Uuid kMetadataTopicId{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};

}  // namespace weir

template <>
struct std::hash<weir::Uuid> {
  size_t operator()(const weir::Uuid& u) const noexcept {
    size_t h = 0;
    for (int i = 0; i < 16; i += 8) {
      uint64_t v = 0;
      __builtin_memcpy(&v, u.bytes.data() + i, 8);
      h = (h ^ v) * 0x9E3779B97F4A7C15ull;
    }
    return h;
  }
};
