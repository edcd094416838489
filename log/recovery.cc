#include "base/util/diag.h"
#include "log/log_set_impl.h"

namespace weir::log {

Status LogSetImpl::start(RecoveryReport& report) {
  report_ = &report;
  if (memory_only()) return {};
  return Error(ErrorCode::unsupported, "log set", "files come with the next commit");
}

}  // namespace weir::log
