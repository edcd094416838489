#include "base/util/uuid.h"

#include <cstring>

namespace weir {
namespace {
constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

int digit(char c) {
  const char* p = std::strchr(kAlphabet, c);
  return p && c != '\0' ? static_cast<int>(p - kAlphabet) : -1;
}
}  // namespace

std::string Uuid::to_string() const {
  std::string out;
  uint32_t bits = 0;
  int have = 0;
  for (uint8_t b : bytes) {
    bits = bits << 8 | b;
    for (have += 8; have >= 6; have -= 6) out.push_back(kAlphabet[bits >> (have - 6) & 63]);
  }
  out.push_back(kAlphabet[bits << (6 - have) & 63]);
  return out;
}

Result<Uuid> Uuid::parse(std::string_view text) {
  if (text.size() != 22) return Error(ErrorCode::invalid_argument, "uuid", "22 characters of base64 expected");
  Uuid u;
  uint32_t bits = 0;
  int have = 0;
  size_t at = 0;
  for (char c : text) {
    int d = digit(c);
    if (d < 0) return Error(ErrorCode::invalid_argument, "uuid", "not URL-safe base64");
    bits = bits << 6 | static_cast<uint32_t>(d);
    have += 6;
    if (have >= 8 && at < 16) {
      u.bytes[at++] = static_cast<uint8_t>(bits >> (have - 8));
      have -= 8;
    }
  }
  return u;
}

Uuid Uuid::from_random(uint64_t high, uint64_t low) {
  Uuid u;
  std::memcpy(u.bytes.data(), &high, 8);
  std::memcpy(u.bytes.data() + 8, &low, 8);
  u.bytes[6] = static_cast<uint8_t>((u.bytes[6] & 0x0f) | 0x40);
  u.bytes[8] = static_cast<uint8_t>((u.bytes[8] & 0x3f) | 0x80);
  if (u.bytes[0] >> 2 == 62) u.bytes[0] ^= 0x80;  // text would start with '-', which tools take for an option
  return u;
}

}  // namespace weir
