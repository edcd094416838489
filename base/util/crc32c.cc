#include "base/util/crc32c.h"

#include <isa-l/crc.h>

namespace weir {

uint32_t crc32c(ConstBytes bytes, uint32_t crc) {
  // isa-l leaves both inversions to the caller, and takes a pointer to non-const that it only reads. Its length is an
  // int.
  crc = ~crc;
  while (!bytes.empty()) {
    size_t n = bytes.size() < (1u << 30) ? bytes.size() : (1u << 30);
    crc = crc32_iscsi(const_cast<unsigned char*>(bytes.data()), static_cast<int>(n), crc);
    bytes = bytes.subspan(n);
  }
  return ~crc;
}

}  // namespace weir
