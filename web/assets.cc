#include "web/assets.h"

#include <algorithm>
#include <array>

namespace weir::web {

const Asset* find_asset(std::string_view path) {
  auto by_path = [](std::string_view wanted) -> const Asset* {
    for (const auto& asset : assets()) {
      if (asset.path == wanted) return &asset;
    }
    return nullptr;
  };
  if (const Asset* exact = by_path(path)) return exact;
  static constexpr std::array<std::string_view, 6> kPages = {"cluster", "replication", "topics",
                                                             "groups",  "jobs",        "wall"};
  if (!path.starts_with('/')) return nullptr;
  std::string_view first = path.substr(
      1, path.find('/', 1) == std::string_view::npos ? std::string_view::npos : path.find('/', 1) - 1);
  bool page = path == "/" || std::find(kPages.begin(), kPages.end(), first) != kPages.end();
  return page ? by_path("/index.html") : nullptr;
}

}  // namespace weir::web
