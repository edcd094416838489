#pragma once
#include <string>
#include <vector>

#include "base/util/result.h"

namespace weir::sim {

/// Deliberate bugs in the shipped code, behind switches (log/faults.h, replication/faults.h). Each must be caught: by
/// whole clusters with the faults in workload/mutations_test.cc, or, where it takes more chances than seeds give, by
/// the unit test named here.
struct Mutation {
  const char* name;
  const char* what;
  bool& (*flag)();
  const char* unit_test = nullptr;
};
const std::vector<Mutation>& mutations();
/// Turns all off, and the named one on (empty: none). Errors: invalid_argument.
Status set_mutation(const std::string& name);

}  // namespace weir::sim
