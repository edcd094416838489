#include "base/util/check.h"

#include <execinfo.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace weir::check_detail {

void fail(const char* file, int line, const char* condition, const std::string& why) {
  std::fprintf(stderr, "CHECK failed: %s at %s:%d: %s\n", condition, file, line, why.c_str());
  void* frames[48];
  int n = ::backtrace(frames, 48);
  ::backtrace_symbols_fd(frames, n, STDERR_FILENO);
  std::abort();
}

}  // namespace weir::check_detail
