#include "base/io/backends/make_runtime.h"

#include <sys/utsname.h>

#include "base/io/posix/posix_runtime.h"
#include "base/io/uring/uring_runtime.h"

namespace weir::io {

namespace {
/// "6.18" of "6.18.44-distribution".
std::string kernel_version() {
  utsname name;
  if (::uname(&name) != 0) return "unknown";
  const std::string release = name.release;
  const size_t dot = release.find('.');
  return release.substr(0, dot == std::string::npos ? dot : release.find_first_not_of("0123456789", dot + 1));
}

Result<std::unique_ptr<Runtime>> posix(std::string& why, std::string reason) {
  TRY_ASSIGN(auto runtime, make_posix_runtime());
  why = std::move(reason);
  return std::unique_ptr<Runtime>(std::move(runtime));
}
}  // namespace

Result<std::unique_ptr<Runtime>> make_runtime(IoChoice choice, std::string& why) {
  if (choice == IoChoice::posix) return posix(why, "posix: as configured");
  auto uring = make_uring_runtime();
  if (uring.ok()) {
    why = "io_uring (kernel " + kernel_version() + ")";
    return std::unique_ptr<Runtime>(std::move(uring).value());
  }
  if (choice == IoChoice::io_uring) return uring.error();
  return posix(why, "posix: " + uring.error().detail);
}

IoChoice runtime_choice(const Runtime& runtime) {
  return runtime.backend() == "io_uring" ? IoChoice::io_uring : IoChoice::posix;
}

}  // namespace weir::io
