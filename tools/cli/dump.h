#pragma once
#include <string>
#include <string_view>

#include "base/util/bytes.h"
#include "base/util/result.h"

namespace weir::cli {

struct DumpOptions {
  bool records = false;   // each record, not only the batches
  bool metadata = false;  // values are records of __cluster_metadata
  bool json = false;      // one object per batch
};

/// Text of a segment's batches, handed out in pieces to `print`. Zeros at the end (room set aside, never written) are
/// named, not complained of. Errors: corrupt_message and its like with the position in the file; what stands before it
/// has been printed.
Status dump_segment(ConstBytes file, const DumpOptions& options, void (*print)(std::string_view));

}  // namespace weir::cli
