#include "web/assets.h"

namespace weir::web {
namespace {
constexpr std::string_view kPage =
    "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" "
    "content=\"width=device-width\"><title>Weir</title>"
    "<h1>Weir</h1><p>This binary was built without the dashboard (<code>-DWEIR_UI=OFF</code>).</p>"
    "<p>To build it: install node 18 or newer and npm, then <code>tools/build</code>.</p>"
    "<p>The data is here all the same: <a href=\"/v1/cluster\">/v1/cluster</a>, <a href=\"/v1/topics\">/v1/topics</a>, "
    "<a href=\"/v1/groups\">/v1/groups</a>, <a href=\"/v1/jobs\">/v1/jobs</a>, <a "
    "href=\"/v1/dashboard\">/v1/dashboard</a>, "
    "<a href=\"/metrics\">/metrics</a>.</p></html>\n";
constexpr Asset kAssets[] = {{"/index.html", "text/html; charset=utf-8", kPage, {}, "\"off-1\"", false}};
}  // namespace

std::span<const Asset> assets() { return kAssets; }

}  // namespace weir::web
