#pragma once
#include <string_view>

namespace weir {

/// What `weir --version` and the pages show.
inline constexpr std::string_view kVersion = "0.1";

}  // namespace weir
