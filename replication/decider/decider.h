#pragma once
#include <optional>
#include <vector>

#include "base/util/result.h"

namespace weir::replication {

/// What a decision comes to: records to append as one batch (none: nothing changes) and the response that leaves when
/// they, and all records that the decision was based on, are committed. The decision itself changes no state: replay of
/// the records does.
template <class Record, class Response>
struct Decision {
  std::vector<Record> records;
  Response response{};
};

}  // namespace weir::replication
