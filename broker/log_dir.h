#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/io/disk.h"
#include "base/util/uuid.h"
#include "replication/quorum/voter_set.h"

namespace weir::broker {

/// `meta.properties` of a log directory, as Kafka lays it out (version=1).
struct MetaProperties {
  std::string cluster_id;
  BrokerId node_id = kNoBroker;
  Uuid directory_id;
};

/// Errors: not_found when the directory is not formatted; malformed with the path for a file that is not ours.
Result<MetaProperties> read_meta_properties(io::Disk& disk, const std::string& dir);
/// Makes the directory when missing. Errors: already_exists when it is formatted (for another cluster or node, `detail`
/// says which).
Status format_log_dir(io::Disk& disk, const std::string& dir, const MetaProperties& meta,
                      const std::vector<replication::Voter>& voters);
/// The voters given at format (--initial-controllers, --standalone); empty when there were none. Lies in `weir.voters`,
/// one "ID@HOST:PORT:DIRECTORY" a line.
Result<std::vector<replication::Voter>> read_voters(io::Disk& disk, const std::string& dir);

/// "1@localhost:9093" or "1@localhost:9093:DIRECTORY-ID". Errors: invalid_argument.
Result<replication::Voter> parse_voter(std::string_view text);
/// "HOST:PORT", "[::1]:PORT". Errors: invalid_argument.
Result<io::Endpoint> parse_host_port(std::string_view text);

/// "PLAINTEXT://0.0.0.0:9092".
struct ListenerSpec {
  std::string name;
  io::Endpoint endpoint;
};
Result<ListenerSpec> parse_listener(std::string_view text);

}  // namespace weir::broker
