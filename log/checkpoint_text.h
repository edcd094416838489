#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/util/result.h"
#include "base/util/topic_partition.h"
#include "base/util/types.h"

namespace weir::log {

/// Kafka's text checkpoints: a version line (0), a count line, then that many lines of fields split by one space.
Result<std::vector<std::vector<std::string>>> checkpoint_lines(std::string_view text, const char* what);
Result<int64_t> parse_number(std::string_view text);

/// "topic partition offset" lines of the three *-offset-checkpoint files.
using OffsetMap = std::map<TopicPartition, Offset>;
std::string offsets_to_text(const OffsetMap& offsets);
Result<OffsetMap> offsets_from_text(std::string_view text, const char* what);

}  // namespace weir::log
