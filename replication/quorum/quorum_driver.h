#pragma once
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "base/io/runtime.h"
#include "base/wire/messages/begin_quorum_epoch.h"
#include "base/wire/messages/describe_quorum.h"
#include "base/wire/messages/end_quorum_epoch.h"
#include "base/wire/messages/fetch.h"
#include "base/wire/messages/vote.h"
#include "base/wire/records/metadata_record.h"
#include "log/log_set.h"
#include "replication/quorum/quorum_options.h"
#include "replication/quorum/quorum_state.h"
#include "replication/transport.h"

namespace weir::replication {

inline constexpr const char* kMetadataTopic = "__cluster_metadata";

/// Hears what the quorum decides, on the shard's thread, never from inside a call into the driver.
class QuorumListener {
 public:
  virtual ~QuorumListener() = default;
  /// Records of one committed batch, in order, each batch once since the start.
  virtual void on_committed(const std::vector<wire::MetadataRecord>& records, LeaderEpoch epoch, Offset end_offset) = 0;
  /// Everything below `offset` has been told; there is no more for now.
  virtual void on_caught_up(Offset offset) = 0;
  /// The leader or the epoch changed; `leader` -1: none known. When it is this node, `complete_at` is the offset behind
  /// its leader change message: what is told up to there is the state to lead with.
  virtual void on_leader(BrokerId leader, LeaderEpoch epoch, Offset complete_at) = 0;
};

struct QuorumDriverOptions {
  BrokerId node_id = kNoBroker;
  std::string cluster_id;
  Uuid directory_id;
  VoterSet voters;
  QuorumOptions timing;
};

/// Carries out what QuorumState wants: votes and fetches over the Transport, the election cell and the records over the
/// LogSet, timers over the Runtime. Nothing leaves while the cell of an earlier step is not on disk. One fetch in
/// flight; it asks from the durable end, so that the leader may count it.
class QuorumDriver : private log::LogListener {
 public:
  QuorumDriver(io::Runtime& runtime, log::LogSet& logs, Transport& transport, QuorumListener& listener,
               QuorumDriverOptions options);
  ~QuorumDriver() override;

  /// Opens or makes the metadata log. Errors: the log's.
  Status start();
  /// Resigns with EndQuorumEpoch; `done` when the others answered or after a moment.
  void stop(std::function<void()> done);

  void handle(const wire::VoteRequest& request, Reply<wire::VoteResponse> reply);
  void handle(const wire::BeginQuorumEpochRequest& request, Reply<wire::BeginQuorumEpochResponse> reply);
  void handle(const wire::EndQuorumEpochRequest& request, Reply<wire::EndQuorumEpochResponse> reply);
  void handle(const wire::FetchRequest& request, int16_t version, Reply<wire::FetchResponse> reply);
  void handle(const wire::DescribeQuorumRequest& request, Reply<wire::DescribeQuorumResponse> reply);

  /// Leader only: appends the records as one batch. Errors: not_controller; the log's. Returns the log end behind them.
  Result<Offset> append(const std::vector<wire::MetadataRecord>& records);
  /// A connection to `node` broke: when it is the leader, it is probed, and its seat is contested at once when its port
  /// refuses.
  void on_disconnect(BrokerId node);

  const QuorumState& state() const { return *state_; }
  Offset log_end() const { return log_ ? log_->log_end_offset() : 0; }
  Offset durable() const { return log_ ? log_->durable_offset() : 0; }
  std::vector<QuorumReplicaView> replicas() const;

 private:
  class LogView;
  struct Parked {
    FetchAsk ask;
    Offset known_high_watermark = 0;
    int32_t max_bytes = 0;
    MonoTime deadline;
    Reply<wire::FetchResponse> reply;
  };

  void on_durable(Offset durable) override;
  void on_storage_failed(const Error& error) override;

  void carry_out(QuorumEffects& out);
  void persist_cell();
  void leave(std::function<void()> send);
  void send_vote(const QuorumEffects::Vote& vote);
  void send_begin_epoch(BrokerId to);
  void send_end_epoch(BrokerId to, const QuorumEffects& out);
  void begin_leading();
  void tell_leader();
  void arm();
  void tick();

  void fetch();
  void fetched(BrokerId from, LeaderEpoch epoch, Offset offset, Result<wire::FetchResponse> answer);
  void apply_fetch(const wire::FetchResponse::PartitionData& p, Offset offset, QuorumEffects& out);
  void probe_leader();
  void answer_fetch(Parked& p, ErrorCode error, const FetchVerdict& verdict);
  void wake_parked();
  void schedule_wake();
  wire::FetchResponse fetch_response(ErrorCode error) const;

  void deliver();
  void delivered(Result<log::ReadResult> read);

  io::Runtime& runtime_;
  log::LogSet& logs_;
  Transport& transport_;
  QuorumListener& listener_;
  const QuorumDriverOptions options_;
  log::PartitionLog* log_ = nullptr;
  std::unique_ptr<QuorumLog> log_view_;
  std::unique_ptr<QuorumState> state_;
  io::Timer timer_;
  io::Timer fetch_backoff_;
  io::Timer park_timer_;
  io::Timer stop_timer_;

  int cells_in_flight_ = 0;
  std::vector<std::function<void()>> held_;
  bool fetch_in_flight_ = false;
  BrokerId fetch_to_ = kNoBroker;
  LeaderEpoch fetch_epoch_ = 0;
  uint64_t fetch_number_ = 0;  // answers to older fetches are not looked at
  bool probing_ = false;
  bool reading_ = false;  // a read for deliver()
  bool wake_scheduled_ = false;
  bool tell_scheduled_ = false;
  bool storage_failed_ = false;
  Offset told_ = 0;                 // committed records below have gone to the listener
  Offset complete_at_ = kNoOffset;  // leader: behind the leader change message
  std::list<Parked> parked_;
  std::function<void()> stopped_;
  int end_epochs_ = 0;  // EndQuorumEpoch without an answer yet
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace weir::replication
