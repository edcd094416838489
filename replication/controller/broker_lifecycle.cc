#include "replication/controller/broker_lifecycle.h"

#include <algorithm>

#include "base/util/diag.h"

namespace weir::replication {

namespace {
constexpr Duration kRegisterAgain{100'000'000};
constexpr Duration kBeatWhileFenced{100'000'000};
constexpr Duration kBeatWhileLeaving{50'000'000};
}  // namespace

BrokerLifecycle::BrokerLifecycle(io::Runtime& runtime, Options options, Channel channel)
    : runtime_(runtime), options_(std::move(options)), channel_(std::move(channel)), timer_([this] { next(); }) {}

BrokerLifecycle::~BrokerLifecycle() { *alive_ = false; }

void BrokerLifecycle::start() {
  started_ = true;
  next();
}

void BrokerLifecycle::on_metadata(Offset offset) {
  bool was_behind = applied_ <= epoch_;
  applied_ = std::max(applied_, offset);
  // The registration has come around: ask to be unfenced without waiting for the next beat.
  if (started_ && fenced_ && epoch_ >= 0 && was_behind && applied_ > epoch_) next();
}

void BrokerLifecycle::shut_down(std::function<void()> done) {
  if (!started_ || epoch_ < 0) return done();
  shut_down_ = std::move(done);
  next();
}

void BrokerLifecycle::next() {
  if (in_flight_ || gone_) return;
  epoch_ < 0 ? enlist() : beat();
}

void BrokerLifecycle::enlist() {
  in_flight_ = true;
  channel_.enlist(options_.registration, options_.session_timeout,
                  [this, alive = alive_](Result<wire::BrokerRegistrationResponse> r) {
                    if (!*alive) return;
                    in_flight_ = false;
                    if (!r || r->error_code != 0) {
                      if (r)
                        WEIR_WARN("broker: registration refused: {}",
                                  error_name(static_cast<ErrorCode>(r->error_code)));
                      return runtime_.arm_in(timer_, kRegisterAgain);
                    }
                    epoch_ = r->broker_epoch;
                    fenced_ = true;
                    told_unfenced_ = false;
                    options_.registration.previous_broker_epoch = epoch_;
                    if (on_epoch_) on_epoch_(epoch_);
                    if (applied_ > epoch_)
                      next();
                    else
                      runtime_.arm_in(timer_, kBeatWhileFenced);
                  });
}

void BrokerLifecycle::beat() {
  in_flight_ = true;
  wire::BrokerHeartbeatRequest r;
  r.broker_id = options_.registration.broker_id;
  r.broker_epoch = epoch_;
  r.current_metadata_offset = applied_ - 1;
  r.want_shut_down = shut_down_ != nullptr;
  // When it fails the channel has tried everyone for long enough to be fenced by now: the next one says where we stand.
  channel_.heartbeat(r, options_.session_timeout,
                     [this, alive = alive_, leaving = r.want_shut_down](Result<wire::BrokerHeartbeatResponse> a) {
                       if (!*alive) return;
                       in_flight_ = false;
                       if (!a) return runtime_.arm_in(timer_, kBeatWhileFenced);
                       if (a->error_code == static_cast<int16_t>(ErrorCode::stale_broker_epoch)) {
                         WEIR_INFO("broker: epoch {} is stale, registering again", epoch_);
                         epoch_ = -1;
                         fenced_ = true;
                         if (auto done = std::exchange(shut_down_, nullptr)) return gone_ = true, done();
                         return enlist();
                       }
                       if (a->error_code != 0) return runtime_.arm_in(timer_, kBeatWhileFenced);
                       if (fenced_ != a->is_fenced)
                         WEIR_INFO("broker: {} at epoch {}", a->is_fenced ? "fenced" : "unfenced", epoch_);
                       fenced_ = a->is_fenced;
                       if (!fenced_ && !std::exchange(told_unfenced_, true) && on_unfenced_) on_unfenced_();
                       if (leaving && a->should_shut_down) {
                         gone_ = true;
                         if (auto done = std::exchange(shut_down_, nullptr)) done();
                         return;
                       }
                       if (shut_down_ && !leaving) return next();
                       runtime_.arm_in(timer_, shut_down_ ? kBeatWhileLeaving
                                               : fenced_  ? kBeatWhileFenced
                                                          : options_.heartbeat_interval);
                     });
}

}  // namespace weir::replication
