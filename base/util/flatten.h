#pragma once
#include "base/util/buffer.h"

namespace weir {

/// The chain in one piece; a chain of one is not copied.
Buffer flatten(const BufferChain& chain);

}  // namespace weir
