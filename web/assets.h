#pragma once
#include <span>
#include <string_view>

namespace weir::web {

/// One file of the dashboard as it lies in the binary.
struct Asset {
  std::string_view path;  // "/index.html", "/assets/index-4f3a.js"
  std::string_view content_type;
  std::string_view body;
  std::string_view gzip;  // empty: not worth it
  std::string_view etag;  // with its quotes
  bool hashed;            // the name changes with the content: may be kept for ever
};

/// Generated from web/ui by embed.mjs, or the page of assets_off.cc when built with WEIR_UI=OFF.
std::span<const Asset> assets();

/// The file to send for a request path, or nullptr. The pages of the dashboard ("/", "/topics/orders", …) are all
/// index.html.
const Asset* find_asset(std::string_view path);

}  // namespace weir::web
