#include "base/util/rng.h"

#include <sys/random.h>

#include "base/util/check.h"

namespace weir {

uint64_t system_random_seed() {
  uint64_t seed = 0;
  CHECK(::getrandom(&seed, sizeof seed, 0) == sizeof seed, "getrandom failed");
  return seed;
}

}  // namespace weir
