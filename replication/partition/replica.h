#pragma once
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/io/runtime.h"
#include "replication/partition/follower.h"
#include "replication/partition/isr.h"
#include "replication/partition/leader.h"
#include "replication/partition/partition.h"
#include "replication/partition/replica_manager.h"

namespace weir::replication {

class Replica;

/// What all replicas of a shard share. Owned by the replica manager, outlives them.
struct ReplicaEnv {
  io::Runtime& runtime;
  IsrChanger& isr_changer;
  BrokerId self = kNoBroker;
  Duration lag_max{0};
  BrokerEpoch self_epoch = -1;
  /// A follower's log became durable up to its end.
  std::function<void(Replica&)> on_follower_durable;
};

/// This node's replica of one partition: drives IsrState and ProduceWaits as leader, FollowerState as follower, around
/// the log.
class Replica final : public Partition, public std::enable_shared_from_this<Replica>, private log::LogListener {
 public:
  Replica(ReplicaEnv& env, log::PartitionLog& log);
  ~Replica() override;

  // --- roles, as the metadata says
  void lead(const PartitionImage& partition, const MetadataImage& image);
  void follow(const PartitionImage& partition);
  /// No leader known, or none of our business any more: pending produces are answered not_leader_or_follower.
  void stand_by(const PartitionImage& partition);
  void brokers_seen(const MetadataImage& image);
  void set_min_insync_replicas(int32_t n);
  /// The regular ISR check.
  void tick();
  /// Its log is about to go: nothing touches it any more. Watchers hear of it.
  void retire();
  /// The shard ends: like retire(), but nobody hears of it any more.
  void detach();

  // --- the follower's side, for the fetcher
  struct FetchPosition {
    Offset from = 0;  // durable, and the end of the log when `ready`
    LeaderEpoch last_epoch = kNoLeaderEpoch;
    Offset log_start = 0;
    bool ready = false;  // nothing is being written
  };
  FetchPosition fetch_position() const;
  /// The leader answered the fetch at `said.asked_from`. Returns how long to leave it alone.
  std::optional<Duration> leader_said(const LeaderSaid& said, Buffer records);
  /// Only news of the high watermark.
  void leader_committed(Offset high_watermark);
  bool follows() const { return role_ == Role::follower; }

  // --- Partition
  const TopicPartition& tp() const override { return tp_; }
  const Uuid& topic_id() const override { return topic_id_; }
  log::PartitionLog& log() override { return *log_; }
  const log::PartitionLog& log() const { return *log_; }
  bool leads() const override { return role_ == Role::leader; }
  LeaderEpoch leader_epoch() const override { return leader_epoch_; }
  BrokerId leader() const override { return leader_; }
  Offset high_watermark() const override { return high_watermark_; }
  Offset last_stable_offset() const override;
  Offset log_start_offset() const override { return log_ ? log_->log_start_offset() : 0; }
  Offset log_end_offset() const override { return log_ ? log_->log_end_offset() : 0; }
  PartitionView view(MonoTime now) const override;
  ErrorCode check_leader_epoch(LeaderEpoch epoch, bool must_lead) const override;
  void produce(Buffer batches, int16_t acks, Duration timeout, log::PartitionLog::Origin origin,
               std::function<void(Result<ProduceOutcome>)> done) override;
  void read(Offset from, size_t max_bytes, bool at_least_one, Isolation isolation,
            std::function<void(Result<log::ReadResult>)> done) override;
  Status follower_fetched(BrokerId follower, BrokerEpoch broker_epoch, Offset from) override;
  void watch(PartitionWatcher& watcher) override;
  void unwatch(PartitionWatcher& watcher) override;

  const IsrState* isr_state() const { return isr_ ? &*isr_ : nullptr; }
  PartitionEpoch partition_epoch() const { return isr_ ? isr_->partition_epoch() : partition_epoch_; }

 private:
  enum class Role : uint8_t { none, leader, follower };
  struct Pending {
    ProduceOutcome outcome;
    std::function<void(Result<ProduceOutcome>)> done;
  };

  void on_durable(Offset durable) override;
  void on_storage_failed(const Error& error) override;

  void own_progress();
  void carry_out(IsrEffects& effects);
  void send_proposal(std::vector<IsrMember> members);
  void finish(const std::vector<ProduceWaits::Done>& done);
  void set_role(Role role, const PartitionImage& partition);
  void set_high_watermark(Offset hw);
  void notify();
  void notify_now();
  void arm();
  void woke();

  ReplicaEnv& env_;
  const TopicPartition tp_;
  const Uuid topic_id_;
  log::PartitionLog* log_;  // null once retired
  Role role_ = Role::none;
  BrokerId leader_ = kNoBroker;
  LeaderEpoch leader_epoch_ = kNoLeaderEpoch;
  PartitionEpoch partition_epoch_ = -1;
  std::vector<BrokerId> isr_seen_;
  Offset high_watermark_;
  int32_t min_insync_replicas_ = 1;
  bool storage_failed_ = false;
  std::optional<IsrState> isr_;  // leader
  ProduceWaits waits_;
  std::unordered_map<ProduceWaits::Id, Pending> pending_;
  FollowerState following_;
  io::Timer timer_;
  std::vector<PartitionWatcher*> watchers_;
  bool notify_scheduled_ = false;
  bool notifying_ = false;
};

}  // namespace weir::replication
