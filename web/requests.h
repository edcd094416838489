#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/util/result.h"
#include "web/backend.h"
#include "web/channel.h"

/// What browsers and scripts send, read from JSON. simdjson stays in the .cc file.
namespace weir::web {

/// {"op":"sub","id":1,"channel":"cluster","params":{…},"from_seq":123,"epoch":"…"} or {"op":"unsub","id":1} or
/// {"op":"ping"}.
struct LiveRequest {
  enum class Op : uint8_t { sub, unsub, ping } op = Op::ping;
  int64_t id = 0;
  std::string channel;
  SubscriptionFilter filter;
  std::optional<uint64_t> from_seq;
  std::string epoch;
};

Result<LiveRequest> parse_live_request(std::string_view text);

/// POST /v1/jobs: {"sql":"…","vars":{…}}; a body that is not JSON is taken as SQL by the route, not here.
Result<Command> parse_run_sql(std::string_view body);
/// POST /v1/topics: {"name":"…","partitions":6,"replication_factor":3,"configs":{…}}.
Result<Command> parse_create_topic(std::string_view body);

}  // namespace weir::web
