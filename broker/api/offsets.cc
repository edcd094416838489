#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "broker/api/handlers.h"

namespace weir::broker {
namespace {

// ListOffsets timestamps with a meaning of their own (Kafka: ListOffsetsRequest).
constexpr int64_t kLatest = -1, kEarliest = -2, kMaxTimestamp = -3, kEarliestLocal = -4, kLatestTiered = -5,
                  kEarliestPendingUpload = -6;

struct Pending {
  wire::ListOffsetsResponse response;
  size_t open = 1;
  Reply<wire::ListOffsetsResponse> reply;
  void done() {
    if (--open == 0) reply(std::move(response));
  }
};

void list_one(const ApiRequest& request, const wire::ListOffsetsRequest& body, const std::string& topic,
              const wire::ListOffsetsRequest::ListOffsetsPartition& asked, const std::shared_ptr<Pending>& p, size_t t,
              size_t i) {
  auto& out = p->response.topics[t].partitions[i];
  auto fail = [&](ErrorCode code) { out.error_code = wire_code(code); };
  replication::Partition* partition = request.node.replicas.find({topic, asked.partition_index});
  if (!partition) {
    return fail(request.image().partition({topic, asked.partition_index}) ? ErrorCode::not_leader_or_follower
                                                                          : ErrorCode::unknown_topic_or_partition);
  }
  ErrorCode code = partition->check_leader_epoch(asked.current_leader_epoch, true);
  if (code != ErrorCode::none) return fail(code);
  Offset end = body.replica_id >= 0        ? partition->log_end_offset()
               : body.isolation_level == 1 ? partition->last_stable_offset()
                                           : partition->high_watermark();
  auto answer = [&](Offset offset, WallMillis timestamp, LeaderEpoch epoch) {
    out.offset = offset, out.timestamp = timestamp, out.leader_epoch = epoch;
  };
  auto epoch_at = [&](Offset offset) { return partition->log().epoch_of(offset).value_or(partition->leader_epoch()); };
  switch (asked.timestamp) {
    case kLatest:
      return answer(end, -1, partition->leader_epoch());
    case kEarliest:
    case kEarliestLocal:
      return answer(partition->log_start_offset(), -1, epoch_at(partition->log_start_offset()));
    case kLatestTiered:
    case kEarliestPendingUpload:
      return answer(-1, -1, -1);  // there is no tiered storage
    default:
      break;
  }
  if (asked.timestamp < kEarliestPendingUpload) return fail(ErrorCode::unsupported_version);
  ++p->open;
  auto found = [p, t, i, end](Result<log::TimestampOffset> at) {
    auto& slot = p->response.topics[t].partitions[i];
    if (!at)
      slot.error_code = wire_code(at.code());
    else if (at->offset >= 0 && at->offset < end)
      slot.offset = at->offset, slot.timestamp = at->timestamp, slot.leader_epoch = at->leader_epoch;
    p->done();
  };
  if (asked.timestamp == kMaxTimestamp)
    partition->log().offset_of_max_timestamp(found);
  else
    partition->log().offset_for_timestamp(asked.timestamp, end, found);
}

}  // namespace

WEIR_API(ListOffsets, list_offsets) {
  auto p = std::make_shared<Pending>();
  p->reply = std::move(reply);
  for (const auto& topic : body.topics) {
    auto& out = p->response.topics.emplace_back();
    out.name = topic.name;
    for (const auto& asked : topic.partitions) out.partitions.emplace_back().partition_index = asked.partition_index;
  }
  // A search by timestamp may read the disk: once for each partition. Kafka refuses what is named twice.
  std::unordered_map<TopicPartition, int> named;
  for (const auto& topic : body.topics) {
    for (const auto& asked : topic.partitions) ++named[{topic.name, asked.partition_index}];
  }
  for (size_t t = 0; t < body.topics.size(); ++t) {
    for (size_t i = 0; i < body.topics[t].partitions.size(); ++i) {
      if (named[{body.topics[t].name, body.topics[t].partitions[i].partition_index}] > 1) {
        p->response.topics[t].partitions[i].error_code = wire_code(ErrorCode::invalid_request);
        continue;
      }
      list_one(request, body, body.topics[t].name, body.topics[t].partitions[i], p, t, i);
    }
  }
  p->done();
}

WEIR_API(OffsetForLeaderEpoch, offset_for_leader_epoch) {
  wire::OffsetForLeaderEpochResponse response;
  for (const auto& topic : body.topics) {
    auto& out = response.topics.emplace_back();
    out.topic = topic.topic;
    for (const auto& asked : topic.partitions) {
      auto& part = out.partitions.emplace_back();
      part.partition = asked.partition;
      replication::Partition* partition = request.node.replicas.find({topic.topic, asked.partition});
      ErrorCode code = partition ? partition->check_leader_epoch(asked.current_leader_epoch, true)
                       : request.image().partition({topic.topic, asked.partition})
                           ? ErrorCode::not_leader_or_follower
                           : ErrorCode::unknown_topic_or_partition;
      part.error_code = wire_code(code);
      if (code != ErrorCode::none) continue;
      log::EpochEnd end = partition->log().epoch_end(asked.leader_epoch);
      part.leader_epoch = end.epoch;
      part.end_offset = end.end_offset;
    }
  }
  reply(std::move(response));
}

WEIR_API(DeleteRecords, delete_records) {
  wire::DeleteRecordsResponse response;
  for (const auto& topic : body.topics) {
    auto& out = response.topics.emplace_back();
    out.name = topic.name;
    for (const auto& asked : topic.partitions) {
      auto& part = out.partitions.emplace_back();
      part.partition_index = asked.partition_index;
      part.low_watermark = -1;
      replication::Partition* partition = request.node.replicas.find({topic.name, asked.partition_index});
      if (!partition || !partition->leads()) {
        part.error_code = wire_code(request.image().partition({topic.name, asked.partition_index})
                                        ? ErrorCode::not_leader_or_follower
                                        : ErrorCode::unknown_topic_or_partition);
        continue;
      }
      Offset to = asked.offset == -1 ? partition->high_watermark() : asked.offset;
      if (to < 0 || to > partition->high_watermark()) {
        part.error_code = wire_code(ErrorCode::offset_out_of_range);
        continue;
      }
      Status s = to > partition->log_start_offset() ? partition->log().advance_log_start(to) : Status{};
      part.error_code = wire_code(s.code());
      if (s) part.low_watermark = partition->log_start_offset();
    }
  }
  reply(std::move(response));
}

WEIR_API(DescribeLogDirs, describe_log_dirs) {
  wire::DescribeLogDirsResponse response;
  auto& dir = response.results.emplace_back();
  dir.log_dir = request.node.config.log_dirs.empty() ? request.node.config.log_dir : request.node.config.log_dirs[0];
  if (request.node.logs.offline()) dir.error_code = wire_code(ErrorCode::kafka_storage_error);
  std::map<std::string, std::vector<wire::DescribeLogDirsResponse::DescribeLogDirsPartition>> topics;
  std::unordered_set<TopicPartition> asked;
  if (body.topics) {
    for (const auto& t : *body.topics) {
      for (PartitionId p : t.partitions) asked.insert({t.topic, p});
    }
  }
  for (replication::Partition* partition : request.node.replicas.all()) {
    const TopicPartition& tp = partition->tp();
    if (body.topics && !asked.contains(tp)) continue;
    topics[tp.topic].push_back(
        {tp.partition, static_cast<int64_t>(partition->log().size_bytes()),
         partition->leads() ? 0 : std::max<int64_t>(0, partition->high_watermark() - partition->log_end_offset()),
         false});
  }
  for (auto& [name, partitions] : topics) dir.topics.push_back({name, std::move(partitions)});
  if (auto free = request.node.runtime.disk().free_bytes(dir.log_dir)) dir.usable_bytes = static_cast<int64_t>(*free);
  reply(std::move(response));
}

}  // namespace weir::broker
