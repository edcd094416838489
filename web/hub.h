#pragma once
#include <array>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "web/backend.h"
#include "web/channel.h"
#include "web/loop.h"
#include "web/requests.h"
#include "web/series_store.h"
#include "web/server.h"

namespace weir::web {

/// The other end of one WebSocket. wake(): there may be something to send; it then takes messages with
/// Hub::next_message when its socket is free. So a slow browser holds one message, not a queue: what it missed is
/// merged, or replaced by a snapshot with "gap".
class LiveClient {
 public:
  virtual ~LiveClient() = default;
  virtual void wake() = 0;
};

/// One kind of view: joins everybody who wants it into one poll in flight.
template <class View>
struct Source {
  std::shared_ptr<const View> view;
  int64_t done_ms = -1'000'000;  // when `view` came
  int64_t asked_ms = -1'000'000;
  bool in_flight = false;
  std::vector<std::pair<uint64_t, ViewCallback<View>>> waiters;
};

/// Channels, subscriptions and polls. Lives on the web thread; asks the backend only while somebody looks.
class Hub : public std::enable_shared_from_this<Hub> {
 public:
  Hub(std::shared_ptr<Loop> loop, Backend& backend, const WebOptions& options, uint64_t first_seq, std::string epoch);

  /// For the backend: safe from any thread, and after the hub is gone.
  std::shared_ptr<SeriesSink> series_sink();

  void attach(LiveClient* client);
  void detach(LiveClient* client);
  /// Errors: invalid_request (unknown channel), limit_reached.
  Status subscribe(LiveClient* client, const LiveRequest& request);
  void unsubscribe(LiveClient* client, int64_t id);
  /// The next message for this client, empty if it is up to date.
  std::string next_message(LiveClient* client);

  // Views for plain GETs: at most 100 ms old. Error request_timed_out after five seconds.
  void get_cluster(ViewCallback<ClusterView> done);
  void get_groups(ViewCallback<GroupsView> done);
  void get_jobs(ViewCallback<JobsView> done);
  const SeriesStore& series();
  const std::string& epoch() const { return epoch_; }
  size_t clients() const { return clients_.size(); }

 private:
  enum ChannelId : uint8_t { cluster, replication, topics, groups, jobs, series_channel, channel_count };
  struct Subscription {
    int64_t id;
    ChannelId channel;
    SubscriptionFilter filter;
    uint64_t sent_seq = 0;
    bool snapshot_due = true;  // it has nothing yet
    bool wait_fresh = false;   // what is here is old: wait for the next poll
    bool gap = false;
    bool announce = false;  // resumed: say so, even if nothing changed
  };
  struct Client {
    LiveClient* socket;
    std::vector<Subscription> subscriptions;
    size_t turn = 0;  // who is asked first next time
  };
  struct Inbox;

  template <class View>
  void ask(Source<View>& source);
  template <class View>
  void get(Source<View>& source, ViewCallback<View> done);
  template <class View>
  void answered(Source<View>& source, const Result<std::shared_ptr<const View>>& view);
  template <class View>
  bool is_due(const Source<View>& source, int64_t interval_ms);
  void send_to_backend(Source<ClusterView>& source);
  void send_to_backend(Source<GroupsView>& source);
  void send_to_backend(Source<JobsView>& source);
  void publish(const ClusterView& view);
  void publish(const GroupsView& view);
  void publish(const JobsView& view);
  void refreshed(ChannelId channel, bool changed);
  bool is_stale(ChannelId channel);
  bool wanted(ChannelId channel) const { return subscribers_[channel] > 0; }
  void ensure_tick();
  void tick();
  void drain_series();
  void flush_series();
  std::string message_for(Subscription& subscription);

  std::shared_ptr<Loop> loop_;
  Backend& backend_;
  WebOptions options_;
  std::string epoch_;
  std::vector<Channel> channels_;  // by ChannelId, without series
  SeriesStore series_;
  std::shared_ptr<Inbox> inbox_;
  std::array<size_t, channel_count> subscribers_{};
  std::map<LiveClient*, Client> clients_;
  Source<ClusterView> cluster_;
  Source<GroupsView> groups_;
  Source<JobsView> jobs_;
  uint64_t next_waiter_ = 1;
  bool ticking_ = false;
  bool series_flush_due_ = false;
  int64_t series_flushed_ms_ = -1'000'000;
};

}  // namespace weir::web
