#include "base/wire/apis.h"
#include "broker/api/dispatch.h"
#include "broker/api/handlers.h"

namespace weir::broker {
namespace {
struct FeatureRange {
  const char* name;
  int16_t min, max;
};
// What this build can do; the finalized levels are the cluster's (metadata image).
constexpr FeatureRange kSupported[] = {{"metadata.version", 7, 29},
                                       {"kraft.version", 0, 1},
                                       {"group.version", 0, 0},
                                       {"transaction.version", 0, 0},
                                       {"eligible.leader.replicas.version", 0, 1}};
}  // namespace

WEIR_API(ApiVersions, api_versions) {
  if (request.version() >= 3) {
    request.connection->client_software_name = body.client_software_name;
    request.connection->client_software_version = body.client_software_version;
  }
  wire::ApiVersionsResponse response;
  for (const wire::ApiRow& row : wire::all_apis()) {
    ServedRange range = served(row.key);
    if (range.max < range.min || !row.advertised()) continue;
    response.api_keys.push_back({row.key, row.min, row.max});
  }
  for (const FeatureRange& f : kSupported) {
    // A minimum of 0 cannot be read by clients of version 3 (KAFKA-17011).
    if (f.max == 0 || (request.version() < 4 && f.min == 0)) continue;
    response.supported_features.push_back({f.name, f.min, f.max});
  }
  response.finalized_features_epoch = request.image().offset;
  for (const auto& [name, level] : request.image().features) {
    if (level > 0) response.finalized_features.push_back({name, level, level});
  }
  reply(std::move(response));
}

}  // namespace weir::broker
