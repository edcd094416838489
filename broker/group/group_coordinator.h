#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/wire/messages/delete_groups.h"
#include "base/wire/messages/describe_groups.h"
#include "base/wire/messages/list_groups.h"
#include "base/wire/messages/offset_commit.h"
#include "base/wire/messages/offset_delete.h"
#include "base/wire/messages/offset_fetch.h"
#include "broker/group/classic_group.h"
#include "broker/group/offset_store.h"
#include "broker/services.h"

namespace weir::broker {

inline constexpr const char* kOffsetsTopic = "__consumer_offsets";

/// Partition of `__consumer_offsets` that a group belongs to: Kafka's abs(String.hashCode()) % partitions, over UTF-16.
PartitionId partition_of_group(const std::string& group, size_t partitions);

/// What pages show of a group.
struct GroupView {
  std::string id, state, protocol_type, protocol;
  int32_t generation = 0;
  struct MemberView {
    std::string id, client_id, host;
    std::optional<std::string> instance_id;
    std::vector<TopicPartition> assigned;
  };
  std::vector<MemberView> members;
  std::vector<std::pair<TopicPartition, Offset>> offsets;
};

/// The groups whose partition of `__consumer_offsets` this node leads. A partition is loaded when it becomes leader:
/// COORDINATOR_LOAD_IN_PROGRESS until everything that was in its log at that moment is committed and replayed. Lives on
/// the shard's thread.
class GroupCoordinator {
 public:
  GroupCoordinator(io::Runtime& runtime, const config::BrokerConfig& config);
  ~GroupCoordinator();
  void attach(Services& node) { node_ = &node; }

  /// From ReplicaManager::on_leadership, for partitions of kOffsetsTopic.
  void on_leadership(replication::Partition& partition, bool leads);
  /// Offsets of a deleted topic must not come back with a new one of its name.
  void on_topic_deleted(const std::string& topic);
  void tick();

  void join(const wire::JoinGroupRequest& request, const MemberContext& context, ClassicGroup::JoinReply reply);
  void sync(const wire::SyncGroupRequest& request, ClassicGroup::SyncReply reply);
  ErrorCode heartbeat(const wire::HeartbeatRequest& request);
  wire::LeaveGroupResponse leave(const wire::LeaveGroupRequest& request, int16_t version);
  void commit(const wire::OffsetCommitRequest& request, int16_t version,
              std::function<void(wire::OffsetCommitResponse)> reply);
  /// Answers once the groups' partitions are known to be still led here: a coordinator that stood still or was cut off
  /// may have been replaced without knowing, and must not hand out offsets that went on elsewhere.
  void fetch(const wire::OffsetFetchRequest& request, int16_t version,
             std::function<void(wire::OffsetFetchResponse)> reply);
  wire::ListGroupsResponse list(const wire::ListGroupsRequest& request);
  wire::DescribeGroupsResponse describe(const wire::DescribeGroupsRequest& request, int16_t version);
  void remove(const wire::DeleteGroupsRequest& request, std::function<void(wire::DeleteGroupsResponse)> reply);
  void remove_offsets(const wire::OffsetDeleteRequest& request, std::function<void(wire::OffsetDeleteResponse)> reply);
  std::vector<GroupView> view() const;

 private:
  struct Shard;
  struct Entry;
  /// One record for the partition's log; no value: a tombstone.
  struct Record {
    Buffer key;
    std::optional<Buffer> value;
  };

  Result<Shard*> shard_of(const std::string& group);
  Entry& entry(Shard& shard, const std::string& group);
  void after(Shard& shard, Entry& entry);
  void append(Shard& shard, std::vector<Record> records, std::function<void(ErrorCode)> done);
  /// Calls back when a record that was appended after this call is committed: nobody else led the partition when it was
  /// made.
  void confirm(std::shared_ptr<Shard> shard, std::function<void(ErrorCode)> done);
  wire::OffsetFetchResponse fetch_now(const wire::OffsetFetchRequest& request, int16_t version, ErrorCode unconfirmed);
  void load(Shard& shard, Offset end);
  void load_from(std::shared_ptr<Shard> shard, Offset from, Offset end);
  void replay(Shard& shard, ConstBytes batches);
  void unload(Shard& shard);
  void expire_offsets(Shard& shard);
  std::optional<std::string> topic_name(const std::string& name, const Uuid& id, int16_t version) const;
  wire::OffsetFetchResponse::OffsetFetchResponseGroup fetch_group(
      const wire::OffsetFetchRequest::OffsetFetchRequestGroup& asked, int16_t version, ErrorCode unconfirmed);

  io::Runtime& runtime_;
  const config::BrokerConfig& config_;
  GroupOptions options_;
  Services* node_ = nullptr;
  std::shared_ptr<size_t> kept_bytes_ = std::make_shared<size_t>(0);  // of all groups
  std::map<PartitionId, std::shared_ptr<Shard>> shards_;
  MonoTime next_expiry_;
};

}  // namespace weir::broker
