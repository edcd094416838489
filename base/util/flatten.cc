#include "base/util/flatten.h"

namespace weir {

Buffer flatten(const BufferChain& chain) {
  if (chain.size() == 1) return chain[0];
  Buffer flat = Buffer::allocate(chain_size(chain));
  size_t at = 0;
  for (const Buffer& b : chain) {
    if (!b.empty()) std::memcpy(flat.data() + at, b.data(), b.size());
    at += b.size();
  }
  return flat;
}

}  // namespace weir
