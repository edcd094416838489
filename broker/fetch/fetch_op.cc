#include "broker/fetch/fetch_op.h"

#include <algorithm>
#include <unordered_map>

#include "base/util/check.h"
#include "replication/partition/leader.h"

namespace weir::broker {

using replication::Isolation;
using replication::Partition;
using wire::FetchResponse;

FetchOp::FetchOp(FetchHandler& handler, FetchContext context, wire::FetchRequest request, int16_t version,
                 FetchSessions::Opened opened, FetchHandler::Reply reply)
    : handler_(&handler),
      context_(std::move(context)),
      request_(std::move(request)),
      version_(version),
      replica_(replica_of(request_, version)),
      full_(opened.full),
      session_(std::move(opened.session)),
      reply_(std::move(reply)),
      timer_([this] {
        hurried_ = true;
        if (state_ == State::waiting) look_again();
      }) {
  request_.max_bytes = std::min(request_.max_bytes, handler.options_.max_bytes);
}

void FetchOp::start() {
  CHECK(state_ == State::queued, "a fetch starts once");
  const std::vector<SessionPartition*> named = session_->apply(request_.topics, request_.forgotten_topics_data);
  // What followers wrote counts before anything is read, whatever room the response has.
  if (replica_ >= 0)
    for (SessionPartition* p : named) acknowledge(*p);
  session_->on_dirty([this] { schedule(); });
  if (request_.max_wait_ms > 0)
    handler_->runtime_.arm_in(timer_, Duration(std::chrono::milliseconds(request_.max_wait_ms)));
  begin_look();
}

void FetchOp::hurry() {
  hurried_ = true;
  if (state_ == State::waiting) look_again();
}

void FetchOp::abandon() {
  state_ = State::answered;
  session_->on_dirty(nullptr);
  handler_ = nullptr;
  reply_ = nullptr;
}

/// Several partitions often move in one turn: they are looked at together, at its end.
void FetchOp::schedule() {
  if (scheduled_ || state_ != State::waiting) return;
  scheduled_ = true;
  handler_->runtime_.defer([weak = weak_from_this()] {
    auto self = weak.lock();
    if (!self || self->state_ == State::answered) return;
    self->scheduled_ = false;
    if (self->state_ == State::waiting) self->look_again();
  });
}

void FetchOp::look_again() {
  CHECK(state_ == State::waiting, "looks again after a wait");
  begin_look();
}

void FetchOp::begin_look() {
  state_ = State::looking;
  max_bytes_ = static_cast<size_t>(std::max(request_.max_bytes, 0));
  if (context_.memory) claim_ = context_.memory->claim(max_bytes_);
  max_bytes_ = std::min(max_bytes_, claim_.size());
  bytes_ = 0;
  candidates_ = session_->take_dirty();
  next_candidate_ = 0;
  look();
}

void FetchOp::look() {
  CHECK(state_ == State::looking, "looks only when looking");
  while (next_candidate_ < candidates_.size()) {
    if (bytes_ >= max_bytes_ && bytes_ > 0 && !full_) break;
    if (!look_at(*candidates_[next_candidate_++])) return;
  }
  settle();
}

Partition* FetchOp::find(const FetchKey& key) const {
  if (session_->by_id()) return handler_->replicas_.find(key.topic_id, key.partition);
  return handler_->replicas_.find(TopicPartition{key.topic, key.partition});
}

std::string FetchOp::topic_name(const FetchKey& key) const {
  if (!session_->by_id()) return key.topic;
  const auto& image = handler_->replicas_.image();
  const replication::TopicImage* topic = image ? image->topic(key.topic_id) : nullptr;
  return topic ? topic->name : std::string();
}

void FetchOp::fail(Found& found, ErrorCode error) const {
  found.data.error_code = static_cast<int16_t>(error);
  found.data.high_watermark = kNoOffset;
  found.data.aborted_transactions.reset();
  found.urgent = true;
  if (error == ErrorCode::not_leader_or_follower || error == ErrorCode::fenced_leader_epoch)
    add_leader_hint(found.at->key, found.data);
}

void FetchOp::check(SessionPartition& p, Partition* partition, Found& found) const {
  if (context_.may_read) {
    const std::string topic = topic_name(p.key);
    if (!topic.empty() && !context_.may_read(topic)) return fail(found, ErrorCode::topic_authorization_failed);
  }
  if (partition == nullptr) {
    const std::string topic = topic_name(p.key);
    const auto& image = handler_->replicas_.image();
    const bool exists = image && !topic.empty() && image->partition({topic, p.key.partition}) != nullptr;
    const ErrorCode unknown = session_->by_id() && topic.empty() ? ErrorCode::unknown_topic_id
                                                                 : ErrorCode::unknown_topic_or_partition;
    return fail(found, exists ? ErrorCode::not_leader_or_follower : unknown);
  }
  if (p.refused != ErrorCode::none) return fail(found, p.refused);
  if (ErrorCode error = partition->check_leader_epoch(p.current_leader_epoch, true); error != ErrorCode::none)
    return fail(found, error);
  if (replica_ < 0 && p.last_fetched_epoch == kNoLeaderEpoch) return;  // its range is checked by the read
  auto diverging = replication::find_divergence(partition->log(), p.fetch_offset, p.last_fetched_epoch);
  if (!diverging) {
    fail(found, diverging.code());
    if (replica_ >= 0) {  // a follower finds its way back from our range
      found.data.high_watermark = partition->high_watermark();
      found.data.log_start_offset = partition->log_start_offset();
    }
    return;
  }
  if (!*diverging) return;
  describe(*partition, found);
  found.data.diverging_epoch.epoch = (*diverging)->epoch;
  found.data.diverging_epoch.end_offset = (*diverging)->end_offset;
  found.urgent = true;
}

void FetchOp::describe(const Partition& partition, Found& found) const {
  found.data.high_watermark = partition.high_watermark();
  found.data.last_stable_offset = partition.last_stable_offset();
  found.data.log_start_offset = partition.log_start_offset();
  if (request_.isolation_level == 0) found.data.aborted_transactions.reset();
}

void FetchOp::acknowledge(SessionPartition& p) {
  Partition* partition = find(p.key);
  Found found{.at = &p};
  check(p, partition, found);
  if (found.urgent) return;  // looked at again, and answered, with the rest
  const BrokerEpoch epoch = version_ >= 15 ? request_.replica_state.replica_epoch : -1;
  p.refused = partition->follower_fetched(replica_, epoch, p.fetch_offset).code();
}

bool FetchOp::look_at(SessionPartition& p) {
  Found found{.at = &p};
  found.data.partition_index = p.key.partition;
  Partition* partition = find(p.key);
  if (partition != nullptr && !p.watching()) partition->watch(p);
  check(p, partition, found);
  if (found.urgent) {
    found_.push_back(std::move(found));
    return true;
  }
  describe(*partition, found);
  const Isolation isolation = replica_ >= 0                   ? Isolation::log_end
                              : request_.isolation_level == 1 ? Isolation::read_committed
                                                              : Isolation::read_uncommitted;
  const Offset end = isolation == Isolation::log_end          ? partition->log_end_offset()
                     : isolation == Isolation::read_committed ? partition->last_stable_offset()
                                                              : partition->high_watermark();
  const bool in_range = p.fetch_offset >= partition->log_start_offset() &&
                        p.fetch_offset <= partition->log_end_offset();
  const size_t room = max_bytes_ - std::min(bytes_, max_bytes_);
  const size_t max_bytes = std::min(room, static_cast<size_t>(std::max(p.max_bytes, 0)));
  const bool nothing = in_range && (p.fetch_offset >= end || p.in_flight || (max_bytes == 0 && bytes_ > 0));
  if (nothing) {
    found.unread = p.fetch_offset < end && !p.in_flight;
    found_.push_back(std::move(found));
    return true;
  }
  // Kafka protocol: Fetch v3+, the first batch of the first partition that has one comes whole.
  inside_read_ = true;
  read_done_ = false;
  partition->read(p.fetch_offset, max_bytes, bytes_ == 0, isolation,
                  [weak = weak_from_this(), at = &p](Result<log::ReadResult> result) {
                    auto self = weak.lock();
                    if (!self || self->state_ == State::answered) return;
                    // The disk may have taken its time: the partition may be gone or led by another.
                    self->read_ended(*at, self->find(at->key), std::move(result));
                    self->read_done_ = true;
                    if (!self->inside_read_) self->look();
                  });
  inside_read_ = false;
  return read_done_;
}

void FetchOp::read_ended(SessionPartition& p, Partition* partition, Result<log::ReadResult> result) {
  Found found{.at = &p};
  found.data.partition_index = p.key.partition;
  check(p, partition, found);
  if (!found.urgent && !result) {
    fail(found, result.code());
    if (replica_ >= 0) {
      found.data.high_watermark = partition->high_watermark();
      found.data.log_start_offset = partition->log_start_offset();
    }
  }
  if (!found.urgent) {
    describe(*partition, found);
    found.bytes = chain_size(result->batches);
    bytes_ += found.bytes;
    found.unread = found.bytes == 0 && p.fetch_offset < partition->high_watermark();
    if (request_.isolation_level == 1 && replica_ < 0) {
      std::vector<FetchResponse::AbortedTransaction> aborted;
      for (const log::AbortedTxn& txn : partition->log().aborted_txns(p.fetch_offset, result->next_offset))
        aborted.push_back({txn.producer_id, txn.first_offset});
      found.data.aborted_transactions = std::move(aborted);
    }
    found.data.records = std::move(result->batches);
  }
  found_.push_back(std::move(found));
}

void FetchOp::settle() {
  const bool urgent = std::any_of(found_.begin(), found_.end(), [](const Found& f) { return f.urgent; });
  const bool enough = bytes_ >= static_cast<size_t>(std::max(request_.min_bytes, 0)) ||
                      bytes_ >= std::max<size_t>(max_bytes_, 1);
  const bool out_of_time = request_.max_wait_ms <= 0 || !timer_.armed();
  if (urgent || enough || out_of_time || hurried_) return answer();
  state_ = State::waiting;
  claim_ = {};
  // Looked at again with the next thing that moves, or at the end.
  for (const Found& f : found_)
    if (f.unread || worth_sending(f)) session_->put_back(*f.at, false);
  for (; next_candidate_ < candidates_.size(); ++next_candidate_)
    session_->put_back(*candidates_[next_candidate_], false);
  found_.clear();
}

bool FetchOp::worth_sending(const Found& found) const {
  const auto& d = found.data;
  return full_ || found.urgent || found.bytes > 0 || d.high_watermark != found.at->sent_high_watermark ||
         d.last_stable_offset != found.at->sent_last_stable || d.log_start_offset != found.at->sent_log_start;
}

void FetchOp::answer() {
  CHECK(state_ != State::answered, "a fetch is answered once");
  auto self = shared_from_this();
  state_ = State::answered;
  handler_->runtime_.disarm(timer_);
  session_->on_dirty(nullptr);
  for (size_t i = candidates_.size(); i-- > next_candidate_;) session_->put_back(*candidates_[i], true);

  FetchResponse response;
  response.session_id = session_->id();
  std::unordered_map<std::string, size_t> topic_at;
  for (Found& found : found_) {
    if (found.unread && session_->id() != 0)
      session_->put_back(*found.at, true);  // there was no room for it: first the next time
    if (!worth_sending(found)) continue;
    SessionPartition& p = *found.at;
    if (replica_ < 0 && found.bytes > 0) {
      if (Partition* partition = find(p.key)) partition->add_bytes_out(found.bytes);
    }
    p.sent_high_watermark = found.data.error_code == 0 ? found.data.high_watermark : kNoOffset;
    p.sent_last_stable = found.data.error_code == 0 ? found.data.last_stable_offset : kNoOffset;
    p.sent_log_start = found.data.error_code == 0 ? found.data.log_start_offset : kNoOffset;
    if (session_->id() != 0) {
      // A consumer that does not name it again wants the same again; errors are repeated until it is forgotten.
      if (replica_ >= 0 && found.bytes > 0)
        p.in_flight = true;
      else if (found.bytes > 0 || found.urgent)
        session_->put_back(p, false);
    }
    if (version_ >= 16 && found.data.current_leader.leader_id >= 0)
      add_endpoint(response, found.data.current_leader.leader_id);
    const std::string topic_key = session_->by_id()
                                      ? std::string(p.key.topic_id.bytes.begin(), p.key.topic_id.bytes.end())
                                      : p.key.topic;
    auto [it, added] = topic_at.emplace(topic_key, response.responses.size());
    if (added) {
      response.responses.emplace_back();
      response.responses.back().topic = p.key.topic;
      response.responses.back().topic_id = p.key.topic_id;
    }
    if (!found.data.records) found.data.records.emplace();
    response.responses[it->second].partitions.push_back(std::move(found.data));
  }
  auto reply = std::move(reply_);
  claim_ = {};  // the connection counts the answer from here on
  FetchHandler* handler = handler_;
  handler->finished(*this);
  reply(std::move(response));
}

void FetchOp::add_leader_hint(const FetchKey& key, FetchResponse::PartitionData& data) const {
  if (version_ < 12) return;
  const auto& image = handler_->replicas_.image();
  const replication::PartitionImage* partition = image ? image->partition({topic_name(key), key.partition}) : nullptr;
  if (partition == nullptr) return;
  data.current_leader.leader_id = partition->leader;
  data.current_leader.leader_epoch = partition->leader_epoch;
}

void FetchOp::add_endpoint(FetchResponse& response, BrokerId node) const {
  for (const auto& known : response.node_endpoints)
    if (known.node_id == node) return;
  const replication::BrokerImage* broker = handler_->replicas_.image()->broker(node);
  if (broker == nullptr) return;
  for (const replication::ListenerImage& listener : broker->listeners) {
    if (!context_.listener.empty() && listener.name != context_.listener) continue;
    FetchResponse::NodeEndpoint endpoint;
    endpoint.node_id = node;
    endpoint.host = listener.endpoint.host;
    endpoint.port = listener.endpoint.port;
    endpoint.rack = broker->rack;
    response.node_endpoints.push_back(std::move(endpoint));
    return;
  }
}

}  // namespace weir::broker
