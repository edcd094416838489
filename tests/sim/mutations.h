#pragma once
#include <string>
#include <vector>

#include "base/util/result.h"

namespace weir::sim {

/// Deliberate bugs in the shipped code, behind switches (log/faults.h, replication/faults.h). Each must be caught by the checkers.
struct Mutation {
  const char* name;
  const char* what;
  bool& (*flag)();
};
const std::vector<Mutation>& mutations();
/// Turns all off, and the named one on (empty: none). Errors: invalid_argument.
Status set_mutation(const std::string& name);

}  // namespace weir::sim
