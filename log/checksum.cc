#include "log/checksum.h"

#if defined(__x86_64__) && __has_include(<xxh_x86dispatch.h>)
#define XXH_DISPATCH_DISABLE_REPLACE
#include <xxh_x86dispatch.h>
#define WEIR_XXH3_DISPATCH 1
#else
#include <xxhash.h>
#endif

namespace weir::log {

uint64_t xxh3(ConstBytes bytes, uint64_t seed) {
#ifdef WEIR_XXH3_DISPATCH
  return XXH3_64bits_withSeed_dispatch(bytes.data(), bytes.size(), seed);
#else
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
#endif
}

}  // namespace weir::log
