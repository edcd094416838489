#include "replication/partition/fetcher.h"

#include <algorithm>

#include "base/util/check.h"
#include "base/util/diag.h"
#include "base/util/flatten.h"
#include "replication/call.h"

namespace weir::replication {
namespace {

constexpr int16_t kFetchVersion = 17;
constexpr size_t kInFlightMax = 4;
constexpr Duration kGrace = 1ms;
constexpr Duration kPauseMin = 20ms;
constexpr Duration kPauseMax = 500ms;
constexpr Duration kAnswerSlack = 1500ms;

}  // namespace

Fetcher::Fetcher(io::Runtime& runtime, Transport& transport, const ReplicaEnv& env, FetcherOptions options)
    : runtime_(runtime),
      transport_(transport),
      env_(env),
      options_(options),
      timer_([this] { woke(); }),
      alive_(std::make_shared<Fetcher*>(this)) {}

Fetcher::~Fetcher() { *alive_ = nullptr; }

void Fetcher::set_state(Followed& f, State state) {
  writing_ += (state == State::writing) - (f.state == State::writing);
  resting_ += (state == State::resting) - (f.state == State::resting);
  f.state = state;
}

void Fetcher::make_due(const Key& key, Followed& f) {
  // What is being written is named when it is durable.
  if (!f.replica->fetch_position().ready) {
    set_state(f, State::writing);
    return;
  }
  set_state(f, State::due);
  if (!f.queued) {
    f.queued = true;
    due_.push_back(key);
  }
  schedule();
}

void Fetcher::add(Replica& replica) {
  const Key key{replica.topic_id(), replica.tp().partition};
  Followed& f = followed_[key];
  f.replica = replica.shared_from_this();
  make_due(key, f);
}

void Fetcher::remove(Replica& replica) {
  auto it = followed_.find({replica.topic_id(), replica.tp().partition});
  if (it == followed_.end()) return;
  set_state(it->second, State::due);
  if (it->second.in_session) forgotten_.push_back(it->first);
  followed_.erase(it);  // due_ may still name it
  schedule();
}

void Fetcher::durable(Replica& replica) {
  const Key key{replica.topic_id(), replica.tp().partition};
  auto it = followed_.find(key);
  if (it != followed_.end() && it->second.state == State::writing) make_due(key, it->second);
}

/// One group commit makes many partitions durable: they are named together, at the end of the turn.
void Fetcher::schedule() {
  if (scheduled_) return;
  scheduled_ = true;
  runtime_.defer([alive = alive_] {
    if (*alive) (*alive)->pump();
  });
}

bool Fetcher::may_send() const {
  if (followed_.empty() || runtime_.now() < paused_until_) return false;
  if (session_id_ == 0) {
    // The first fetch names everything that is ready; until it is answered there is no session to go on with.
    return in_flight_ == 0 && followed_.size() > writing_ + resting_;
  }
  if (in_flight_ >= kInFlightMax) return false;
  if (!due_.empty() || !forgotten_.empty()) return true;
  return in_flight_ == 0 && (writing_ == 0 || grace_over_) && followed_.size() > writing_ + resting_;
}

void Fetcher::pump() {
  scheduled_ = false;
  std::erase_if(due_, [this](const Key& key) {
    auto it = followed_.find(key);
    if (it == followed_.end()) return true;
    if (it->second.state == State::due) return false;
    it->second.queued = false;
    return true;
  });
  if (may_send()) send();
}

bool Fetcher::name(const Key& key, Followed& f, std::map<Uuid, size_t>& topics, wire::FetchRequest& request) {
  f.queued = false;
  const Replica::FetchPosition at = f.replica->fetch_position();
  if (!at.ready) {
    set_state(f, State::writing);
    return false;
  }
  auto [it, added] = topics.emplace(key.first, request.topics.size());
  if (added) {
    request.topics.emplace_back();
    request.topics.back().topic_id = key.first;
  }
  wire::FetchRequest::FetchPartition asked;
  asked.partition = key.second;
  asked.current_leader_epoch = f.replica->leader_epoch();
  asked.fetch_offset = at.from;
  asked.last_fetched_epoch = at.last_epoch;
  asked.log_start_offset = at.log_start;
  asked.partition_max_bytes = options_.partition_max_bytes;
  request.topics[it->second].partitions.push_back(asked);
  f.asked_from = at.from;
  f.asked_in = requests_;
  f.in_session = true;
  set_state(f, State::asked);
  return true;
}

void Fetcher::send() {
  ++requests_;
  wire::FetchRequest request;
  request.replica_state.replica_id = options_.self;
  request.replica_state.replica_epoch = env_.self_epoch;
  request.min_bytes = 1;
  request.max_bytes = options_.response_max_bytes;
  const bool full = session_id_ == 0;
  // A first fetch is answered at once: it only makes the session.
  request.max_wait_ms = full ? 0 : static_cast<int32_t>(options_.wait_max / 1ms);
  request.session_id = full ? stale_session_id_ : session_id_;
  request.session_epoch = full ? 0 : next_epoch_;
  std::map<Uuid, size_t> topics;
  size_t named = 0;
  if (full) {
    for (auto& [key, f] : followed_)
      if (f.state == State::due || f.state == State::asked) named += name(key, f, topics, request);
    if (named == 0) return;
  } else {
    for (const Key& key : due_) {
      auto it = followed_.find(key);
      if (it != followed_.end() && it->second.state == State::due) named += name(key, it->second, topics, request);
    }
    std::map<Uuid, size_t> forgotten;
    for (const Key& key : forgotten_) {
      auto it = followed_.find(key);
      if (it != followed_.end() && it->second.in_session) continue;  // it came back meanwhile
      auto [at, added] = forgotten.emplace(key.first, request.forgotten_topics_data.size());
      if (added) {
        request.forgotten_topics_data.emplace_back();
        request.forgotten_topics_data.back().topic_id = key.first;
      }
      request.forgotten_topics_data[at->second].partitions.push_back(key.second);
    }
    next_epoch_ = next_epoch_ == INT32_MAX ? 1 : next_epoch_ + 1;
  }
  due_.clear();
  forgotten_.clear();
  ++in_flight_;
  call<wire::FetchResponse>(
      transport_, options_.leader, Lane::fetch, std::move(request), kFetchVersion, options_.wait_max + kAnswerSlack,
      [alive = alive_, generation = generation_, number = requests_](Result<wire::FetchResponse> response) {
        if (*alive && (*alive)->generation_ == generation) (*alive)->answered(number, std::move(response));
      });
}

void Fetcher::answered(uint64_t number, Result<wire::FetchResponse> response) {
  CHECK(in_flight_ > 0, "an answer to nothing");
  --in_flight_;
  const ErrorCode error = !response ? response.code() : static_cast<ErrorCode>(response->error_code);
  if (error != ErrorCode::none) {
    const bool session_lost = error == ErrorCode::fetch_session_id_not_found ||
                              error == ErrorCode::invalid_fetch_session_epoch;
    WEIR_DEBUG("fetching from node {}: {}", options_.leader, error_name(error));
    backing_ = session_lost && backing_ == Duration{0} ? Duration{1} : std::clamp(backing_ * 2, kPauseMin, kPauseMax);
    return reset_session(session_lost && backing_ == Duration{1} ? Duration{0} : backing_);
  }
  backing_ = Duration{0};
  if (session_id_ == 0) {
    stale_session_id_ = 0;
    session_id_ = response->session_id;
    next_epoch_ = 1;
  }
  bool got_records = false;
  for (const auto& topic : response->responses) {
    for (const auto& data : topic.partitions) {
      const Key key{topic.topic_id, data.partition_index};
      auto it = followed_.find(key);
      if (it == followed_.end()) continue;
      take(it->second, key, number, data);
      got_records |= it->second.state == State::writing;
    }
  }
  if (session_id_ == 0 && !got_records) {
    // No session to be had: every fetch is a full one, so don't turn without a pause.
    paused_until_ = runtime_.now() + 5ms;
  }
  grace_over_ = !got_records;
  if (got_records) grace_until_ = runtime_.now() + kGrace;
  woke();
}

void Fetcher::take(Followed& f, const Key& key, uint64_t number, const wire::FetchResponse::PartitionData& data) {
  const bool quiet = data.error_code == 0 && data.diverging_epoch.epoch < 0 &&
                     (!data.records || chain_size(*data.records) == 0);
  if (f.asked_in > number) return;
  if (f.state != State::asked) {
    if (quiet && f.state == State::writing) f.replica->leader_committed(data.high_watermark);
    return;  // it is named again soon: whatever this says is old
  }
  LeaderSaid said;
  said.error = static_cast<ErrorCode>(data.error_code);
  said.asked_from = f.asked_from;
  said.high_watermark = data.high_watermark;
  said.log_start = data.log_start_offset;
  if (data.diverging_epoch.epoch >= 0 || data.diverging_epoch.end_offset >= 0)
    said.diverging = log::EpochEnd{data.diverging_epoch.epoch, data.diverging_epoch.end_offset};
  said.has_records = data.records && chain_size(*data.records) > 0;
  const auto pause = f.replica->leader_said(said, said.has_records ? flatten(*data.records) : Buffer());
  if (pause) return rest(key, f, *pause);
  if (!quiet) make_due(key, f);
}

void Fetcher::rest(const Key& key, Followed& f, Duration duration) {
  set_state(f, State::resting);
  f.rest_until = runtime_.now() + duration;
  if (f.in_session) {
    f.in_session = false;
    forgotten_.push_back(key);
  }
}

/// Ends what is over (grace, rests, a pause) and arms the timer for what is not.
void Fetcher::woke() {
  const MonoTime now = runtime_.now();
  MonoTime next = MonoTime::max();
  if (!grace_over_ && now >= grace_until_) grace_over_ = true;
  if (!grace_over_) next = std::min(next, grace_until_);
  if (paused_until_ > now) next = std::min(next, paused_until_);
  if (resting_ > 0) {
    for (auto& [key, f] : followed_) {
      if (f.state != State::resting) continue;
      if (f.rest_until <= now)
        make_due(key, f);
      else
        next = std::min(next, f.rest_until);
    }
  }
  if (next != MonoTime::max()) runtime_.arm(timer_, next);
  schedule();
}

void Fetcher::reset_session(Duration pause) {
  ++generation_;
  in_flight_ = 0;
  if (session_id_ != 0) stale_session_id_ = session_id_;
  session_id_ = 0;
  next_epoch_ = 0;
  forgotten_.clear();
  for (auto& [key, f] : followed_) {
    f.in_session = false;
    if (f.state == State::asked) set_state(f, State::due);
  }
  if (pause > Duration{0}) paused_until_ = runtime_.now() + pause;
  woke();
}

}  // namespace weir::replication
