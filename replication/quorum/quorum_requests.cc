#include <algorithm>

#include "base/util/check.h"
#include "replication/call.h"
#include "replication/quorum/quorum_driver.h"

// QuorumDriver's part that turns requests and responses of the quorum into steps of the machine and back.
namespace weir::replication {

namespace {

constexpr size_t kParkedMax = 4096;

int16_t number(ErrorCode code) { return static_cast<int16_t>(code); }

/// The one partition of a quorum request, or why there is none (KIP-595: these requests name exactly the metadata
/// partition).
template <class Request>
auto metadata_partition(const Request& r) -> decltype(&r.topics[0].partitions[0]) {
  if (r.topics.size() != 1 || r.topics[0].topic_name != kMetadataTopic) return nullptr;
  if (r.topics[0].partitions.size() != 1 || r.topics[0].partitions[0].partition_index != 0) return nullptr;
  return &r.topics[0].partitions[0];
}

template <class Request>
ErrorCode check_cluster(const Request& r, const std::string& cluster_id) {
  return r.cluster_id && *r.cluster_id != cluster_id ? ErrorCode::inconsistent_cluster_id : ErrorCode::none;
}

/// As Kafka judges a candidate's log: it is older than the epoch that is campaigned for; before a pre-vote it may be of
/// the current one (KIP-996).
bool sane_log(const wire::VoteRequest::PartitionData& p) {
  return p.last_offset >= 0 && p.last_offset_epoch >= 0 &&
         (p.pre_vote ? p.last_offset_epoch <= p.replica_epoch : p.last_offset_epoch < p.replica_epoch);
}

}  // namespace

// --- outgoing

void QuorumDriver::send_vote(const QuorumEffects::Vote& vote) {
  wire::VoteRequest r;
  r.cluster_id = options_.cluster_id;
  r.voter_id = vote.to;
  wire::VoteRequest::PartitionData p;
  p.replica_epoch = vote.ask.epoch;
  p.replica_id = vote.ask.candidate;
  p.replica_directory_id = options_.directory_id;
  if (const Voter* v = options_.voters.find(vote.to)) p.voter_directory_id = v->directory_id;
  p.last_offset_epoch = vote.ask.log.epoch;
  p.last_offset = vote.ask.log.offset;
  p.pre_vote = vote.ask.pre_vote;
  r.topics.push_back({kMetadataTopic, {p}});
  leave([this, r = std::move(r), vote] {
    call<wire::VoteResponse>(
        transport_, vote.to, Lane::quorum, r, wire::VoteRequest::kMaxVersion, options_.timing.election_timeout * 2,
        [this, alive = alive_, vote](Result<wire::VoteResponse> answer) {
          if (!*alive || !answer || answer->error_code != 0) return;
          if (answer->topics.empty() || answer->topics[0].partitions.empty()) return;
          const auto& p = answer->topics[0].partitions[0];
          if (p.error_code != 0 && p.error_code != number(ErrorCode::fenced_leader_epoch)) return;
          QuorumEffects out;
          state_->on_vote_answer(vote.to, vote.ask,
                                 {.granted = p.vote_granted, .epoch = p.leader_epoch, .leader = p.leader_id},
                                 runtime_.now(), out);
          carry_out(out);
        });
  });
}

void QuorumDriver::send_begin_epoch(BrokerId to) {
  wire::BeginQuorumEpochRequest r;
  r.cluster_id = options_.cluster_id;
  r.voter_id = to;
  wire::BeginQuorumEpochRequest::PartitionData p;
  if (const Voter* v = options_.voters.find(to)) p.voter_directory_id = v->directory_id;
  p.leader_id = options_.node_id;
  p.leader_epoch = state_->cell().epoch;
  r.topics.push_back({kMetadataTopic, {p}});
  if (const Voter* self = options_.voters.find(options_.node_id))
    r.leader_endpoints.push_back({"CONTROLLER", self->endpoint.host, self->endpoint.port});
  leave([this, to, r = std::move(r)] {
    call<wire::BeginQuorumEpochResponse>(
        transport_, to, Lane::quorum, r, wire::BeginQuorumEpochRequest::kMaxVersion, options_.timing.request_timeout,
        [this, alive = alive_](Result<wire::BeginQuorumEpochResponse> answer) {
          if (!*alive || !answer || answer->topics.empty() || answer->topics[0].partitions.empty()) return;
          const auto& p = answer->topics[0].partitions[0];
          if (p.error_code == 0) return;
          QuorumEffects out;
          state_->on_leader_heard(p.leader_id, p.leader_epoch, runtime_.now(), out);
          carry_out(out);
        });
  });
}

void QuorumDriver::send_end_epoch(BrokerId to, const QuorumEffects& out) {
  wire::EndQuorumEpochRequest r;
  r.cluster_id = options_.cluster_id;
  wire::EndQuorumEpochRequest::PartitionData p;
  p.leader_id = options_.node_id;
  p.leader_epoch = out.ended_epoch;
  for (BrokerId id : out.successors) p.preferred_candidates.push_back({id, options_.voters.find(id)->directory_id});
  r.topics.push_back({kMetadataTopic, {p}});
  call<wire::EndQuorumEpochResponse>(transport_, to, Lane::quorum, r, wire::EndQuorumEpochRequest::kMaxVersion,
                                     options_.timing.election_timeout,
                                     [this, alive = alive_](Result<wire::EndQuorumEpochResponse>) {
                                       if (!*alive || --end_epochs_ > 0) return;
                                       runtime_.disarm(stop_timer_);
                                       if (auto done = std::exchange(stopped_, nullptr)) done();
                                     });
}

// --- incoming

void QuorumDriver::handle(const wire::VoteRequest& request, Reply<wire::VoteResponse> reply) {
  wire::VoteResponse r;
  const auto* p = metadata_partition(request);
  ErrorCode refused = check_cluster(request, options_.cluster_id);
  if (refused == ErrorCode::none && p == nullptr) refused = ErrorCode::invalid_request;
  if (refused == ErrorCode::none && storage_failed_) refused = ErrorCode::kafka_storage_error;
  if (refused != ErrorCode::none) {
    r.error_code = number(refused);
    return reply(std::move(r));
  }
  wire::VoteResponse::PartitionData a;
  QuorumEffects out;
  if (request.voter_id != -1 && request.voter_id != options_.node_id) {
    a.error_code = number(ErrorCode::invalid_voter_key);
  } else if (!options_.voters.contains(p->replica_id) || p->replica_id == options_.node_id || !state_->is_voter()) {
    a.error_code = number(ErrorCode::inconsistent_voter_set);
  } else if (!sane_log(*p)) {
    a.error_code = number(ErrorCode::invalid_request);
  } else {
    VoteAsk ask{.epoch = p->replica_epoch,
                .candidate = p->replica_id,
                .log = {p->last_offset_epoch, p->last_offset},
                .pre_vote = p->pre_vote};
    VoteAnswer answer = state_->on_vote(ask, runtime_.now(), out);
    a.vote_granted = answer.granted;
    if (answer.fenced) a.error_code = number(ErrorCode::fenced_leader_epoch);
    if (answer.refused) a.error_code = number(ErrorCode::invalid_request);
  }
  a.leader_id = state_->leader();
  a.leader_epoch = state_->cell().epoch;
  r.topics.push_back({kMetadataTopic, {a}});
  carry_out(out);
  leave([reply = std::move(reply), r = std::move(r)] { reply(r); });
}

void QuorumDriver::handle(const wire::BeginQuorumEpochRequest& request, Reply<wire::BeginQuorumEpochResponse> reply) {
  wire::BeginQuorumEpochResponse r;
  const auto* p = metadata_partition(request);
  ErrorCode refused = check_cluster(request, options_.cluster_id);
  if (refused == ErrorCode::none && p == nullptr) refused = ErrorCode::invalid_request;
  if (refused != ErrorCode::none) {
    r.error_code = number(refused);
    return reply(std::move(r));
  }
  QuorumEffects out;
  wire::BeginQuorumEpochResponse::PartitionData a;
  if (!options_.voters.contains(p->leader_id) || p->leader_id == options_.node_id) {
    a.error_code = number(ErrorCode::inconsistent_voter_set);
  } else {
    a.error_code = number(state_->on_begin_epoch(p->leader_id, p->leader_epoch, runtime_.now(), out));
  }
  a.leader_id = state_->leader();
  a.leader_epoch = state_->cell().epoch;
  r.topics.push_back({kMetadataTopic, {a}});
  carry_out(out);
  leave([reply = std::move(reply), r = std::move(r)] { reply(r); });
}

void QuorumDriver::handle(const wire::EndQuorumEpochRequest& request, Reply<wire::EndQuorumEpochResponse> reply) {
  wire::EndQuorumEpochResponse r;
  const auto* p = metadata_partition(request);
  ErrorCode refused = check_cluster(request, options_.cluster_id);
  if (refused == ErrorCode::none && p == nullptr) refused = ErrorCode::invalid_request;
  if (refused != ErrorCode::none) {
    r.error_code = number(refused);
    return reply(std::move(r));
  }
  std::vector<BrokerId> successors(p->preferred_successors.begin(), p->preferred_successors.end());
  for (const auto& c : p->preferred_candidates) successors.push_back(c.candidate_id);
  QuorumEffects out;
  wire::EndQuorumEpochResponse::PartitionData a;
  a.error_code = number(options_.voters.contains(p->leader_id) && p->leader_id != options_.node_id
                            ? state_->on_end_epoch(p->leader_id, p->leader_epoch, successors, runtime_.now(), out)
                            : ErrorCode::inconsistent_voter_set);
  a.leader_id = state_->leader();
  a.leader_epoch = state_->cell().epoch;
  r.topics.push_back({kMetadataTopic, {a}});
  carry_out(out);
  leave([reply = std::move(reply), r = std::move(r)] { reply(r); });
}

wire::FetchResponse QuorumDriver::fetch_response(ErrorCode error) const {
  wire::FetchResponse r;
  wire::FetchResponse::PartitionData p;
  p.error_code = number(error);
  p.high_watermark = p.last_stable_offset = state_->leads() ? state_->high_watermark() : -1;
  p.log_start_offset = log_->log_start_offset();
  p.current_leader = {state_->leader(), state_->cell().epoch};
  p.records.emplace();
  wire::FetchResponse::FetchableTopicResponse t;
  t.topic = kMetadataTopic;
  t.topic_id = kMetadataTopicId;
  t.partitions.push_back(std::move(p));
  r.responses.push_back(std::move(t));
  if (const Voter* v = options_.voters.find(state_->leader()))
    r.node_endpoints.push_back({v->id, v->endpoint.host, v->endpoint.port, std::nullopt});
  return r;
}

void QuorumDriver::handle(const wire::FetchRequest& request, int16_t version, Reply<wire::FetchResponse> reply) {
  ErrorCode refused = check_cluster(request, options_.cluster_id);
  if (refused == ErrorCode::none && (request.topics.size() != 1 || request.topics[0].partitions.size() != 1))
    refused = ErrorCode::invalid_request;
  if (refused != ErrorCode::none) {
    wire::FetchResponse r;
    r.error_code = number(refused);
    return reply(std::move(r));
  }
  const auto& p = request.topics[0].partitions[0];
  BrokerId replica = version >= 15 ? request.replica_state.replica_id : request.replica_id;
  Parked parked{.ask = {.replica = replica,
                        .epoch = p.current_leader_epoch,
                        .offset = p.fetch_offset,
                        .last_epoch = p.last_fetched_epoch},
                .known_high_watermark = p.high_watermark,
                .max_bytes = std::clamp(p.partition_max_bytes, 1, 8 << 20),
                .deadline = runtime_.now() + Duration{std::max<int64_t>(0, request.max_wait_ms) * 1'000'000},
                .reply = std::move(reply)};
  if (p.partition != 0) return answer_fetch(parked, ErrorCode::unknown_topic_or_partition, {});
  QuorumEffects out;
  FetchVerdict verdict = state_->on_fetch(parked.ask, runtime_.now(), out);
  carry_out(out);
  bool news = log_->log_end_offset() > parked.ask.offset || state_->high_watermark() > parked.known_high_watermark;
  if (verdict.error != ErrorCode::none || verdict.diverging || news || request.max_wait_ms <= 0 ||
      parked_.size() >= kParkedMax)
    return answer_fetch(parked, verdict.error, verdict);
  if (!park_timer_.armed() || park_timer_.due() > parked.deadline) runtime_.arm(park_timer_, parked.deadline);
  parked_.push_back(std::move(parked));
}

void QuorumDriver::answer_fetch(Parked& p, ErrorCode error, const FetchVerdict& verdict) {
  wire::FetchResponse r = fetch_response(error);
  auto& part = r.responses[0].partitions[0];
  if (verdict.diverging) part.diverging_epoch = {verdict.diverging->epoch, verdict.diverging->offset};
  if (error != ErrorCode::none || verdict.diverging || log_->log_end_offset() <= p.ask.offset) {
    return leave([reply = std::move(p.reply), r = std::move(r)] { reply(r); });
  }
  // A follower gets all, a consumer-like reader (replica -1) what is committed.
  Offset up_to = p.ask.replica >= 0 ? log_->log_end_offset() : state_->high_watermark();
  if (up_to <= p.ask.offset) return leave([reply = std::move(p.reply), r = std::move(r)] { reply(r); });
  log_->read({.from = p.ask.offset, .up_to = up_to, .max_bytes = static_cast<size_t>(p.max_bytes)},
             [this, alive = alive_, epoch = state_->cell().epoch, r = std::move(r),
              reply = std::move(p.reply)](Result<log::ReadResult> read) mutable {
               if (!*alive) return;
               if (state_->cell().epoch != epoch || !state_->leads())
                 return reply(fetch_response(ErrorCode::not_leader_or_follower));
               if (!read) return reply(fetch_response(read.code()));
               r.responses[0].partitions[0].records = std::move(read->batches);
               leave([reply = std::move(reply), r = std::move(r)] { reply(r); });
             });
}

void QuorumDriver::schedule_wake() {
  if (parked_.empty() || std::exchange(wake_scheduled_, true)) return;
  runtime_.defer([this, alive = alive_] {
    if (!*alive) return;
    wake_scheduled_ = false;
    wake_parked();
  });
}

void QuorumDriver::wake_parked() {
  MonoTime next = MonoTime::max();
  for (auto it = parked_.begin(); it != parked_.end();) {
    ErrorCode error = !state_->leads()                        ? ErrorCode::not_leader_or_follower
                      : it->ask.epoch != state_->cell().epoch ? ErrorCode::fenced_leader_epoch
                                                              : ErrorCode::none;
    bool news = log_->log_end_offset() > it->ask.offset || state_->high_watermark() > it->known_high_watermark;
    if (error == ErrorCode::none && !news && it->deadline > runtime_.now()) {
      next = std::min(next, it->deadline);
      ++it;
      continue;
    }
    Parked p = std::move(*it);
    it = parked_.erase(it);
    answer_fetch(p, error, {});
  }
  if (next == MonoTime::max())
    runtime_.disarm(park_timer_);
  else
    runtime_.arm(park_timer_, next);
}

void QuorumDriver::handle(const wire::DescribeQuorumRequest& request, Reply<wire::DescribeQuorumResponse> reply) {
  wire::DescribeQuorumResponse r;
  r.error_message.reset();
  if (metadata_partition(request) == nullptr) {
    r.error_code = number(ErrorCode::unknown_topic_or_partition);
    return reply(std::move(r));
  }
  wire::DescribeQuorumResponse::PartitionData p;
  p.error_message.reset();
  p.leader_id = state_->leader();
  p.leader_epoch = state_->cell().epoch;
  if (!state_->leads()) {
    p.error_code = number(ErrorCode::not_leader_or_follower);
    p.high_watermark = -1;
  } else {
    p.high_watermark = state_->high_watermark();
    WallMillis wall = runtime_.wall_now();
    auto stamp = [&](Duration ago) { return ago.count() < 0 ? WallMillis{-1} : wall - ago.count() / 1'000'000; };
    for (const QuorumReplicaView& v : replicas()) {
      wire::DescribeQuorumResponse::ReplicaState s;
      s.replica_id = v.id;
      s.replica_directory_id = v.directory_id;
      s.log_end_offset = v.log_end;
      s.last_fetch_timestamp = stamp(v.last_fetch_ago);
      s.last_caught_up_timestamp = stamp(v.last_caught_up_ago);
      (v.voter ? p.current_voters : p.observers).push_back(s);
    }
  }
  r.topics.push_back({kMetadataTopic, {p}});
  for (const Voter& v : options_.voters.all())
    r.nodes.push_back({v.id, {{"CONTROLLER", v.endpoint.host, v.endpoint.port}}});
  reply(std::move(r));
}

std::vector<QuorumReplicaView> QuorumDriver::replicas() const {
  std::vector<QuorumReplicaView> out;
  auto add = [&](BrokerId id, const Voter* voter) {
    QuorumReplicaView v{.id = id, .voter = voter != nullptr};
    if (voter) v.directory_id = voter->directory_id;
    if (id == options_.node_id) {
      v.log_end = log_end();
      v.last_fetch_ago = v.last_caught_up_ago = Duration{0};
    } else if (const auto* r = state_->leads() ? state_->progress().find(id) : nullptr; r && r->fetched) {
      v.log_end = r->durable_end;
      v.lag = std::max<Offset>(0, log_end() - r->durable_end);
      v.last_fetch_ago = runtime_.now() - r->last_fetch;
      // A parked fetch from the end has all there is.
      v.last_caught_up_ago = r->durable_end >= log_end() ? Duration{0}
                             : r->caught_up_once         ? runtime_.now() - r->last_caught_up
                                                         : Duration{-1};
    }
    out.push_back(v);
  };
  for (const Voter& v : options_.voters.all()) add(v.id, &v);
  if (state_->leads())
    for (const auto& [id, r] : state_->progress().replicas())
      if (!options_.voters.contains(id)) add(id, nullptr);
  return out;
}

}  // namespace weir::replication
