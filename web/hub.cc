#include "web/hub.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/util/check.h"

namespace weir::web {
namespace {
constexpr int64_t kFreshMs = 100;   // a view this young answers a GET
constexpr int64_t kStaleMs = 2000;  // one older than this is not shown to a new subscriber
constexpr int64_t kPollTimeoutMs = 5000;
constexpr int64_t kClusterPollMs = 500;
constexpr int64_t kReplicationPollMs = 100;  // the lens: 10 Hz
constexpr int64_t kGroupsPollMs = 1000;
constexpr int64_t kJobsPollMs = 500;
constexpr size_t kInboxRowsMax = 200'000;
constexpr const char* kChannelNames[] = {"cluster", "replication", "topics", "groups", "jobs", "series"};
}  // namespace

/// Where the backend's threads leave result rows for the web thread: a short lock, a bounded vector, one wake-up per
/// batch.
struct Hub::Inbox final : SeriesSink {
  using Message = std::variant<SeriesTable, std::vector<SeriesRow>, std::string>;

  Inbox(std::shared_ptr<Loop> loop_in) : loop(std::move(loop_in)) {}

  void table(SeriesTable table) override { push(std::move(table), 1); }
  void rows(std::vector<SeriesRow> rows) override {
    size_t count = rows.size();
    if (count > 0) push(std::move(rows), count);
  }
  void drop(std::string job) override { push(std::move(job), 1); }

  void push(Message message, size_t weight) {
    bool wake = false;
    {
      std::lock_guard lock(mutex);
      if (weight_sum + weight > kInboxRowsMax) {  // the web thread is far behind: the rows go, what they belong to
                                                  // stays
        std::erase_if(messages, [](const Message& m) { return std::holds_alternative<std::vector<SeriesRow>>(m); });
        weight_sum = messages.size();
        lost = true;
      }
      weight_sum += weight;
      messages.push_back(std::move(message));
      wake = !std::exchange(woken, true);
    }
    if (wake)
      loop->post([hub = hub] {
        if (auto alive = hub.lock()) alive->drain_series();
      });
  }

  std::shared_ptr<Loop> loop;
  std::weak_ptr<Hub> hub;  // set once, before the backend gets the sink
  std::mutex mutex;
  std::vector<Message> messages;
  size_t weight_sum = 0;
  bool woken = false, lost = false;
};

Hub::Hub(std::shared_ptr<Loop> loop, Backend& backend, const WebOptions& options, uint64_t first_seq, std::string epoch)
    : loop_(std::move(loop)),
      backend_(backend),
      options_(options),
      epoch_(std::move(epoch)),
      series_(first_seq, options.series_rows_max, options.series_bytes_max, options.resume_deltas_max),
      inbox_(std::make_shared<Inbox>(loop_)) {
  for (int id = 0; id < series_channel; ++id)
    channels_.emplace_back(kChannelNames[id], first_seq, options.resume_deltas_max);
}

std::shared_ptr<SeriesSink> Hub::series_sink() {
  inbox_->hub = weak_from_this();
  return inbox_;
}

void Hub::attach(LiveClient* client) { clients_[client].socket = client; }

void Hub::detach(LiveClient* client) {
  auto found = clients_.find(client);
  if (found == clients_.end()) return;
  for (const auto& s : found->second.subscriptions) --subscribers_[s.channel];
  clients_.erase(found);
}

Status Hub::subscribe(LiveClient* client, const LiveRequest& request) {
  auto name = std::find(std::begin(kChannelNames), std::end(kChannelNames), request.channel);
  if (name == std::end(kChannelNames)) {
    return Error(ErrorCode::invalid_request, "web",
                 "no channel '" + request.channel + "': cluster, replication, topics, groups, jobs, series");
  }
  unsubscribe(client, request.id);
  auto& subscriptions = clients_.at(client).subscriptions;
  if (subscriptions.size() >= options_.subscriptions_max) {
    return Error(ErrorCode::limit_reached, "web",
                 "at most " + std::to_string(options_.subscriptions_max) + " subscriptions");
  }
  Subscription s{request.id, static_cast<ChannelId>(name - std::begin(kChannelNames)), request.filter};
  bool same_life = request.epoch.empty() || request.epoch == epoch_;
  if (request.from_seq && same_life) {
    bool known = s.channel == series_channel
                     ? series_.can_resume(*request.from_seq)
                     : channels_[s.channel].can_resume(*request.from_seq) && !channels_[s.channel].empty();
    if (known) {
      s.sent_seq = *request.from_seq;
      s.snapshot_due = false;
      s.announce = true;
    } else {
      s.gap = true;
    }
  }
  s.wait_fresh = s.channel != series_channel && s.snapshot_due && is_stale(s.channel);
  ++subscribers_[s.channel];
  subscriptions.push_back(std::move(s));
  ensure_tick();
  client->wake();
  return {};
}

void Hub::unsubscribe(LiveClient* client, int64_t id) {
  auto& subscriptions = clients_.at(client).subscriptions;
  auto found = std::find_if(subscriptions.begin(), subscriptions.end(),
                            [&](const Subscription& s) { return s.id == id; });
  if (found == subscriptions.end()) return;
  --subscribers_[found->channel];
  subscriptions.erase(found);
}

std::string Hub::next_message(LiveClient* socket) {
  auto found = clients_.find(socket);
  if (found == clients_.end()) return {};
  auto& client = found->second;
  size_t count = client.subscriptions.size();
  for (size_t i = 0; i < count; ++i) {
    auto& subscription = client.subscriptions[(client.turn + i) % count];
    if (auto message = message_for(subscription); !message.empty()) {
      client.turn = (client.turn + i + 1) % count;
      return message;
    }
  }
  return {};
}

std::string Hub::message_for(Subscription& s) {
  auto produce = [&](const auto& channel) -> std::string {
    if (!s.snapshot_due && !channel.can_resume(s.sent_seq)) s.snapshot_due = s.gap = true;
    uint64_t from = std::exchange(s.sent_seq, channel.seq());
    if (std::exchange(s.snapshot_due, false))
      return channel.snapshot(s.id, s.filter, epoch_, std::exchange(s.gap, false));
    bool announce = std::exchange(s.announce, false);
    if (from == channel.seq() && !announce) return {};
    auto delta = channel.delta(s.id, from, s.filter);
    if (!delta.empty() || !announce) return delta;
    return "{\"op\":\"delta\",\"id\":" + std::to_string(s.id) + ",\"prev\":" + std::to_string(from) +
           ",\"seq\":" + std::to_string(channel.seq()) + ",\"set\":{},\"changes\":[]}";
  };
  if (s.channel == series_channel) return produce(series_);
  const auto& channel = channels_[s.channel];
  if (s.snapshot_due && (s.wait_fresh || channel.empty())) return {};
  return produce(channel);
}

template <class View>
void Hub::get(Source<View>& source, ViewCallback<View> done) {
  if (source.view && loop_->now_ms() - source.done_ms <= kFreshMs) return done(source.view);
  uint64_t waiter = next_waiter_++;
  source.waiters.emplace_back(waiter, std::move(done));
  loop_->after(std::chrono::milliseconds(kPollTimeoutMs), [weak = weak_from_this(), &source, waiter] {
    auto self = weak.lock();
    if (!self) return;
    auto found = std::find_if(source.waiters.begin(), source.waiters.end(),
                              [&](const auto& w) { return w.first == waiter; });
    if (found == source.waiters.end()) return;
    auto late = std::move(found->second);
    source.waiters.erase(found);
    late(Error(ErrorCode::request_timed_out, "web", "the node did not answer within five seconds"));
  });
  ask(source);
}

void Hub::get_cluster(ViewCallback<ClusterView> done) { get(cluster_, std::move(done)); }
void Hub::get_groups(ViewCallback<GroupsView> done) { get(groups_, std::move(done)); }
void Hub::get_jobs(ViewCallback<JobsView> done) { get(jobs_, std::move(done)); }

const SeriesStore& Hub::series() { return series_; }

template <class View>
void Hub::ask(Source<View>& source) {
  if (source.in_flight) return;
  source.in_flight = true;
  source.asked_ms = loop_->now_ms();
  send_to_backend(source);
}

void Hub::send_to_backend(Source<ClusterView>&) {
  backend_.poll_cluster([loop = loop_, weak = weak_from_this()](Result<std::shared_ptr<const ClusterView>> view) {
    loop->post([weak, view = std::move(view)] {
      if (auto hub = weak.lock()) hub->answered(hub->cluster_, view);
    });
  });
}

void Hub::send_to_backend(Source<GroupsView>&) {
  backend_.poll_groups([loop = loop_, weak = weak_from_this()](Result<std::shared_ptr<const GroupsView>> view) {
    loop->post([weak, view = std::move(view)] {
      if (auto hub = weak.lock()) hub->answered(hub->groups_, view);
    });
  });
}

void Hub::send_to_backend(Source<JobsView>&) {
  backend_.poll_jobs([loop = loop_, weak = weak_from_this()](Result<std::shared_ptr<const JobsView>> view) {
    loop->post([weak, view = std::move(view)] {
      if (auto hub = weak.lock()) hub->answered(hub->jobs_, view);
    });
  });
}

template <class View>
void Hub::answered(Source<View>& source, const Result<std::shared_ptr<const View>>& view) {
  source.in_flight = false;
  auto waiters = std::exchange(source.waiters, {});
  if (view.ok() && *view) {
    source.view = *view;
    source.done_ms = loop_->now_ms();
    publish(**view);
  }
  for (auto& [id, done] : waiters) {
    if (!view.ok())
      done(view.error());
    else if (!*view)
      done(Error(ErrorCode::unknown_server_error, "web", "the node had nothing to show"));
    else
      done(*view);
  }
}

void Hub::publish(const ClusterView& view) {
  if (wanted(cluster)) refreshed(cluster, channels_[cluster].update(cluster_items(view)));
  if (wanted(replication)) refreshed(replication, channels_[replication].update(replication_items(view)));
  if (wanted(topics)) refreshed(topics, channels_[topics].update(topic_items(view)));
}

void Hub::publish(const GroupsView& view) {
  if (wanted(groups)) refreshed(groups, channels_[groups].update(group_items(view)));
}

void Hub::publish(const JobsView& view) {
  if (wanted(jobs)) refreshed(jobs, channels_[jobs].update(job_items(view)));
}

void Hub::refreshed(ChannelId channel, bool changed) {
  std::vector<LiveClient*> awake;
  for (auto& [socket, client] : clients_) {
    bool concerned = false;
    for (auto& s : client.subscriptions) {
      if (s.channel != channel) continue;
      concerned |= changed || s.wait_fresh || s.snapshot_due;
      s.wait_fresh = false;
    }
    if (concerned) awake.push_back(socket);
  }
  for (auto* socket : awake) socket->wake();
}

bool Hub::is_stale(ChannelId channel) {
  if (subscribers_[channel] == 0) return true;  // nobody looked: the channel was not kept up
  int64_t done = channel == groups ? groups_.done_ms : channel == jobs ? jobs_.done_ms : cluster_.done_ms;
  return loop_->now_ms() - done > kStaleMs;
}

template <class View>
bool Hub::is_due(const Source<View>& source, int64_t interval_ms) {
  // Five milliseconds of grace, else a tick that comes a hair early would halve the rate.
  return !source.in_flight && loop_->now_ms() - source.asked_ms >= interval_ms - 5;
}

void Hub::ensure_tick() {
  if (std::exchange(ticking_, true)) return;
  tick();
}

void Hub::tick() {
  bool any = false;
  for (int id = 0; id < series_channel; ++id) any |= subscribers_[id] > 0;
  if (!any) {
    ticking_ = false;
    return;
  }
  if (wanted(cluster) || wanted(topics) || wanted(replication)) {
    bool first = (wanted(cluster) && channels_[cluster].empty()) || (wanted(topics) && channels_[topics].empty());
    if (is_due(cluster_, wanted(replication) || first ? kReplicationPollMs : kClusterPollMs)) ask(cluster_);
  }
  if (wanted(groups) && is_due(groups_, channels_[groups].empty() ? kReplicationPollMs : kGroupsPollMs)) ask(groups_);
  if (wanted(jobs) && is_due(jobs_, channels_[jobs].empty() ? kReplicationPollMs : kJobsPollMs)) ask(jobs_);
  loop_->after(std::chrono::milliseconds(kReplicationPollMs), [weak = weak_from_this()] {
    if (auto self = weak.lock()) self->tick();
  });
}

void Hub::drain_series() {
  std::vector<Inbox::Message> messages;
  bool lost;
  {
    std::lock_guard lock(inbox_->mutex);
    messages.swap(inbox_->messages);
    inbox_->weight_sum = 0;
    inbox_->woken = false;
    lost = std::exchange(inbox_->lost, false);
  }
  if (lost) series_.mark_gap();
  for (auto& message : messages) {
    if (auto* table = std::get_if<SeriesTable>(&message))
      series_.table(std::move(*table));
    else if (auto* rows = std::get_if<std::vector<SeriesRow>>(&message))
      series_.rows(std::move(*rows));
    else
      series_.drop(std::get<std::string>(message));
  }
  if (std::exchange(series_flush_due_, true)) return;
  auto since = std::chrono::milliseconds(loop_->now_ms() - series_flushed_ms_);
  loop_->after(std::max(options_.gather, options_.rows_interval - since), [weak = weak_from_this()] {
    if (auto self = weak.lock()) self->flush_series();
  });
}

void Hub::flush_series() {
  series_flush_due_ = false;
  series_flushed_ms_ = loop_->now_ms();
  if (series_.seal()) refreshed(series_channel, true);
}

}  // namespace weir::web
