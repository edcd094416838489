#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/wire/field.h"

namespace weir::wire {

/// Our own API, between nodes: what a node knows of itself, for the pages of the others. Rates of -1 and ends of -1:
/// not known.
struct WeirNodeViewRequest {
  static constexpr int16_t kApiKey = 30000;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  bool operator==(const WeirNodeViewRequest&) const = default;
  template <class V>
  void fields(V&) {}
};

struct WeirNodeViewResponse {
  static constexpr int16_t kApiKey = 30000;
  static constexpr int16_t kMinVersion = 0;
  static constexpr int16_t kMaxVersion = 0;
  static constexpr int16_t kFlexibleSince = 0;

  struct PartitionState {
    struct ReplicaState {
      int32_t broker = 0;
      int64_t durable_end = -1;
      int64_t caught_up_ago_ms = -1;
      bool operator==(const ReplicaState&) const = default;
      template <class V>
      void fields(V& v) {
        v.field("Broker", broker);
        v.field("DurableEnd", durable_end);
        v.field("CaughtUpAgoMs", caught_up_ago_ms);
      }
    };

    std::string topic;
    int32_t partition = 0;
    bool leads = false;
    int32_t leader_epoch = 0;
    int64_t log_start = 0;
    int64_t high_watermark = 0;
    int64_t durable = 0;
    int64_t log_end = 0;
    int64_t size_bytes = 0;
    double records_in_rate = -1;
    double bytes_in_rate = -1;
    double bytes_out_rate = -1;
    std::vector<ReplicaState> replicas;
    bool operator==(const PartitionState&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Topic", topic);
      v.field("Partition", partition);
      v.field("Leads", leads);
      v.field("LeaderEpoch", leader_epoch);
      v.field("LogStart", log_start);
      v.field("HighWatermark", high_watermark);
      v.field("Durable", durable);
      v.field("LogEnd", log_end);
      v.field("SizeBytes", size_bytes);
      v.field("RecordsInRate", records_in_rate);
      v.field("BytesInRate", bytes_in_rate);
      v.field("BytesOutRate", bytes_out_rate);
      v.field("Replicas", replicas);
    }
  };

  struct GroupState {
    struct Assigned {
      std::string topic;
      int32_t partition = 0;
      bool operator==(const Assigned&) const = default;
      template <class V>
      void fields(V& v) {
        v.field("Topic", topic);
        v.field("Partition", partition);
      }
    };

    struct Member {
      std::string member_id;
      std::string client_id;
      std::string client_host;
      std::optional<std::string> instance_id;
      std::vector<Assigned> assigned;
      bool operator==(const Member&) const = default;
      template <class V>
      void fields(V& v) {
        v.field("MemberId", member_id);
        v.field("ClientId", client_id);
        v.field("ClientHost", client_host);
        v.field("InstanceId", instance_id, always().nullable());
        v.field("Assigned", assigned);
      }
    };

    struct CommittedOffset {
      std::string topic;
      int32_t partition = 0;
      int64_t committed = 0;
      bool operator==(const CommittedOffset&) const = default;
      template <class V>
      void fields(V& v) {
        v.field("Topic", topic);
        v.field("Partition", partition);
        v.field("Committed", committed);
      }
    };

    std::string group_id;
    std::string state;
    std::string protocol_type;
    std::string protocol;
    int32_t generation = 0;
    std::vector<Member> members;
    std::vector<CommittedOffset> offsets;
    bool operator==(const GroupState&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("GroupId", group_id);
      v.field("State", state);
      v.field("ProtocolType", protocol_type);
      v.field("Protocol", protocol);
      v.field("Generation", generation);
      v.field("Members", members);
      v.field("Offsets", offsets);
    }
  };

  struct QuorumReplica {
    int32_t id = 0;
    bool voter = false;
    int64_t log_end = -1;
    int64_t lag = -1;
    int64_t caught_up_ago_ms = -1;
    bool operator==(const QuorumReplica&) const = default;
    template <class V>
    void fields(V& v) {
      v.field("Id", id);
      v.field("Voter", voter);
      v.field("LogEnd", log_end);
      v.field("Lag", lag);
      v.field("CaughtUpAgoMs", caught_up_ago_ms);
    }
  };

  int16_t error_code = 0;
  int32_t node_id = 0;
  int64_t rss_bytes = 0;
  double cpu_ratio = -1;
  int64_t uptime_ms = 0;
  int32_t connections = 0;
  std::string io_backend;
  std::string version;
  std::string http_url;
  int64_t disk_used_bytes = 0;
  int64_t disk_free_bytes = -1;
  double requests_rate = -1;
  int64_t produce_p99_us = -1;
  int64_t sync_p99_us = -1;
  std::vector<QuorumReplica> quorum;  // from the quorum's leader alone
  std::vector<PartitionState> partitions;
  std::vector<GroupState> groups;
  bool operator==(const WeirNodeViewResponse&) const = default;
  template <class V>
  void fields(V& v) {
    v.field("ErrorCode", error_code);
    v.field("NodeId", node_id);
    v.field("RssBytes", rss_bytes);
    v.field("CpuRatio", cpu_ratio);
    v.field("UptimeMs", uptime_ms);
    v.field("Connections", connections);
    v.field("IoBackend", io_backend);
    v.field("Version", version);
    v.field("HttpUrl", http_url);
    v.field("DiskUsedBytes", disk_used_bytes);
    v.field("DiskFreeBytes", disk_free_bytes);
    v.field("RequestsRate", requests_rate);
    v.field("ProduceP99Us", produce_p99_us);
    v.field("SyncP99Us", sync_p99_us);
    v.field("Quorum", quorum);
    v.field("Partitions", partitions);
    v.field("Groups", groups);
  }
};

}  // namespace weir::wire
