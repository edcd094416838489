#include "replication/quorum/quorum_driver.h"

#include <algorithm>

#include "base/util/check.h"
#include "base/util/diag.h"
#include "base/util/flatten.h"
#include "base/wire/codec.h"
#include "base/wire/record_batch.h"
#include "base/wire/records/leader_change_message.h"
#include "replication/call.h"
#include "replication/faults.h"

namespace weir::replication {

namespace {

constexpr const char* kCellName = "quorum-state";
constexpr size_t kDeliverBytes = 1 << 20;
constexpr Duration kFetchBackoff{30'000'000};
constexpr Duration kProbeTimeout{200'000'000};
constexpr Duration kStopPatience{300'000'000};

// "quorum-state": version 1 (u8), epoch, voted for, leader (i32 each), little-endian.
std::vector<uint8_t> encode_cell(const ElectionCell& c) {
  std::vector<uint8_t> b(13);
  b[0] = 1;
  store_le(b.data() + 1, c.epoch);
  store_le(b.data() + 5, c.voted_for);
  store_le(b.data() + 9, c.leader);
  return b;
}
Result<ElectionCell> decode_cell(const std::vector<uint8_t>& b) {
  if (b.empty()) return ElectionCell{};
  if (b.size() != 13 || b[0] != 1) return Error(ErrorCode::malformed, "quorum-state cell");
  return ElectionCell{load_le<int32_t>(b.data() + 1), load_le<int32_t>(b.data() + 5), load_le<int32_t>(b.data() + 9)};
}

}  // namespace

/// The metadata log as the machine reads it.
class QuorumDriver::LogView final : public QuorumLog {
 public:
  explicit LogView(const log::PartitionLog& log) : log_(log) {}
  Offset end_offset() const override { return log_.log_end_offset(); }
  Offset durable_offset() const override { return log_.durable_offset(); }
  LeaderEpoch last_epoch() const override { return std::max(0, log_.latest_epoch()); }
  log::EpochEnd epoch_end(LeaderEpoch epoch) const override { return log_.epoch_end(epoch); }

 private:
  const log::PartitionLog& log_;
};

QuorumDriver::QuorumDriver(io::Runtime& runtime, log::LogSet& logs, Transport& transport, QuorumListener& listener,
                           QuorumDriverOptions options)
    : runtime_(runtime),
      logs_(logs),
      transport_(transport),
      listener_(listener),
      options_(std::move(options)),
      timer_([this] { tick(); }),
      fetch_backoff_([this] { fetch(); }),
      park_timer_([this] { wake_parked(); }),
      stop_timer_([this] {
        if (auto done = std::exchange(stopped_, nullptr)) done();
      }) {}

QuorumDriver::~QuorumDriver() {
  *alive_ = false;
  if (log_) log_->set_listener(nullptr);
}

Status QuorumDriver::start() {
  TRY_ASSIGN(ElectionCell cell, decode_cell(logs_.read_cell(kCellName)));
  TopicPartition tp{kMetadataTopic, 0};
  log_ = logs_.find(tp);
  log::LogConfig config;
  config.max_message_bytes = 256u << 20;  // a decision is one batch, whatever its size
  config.retention_ms = config.retention_bytes = -1;
  config.cleanup_delete = false;
  config.system = true;
  if (log_ == nullptr) {
    TRY_ASSIGN(log_, logs_.create(tp, kMetadataTopicId, config));
  }
  log_->set_config(config);
  log_->set_listener(this);
  log_view_ = std::make_unique<LogView>(*log_);
  if (LeaderEpoch epoch = std::max(cell.epoch, log_view_->last_epoch()); cell.epoch < 0 || epoch >= kEpochMax) {
    return Error(ErrorCode::malformed, "quorum",
                 "this node's log directory is in epoch " + std::to_string(cell.epoch < 0 ? cell.epoch : epoch) +
                     " of the metadata quorum, which no election can have reached: a foreign request has spoilt it. "
                     "Put back a copy of the directory from before, or "
                     "stop this node, empty the directory and let it catch up from a majority of healthy voters");
  }
  QuorumTiming timing{.fetch_timeout = options_.timing.fetch_timeout,
                      .election_timeout = options_.timing.election_timeout};
  state_ = std::make_unique<QuorumState>(options_.node_id, options_.voters, timing, *log_view_, runtime_.random());
  LogEnd had;
  if (auto lost = logs_.lost_end(tp)) {
    had = {lost->epoch, lost->end_offset};
    if (LogEnd{log_view_->last_epoch(), log_->log_end_offset()} < had)
      WEIR_ERROR(
          "quorum: this node lost metadata records: its log ends at {} and reached {} before. Until it has them again "
          "it neither campaigns nor votes for a node that has fewer: start the nodes that have them",
          log_->log_end_offset(), had.offset);
  }
  QuorumEffects out;
  state_->start(cell, log_->high_watermark_checkpoint(), had, runtime_.now(), out);
  out.high_watermark_moved = state_->high_watermark() > 0;
  carry_out(out);
  return {};
}

void QuorumDriver::stop(std::function<void()> done) {
  QuorumEffects out;
  state_->on_stop(runtime_.now(), out);
  end_epochs_ = static_cast<int>(out.end_epoch_to.size());
  bool wait = end_epochs_ > 0;
  if (wait) stopped_ = std::move(done);
  carry_out(out);
  if (!wait) return runtime_.defer(std::move(done));
  runtime_.arm_in(stop_timer_, kStopPatience);
}

// --- effects

void QuorumDriver::carry_out(QuorumEffects& out) {
  if (out.persist) persist_cell();
  if (out.became_leader) begin_leading();
  for (const auto& v : out.votes) send_vote(v);
  for (BrokerId to : out.begin_epoch_to) send_begin_epoch(to);
  for (BrokerId to : out.end_epoch_to) send_end_epoch(to, out);
  if (out.lost_leadership || out.leader_changed) {
    if (!state_->leads()) complete_at_ = kNoOffset;
    runtime_.disarm(fetch_backoff_);
    WEIR_INFO("quorum: {} in epoch {}, leader {}", state_->role_name(), state_->cell().epoch, state_->leader());
    tell_leader();
    schedule_wake();
  }
  if (out.high_watermark_moved) {
    log_->set_high_watermark(state_->high_watermark());
    schedule_wake();
    runtime_.defer([this, alive = alive_] {
      if (*alive) deliver();
    });
  }
  arm();
  fetch();
}

void QuorumDriver::persist_cell() {
  if (faults().vote_not_durable) return;
  cells_in_flight_++;
  logs_.write_cell(kCellName, encode_cell(state_->cell()), [this, alive = alive_](Status s) {
    if (!*alive) return;
    if (!s) return on_storage_failed(s.error());
    if (--cells_in_flight_ > 0) return;
    auto held = std::move(held_);
    held_.clear();
    for (auto& send : held) send();
  });
}

void QuorumDriver::leave(std::function<void()> send) {
  if (storage_failed_) return;  // what was promised may not be on disk: silence
  if (cells_in_flight_ > 0)
    held_.push_back(std::move(send));
  else
    send();
}

void QuorumDriver::arm() {
  if (state_->wake_at() == MonoTime::max()) return runtime_.disarm(timer_);
  if (!timer_.armed() || timer_.due() != state_->wake_at()) runtime_.arm(timer_, state_->wake_at());
}

void QuorumDriver::tick() {
  QuorumEffects out;
  state_->on_tick(runtime_.now(), out);
  carry_out(out);
}

void QuorumDriver::begin_leading() {
  const ElectionCell& cell = state_->cell();
  log_->begin_epoch(cell.epoch);
  // Version 0, as Kafka with static voters writes it: its tools take any for that (ControlRecordUtils).
  wire::LeaderChangeMessage m;
  m.leader_id = options_.node_id;
  for (const Voter& v : options_.voters.all()) m.voters.push_back({v.id, v.directory_id});
  for (BrokerId id : state_->tally().granted())
    if (const Voter* v = options_.voters.find(id)) m.granting_voters.push_back({v->id, v->directory_id});
  wire::RecordBatchBuilder batch({.leader_epoch = cell.epoch, .control = true});
  batch.append_control(wire::ControlType::leader_change, runtime_.wall_now(), wire::encode_flat(m, 0));
  auto appended = log_->append_as_leader(batch.build(), cell.epoch, log::PartitionLog::Origin::raft);
  if (!appended) return on_storage_failed(appended.error());
  complete_at_ = appended->end_offset;
}

Result<Offset> QuorumDriver::append(const std::vector<wire::MetadataRecord>& records) {
  if (!state_->leads() || storage_failed_) return Error(ErrorCode::not_controller, "append to the metadata log");
  CHECK(!records.empty(), "a batch has records");
  wire::RecordBatchBuilder batch({.leader_epoch = state_->cell().epoch});
  for (const auto& r : records)
    batch.append(runtime_.wall_now(), std::nullopt, wire::encode_metadata_record(r).bytes());
  TRY_ASSIGN(log::AppendInfo info,
             log_->append_as_leader(batch.build(), state_->cell().epoch, log::PartitionLog::Origin::raft));
  schedule_wake();
  return info.end_offset;
}

void QuorumDriver::tell_leader() {
  if (std::exchange(tell_scheduled_, true)) return;
  runtime_.defer([this, alive = alive_] {
    if (!*alive) return;
    tell_scheduled_ = false;
    listener_.on_leader(state_->leader(), state_->cell().epoch, complete_at_);
    deliver();
  });
}

void QuorumDriver::on_durable(Offset) {
  QuorumEffects out;
  state_->on_durable(out);
  carry_out(out);
}

void QuorumDriver::on_storage_failed(const Error& error) {
  if (std::exchange(storage_failed_, true)) return;
  WEIR_ERROR("quorum: the metadata log's directory failed, this node takes no part any more: {}", error.message());
  held_.clear();
  QuorumEffects out;
  state_->on_stop(runtime_.now(), out);
  out.end_epoch_to.clear();
  out.persist = false;
  carry_out(out);
}

// --- fetching

void QuorumDriver::fetch() {
  BrokerId to = state_->fetch_from();
  // One at a time; but a new leader does not wait for the answer of the old one.
  bool busy = fetch_in_flight_ && fetch_to_ == to && fetch_epoch_ == state_->cell().epoch;
  if (busy || fetch_backoff_.armed() || to == kNoBroker || storage_failed_) return;
  // What is not durable yet would be fetched again.
  if (log_->durable_offset() != log_->log_end_offset()) return;
  const ElectionCell& cell = state_->cell();
  fetch_in_flight_ = true;
  fetch_to_ = to;
  fetch_epoch_ = cell.epoch;
  uint64_t number = ++fetch_number_;
  wire::FetchRequest r;
  r.cluster_id = options_.cluster_id;
  r.replica_id = r.replica_state.replica_id = options_.node_id;
  r.max_wait_ms = static_cast<int32_t>(options_.timing.fetch_wait_max.count() / 1'000'000);
  r.min_bytes = 0;
  r.max_bytes = options_.timing.fetch_bytes;
  wire::FetchRequest::FetchPartition p;
  p.current_leader_epoch = cell.epoch;
  p.fetch_offset = log_->durable_offset();
  p.last_fetched_epoch = log_view_->last_epoch();
  p.log_start_offset = log_->log_start_offset();
  p.partition_max_bytes = options_.timing.fetch_bytes;
  p.replica_directory_id = options_.directory_id;
  p.high_watermark = state_->high_watermark();
  r.topics.push_back({.topic = kMetadataTopic, .topic_id = kMetadataTopicId, .partitions = {p}});
  Offset offset = p.fetch_offset;
  leave([this, to, r = std::move(r), epoch = cell.epoch, offset, number] {
    if (number != fetch_number_) return;
    call<wire::FetchResponse>(transport_, to, Lane::quorum_fetch, r, wire::FetchRequest::kMaxVersion,
                              options_.timing.fetch_wait_max + options_.timing.request_timeout / 2,
                              [this, alive = alive_, to, epoch, offset, number](Result<wire::FetchResponse> answer) {
                                if (*alive && number == fetch_number_) fetched(to, epoch, offset, std::move(answer));
                              });
  });
}

void QuorumDriver::fetched(BrokerId from, LeaderEpoch epoch, Offset offset, Result<wire::FetchResponse> answer) {
  fetch_in_flight_ = false;
  if (!answer || answer->error_code != 0 || answer->responses.empty() || answer->responses[0].partitions.empty()) {
    state_->fetch_failed();
    if (!answer && answer.code() == ErrorCode::connection_failed) on_disconnect(from);
    return runtime_.arm_in(fetch_backoff_, kFetchBackoff);
  }
  const auto& p = answer->responses[0].partitions[0];
  FetchAnswer a{.error = static_cast<ErrorCode>(p.error_code),
                .leader = p.current_leader.leader_id,
                .epoch = p.current_leader.leader_epoch};
  if (p.diverging_epoch.epoch >= 0) a.diverging = LogEnd{p.diverging_epoch.epoch, p.diverging_epoch.end_offset};
  QuorumEffects out;
  BrokerId asked = state_->fetch_from();
  if (state_->on_fetch_answer(from, epoch, a, runtime_.now(), out)) {
    apply_fetch(p, offset, out);
  } else {
    state_->fetch_failed();
    if (state_->fetch_from() == asked) runtime_.arm_in(fetch_backoff_, kFetchBackoff);
  }
  carry_out(out);
}

void QuorumDriver::apply_fetch(const wire::FetchResponse::PartitionData& p, Offset offset, QuorumEffects& out) {
  if (p.diverging_epoch.epoch >= 0) {
    if (faults().no_truncation_by_epoch) return;
    Offset to = state_->truncation_point({p.diverging_epoch.epoch, p.diverging_epoch.end_offset});
    if (to < state_->high_watermark()) {
      return on_storage_failed({ErrorCode::corrupt_message, "metadata log",
                                "the leader asks to forget committed records: " + std::to_string(to) + " < " +
                                    std::to_string(state_->high_watermark())});
    }
    WEIR_INFO("quorum: log cut from {} to {}: epoch {} of the leader ended there", log_->log_end_offset(), to,
              p.diverging_epoch.epoch);
    if (Status s = log_->truncate_to(to); !s) on_storage_failed(s.error());
    return;
  }
  if (p.records && chain_size(*p.records) > 0 && log_->log_end_offset() == offset) {
    auto appended = log_->append_as_follower(flatten(*p.records));
    if (!appended) {
      WEIR_WARN("quorum: fetched records were refused: {}", appended.error().message());
      runtime_.arm_in(fetch_backoff_, kFetchBackoff);
      return;
    }
  }
  state_->on_leader_high_watermark(p.high_watermark, out);
}

void QuorumDriver::on_disconnect(BrokerId node) {
  if (state_->role() != QuorumRole::follower || state_->leader() != node) return;
  probe_leader();
}

void QuorumDriver::probe_leader() {
  if (std::exchange(probing_, true)) return;
  BrokerId leader = state_->leader();
  transport_.probe(leader, kProbeTimeout, [this, alive = alive_, leader](bool reachable) {
    if (!*alive) return;
    probing_ = false;
    if (reachable) return;
    state_->on_leader_gone(leader, runtime_.now());
    arm();
  });
}

// --- committed records to the listener

void QuorumDriver::deliver() {
  if (reading_ || told_ >= state_->high_watermark()) return;
  reading_ = true;
  log_->read({.from = told_, .up_to = state_->high_watermark(), .max_bytes = kDeliverBytes},
             [this, alive = alive_](Result<log::ReadResult> read) {
               if (*alive) delivered(std::move(read));
             });
}

void QuorumDriver::delivered(Result<log::ReadResult> read) {
  reading_ = false;
  if (!read) return on_storage_failed(read.error());
  Buffer flat = flatten(read->batches);
  wire::BatchIterator batches(flat.bytes());
  while (auto batch = batches.next()) {
    if (batch->end_offset() <= told_) continue;
    std::vector<wire::MetadataRecord> records;
    if (!batch->is_control()) {
      auto it = wire::RecordIterator::open(*batch);
      if (!it) return on_storage_failed(it.error());
      while (auto r = it->next()) {
        auto record = wire::decode_metadata_record(r->value.value_or(ConstBytes{}));
        if (!record) return on_storage_failed(record.error());
        records.push_back(std::move(*record));
      }
      if (!it->status()) return on_storage_failed(it->status().error());
    }
    told_ = batch->end_offset();
    listener_.on_committed(records, batch->leader_epoch(), told_);
  }
  if (!batches.status()) return on_storage_failed(batches.status().error());
  if (told_ < state_->high_watermark() && !read->batches.empty()) {
    return runtime_.defer([this, alive = alive_] {
      if (*alive) deliver();
    });
  }
  listener_.on_caught_up(told_);
}

}  // namespace weir::replication
