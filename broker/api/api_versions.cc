#include "base/wire/apis.h"
#include "broker/api/dispatch.h"
#include "broker/api/handlers.h"
#include "replication/controller/isr_changes.h"

namespace weir::broker {

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
  // What this build can do, as the controller takes it; the finalized levels are the cluster's (metadata image).
  auto supported = replication::supported_features();
  supported.push_back({"kraft.version", 0, 1});  // the quorum's own, not the controller's to change
  for (const replication::FeatureRange& f : supported) {
    // A minimum of 0 cannot be read by clients of version 3 (KAFKA-17011).
    if (request.version() < 4 && f.min == 0) continue;
    response.supported_features.push_back({f.name, f.min, f.max});
  }
  response.finalized_features_epoch = request.image().offset;
  for (const auto& [name, level] : request.image().features) {
    if (level > 0) response.finalized_features.push_back({name, level, level});
  }
  reply(std::move(response));
}

}  // namespace weir::broker
