#pragma once
#include "base/wire/messages/elect_leaders.h"
#include "replication/controller/controller_state.h"

namespace weir::replication {

/// Preferred leaders (type 0), or where nobody leads any replica that is there (type 1, KIP-460: what it lacks is
/// lost).
Result<ControllerDecision<wire::ElectLeadersResponse>> decide(const ControllerContext& c,
                                                              const wire::ElectLeadersRequest& r);

}  // namespace weir::replication
