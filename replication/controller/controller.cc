#include "replication/controller/controller.h"

#include <algorithm>

#include "base/util/check.h"
#include "base/util/diag.h"
#include "base/wire/messages/api_versions.h"
#include "replication/call.h"
#include "replication/controller/refusals.h"

namespace weir::replication {

namespace {
constexpr Duration kProbeTimeout{200'000'000};
constexpr Duration kSessionStep{50'000'000};  // sessions are looked at no more often
constexpr size_t kRebalanceMax = 1000;
// A client that met a refused port tries it again after its back-off, up to 10 s in librdkafka: until then a broker
// that is back serves none of the old clients.
constexpr Duration kClientsReturn{12'000'000'000};
}  // namespace

Controller::Controller(io::Runtime& runtime, Transport& transport, BrokerId self, ControllerOptions options,
                       Hooks hooks)
    : runtime_(runtime),
      transport_(transport),
      self_(self),
      options_(std::move(options)),
      hooks_(std::move(hooks)),
      sessions_(options_.broker_session_timeout),
      session_timer_([this] { check_sessions(); }),
      rebalance_timer_([this] { rebalance(); }) {}

Controller::~Controller() { *alive_ = false; }

void Controller::activate(const MetadataImage& committed, BrokerId former) {
  CHECK(!active(), "the controller is activated once a term", self_);
  term_ = std::make_shared<Term>(committed, hooks_);
  sessions_.reset(committed, runtime_.now());
  probing_.clear();
  WEIR_INFO("controller: active from offset {}, {} brokers, {} topics", committed.offset, committed.brokers.size(),
            committed.topics.size());
  if (committed.features.empty()) {
    if (Status s = term_->runtime.apply(bootstrap_records(options_)); !s)
      WEIR_ERROR("controller: {}", s.error().message());
  }
  // The last leader's death made this term; who else died with it is asked at once instead of waiting for sessions.
  for (const auto& [id, b] : committed.brokers) {
    if (id == self_ || b->fenced) continue;
    ask(id);
    probe(id);
  }
  if (former != self_) sessions_.suspect(former, runtime_.now());
  arm_sessions();
  if (options_.auto_leader_rebalance) runtime_.arm_in(rebalance_timer_, options_.leader_imbalance_check_interval);
}

void Controller::deactivate() {
  if (!active()) return;
  WEIR_INFO("controller: no longer active");
  auto term = std::exchange(term_, nullptr);
  runtime_.disarm(session_timer_);
  runtime_.disarm(rebalance_timer_);
  term->runtime.fail(ErrorCode::not_controller);
}

void Controller::committed(Offset offset) {
  if (auto term = term_) term->runtime.committed(offset);
}

void Controller::on_image(const MetadataImage& image) {
  for (const auto& [id, b] : image.brokers)
    if (!b->fenced) unfenced_at_.try_emplace(id, runtime_.now());
  std::erase_if(unfenced_at_, [&](const auto& u) { return !image.alive(u.first); });
}

ControllerContext Controller::context() const {
  ControllerContext c{term_->state.image(), options_, runtime_.random(), hooks_.log_end()};
  for (const auto& [id, since] : unfenced_at_)
    if (runtime_.now() - since < kClientsReturn) c.last_choice[id] = since;
  for (BrokerId id : sessions_.aside()) c.last_choice[id] = MonoTime::max();
  return c;
}

template <class Response, class Request, class Decide>
void Controller::run(const Request& request, Reply<Response> reply, Decide decide) {
  if (!active()) return reply(refuse<Response>(request, ErrorCode::not_controller));
  auto term = term_;
  term->runtime.template run<Response>(
      [&](const ControllerState&) { return decide(context()); },
      [request, reply](Result<Response> r) { reply(r ? std::move(*r) : refuse<Response>(request, r.code())); });
}

// --- brokers

void Controller::handle(const wire::BrokerRegistrationRequest& r, RequestContext,
                        Reply<wire::BrokerRegistrationResponse> reply) {
  auto* session = active() ? sessions_.find(r.broker_id) : nullptr;
  bool alive = session && runtime_.now() - session->last_contact < options_.broker_session_timeout;
  run<wire::BrokerRegistrationResponse>(r, std::move(reply), [&](const ControllerContext& c) {
    auto d = decide(c, r, alive);
    if (d && d->response.error_code == 0) sessions_.registered(r.broker_id, runtime_.now());
    if (d && d->response.error_code == 0)
      WEIR_INFO("controller: broker {} registers with epoch {}", r.broker_id, d->response.broker_epoch);
    return d;
  });
}

void Controller::handle(const wire::BrokerHeartbeatRequest& r, RequestContext,
                        Reply<wire::BrokerHeartbeatResponse> reply) {
  run<wire::BrokerHeartbeatResponse>(r, std::move(reply), [&](const ControllerContext& c) {
    const BrokerImage* b = c.image.broker(r.broker_id);
    bool was_fenced = b && b->fenced;
    if (b && b->epoch == r.broker_epoch) sessions_.contact(r.broker_id, r.current_metadata_offset, runtime_.now());
    auto d = decide(c, r, sessions_);
    if (d && was_fenced && !d->response.is_fenced && !d->records.empty()) {
      WEIR_INFO("controller: broker {} is unfenced", r.broker_id);
      ask(r.broker_id);
    }
    return d;
  });
  if (active() && !session_timer_.armed()) arm_sessions();
}

void Controller::handle(const wire::UnregisterBrokerRequest& r, RequestContext,
                        Reply<wire::UnregisterBrokerResponse> reply) {
  run<wire::UnregisterBrokerResponse>(r, std::move(reply), [&](const ControllerContext& c) {
    auto d = decide(c, r);
    if (d && d->response.error_code == 0) sessions_.forget(r.broker_id);
    return d;
  });
}

void Controller::fence(BrokerId broker, const char* why) {
  if (!active() || !term_->state.image().alive(broker)) return;
  MetadataRecords records = fence_broker(context(), broker);
  WEIR_INFO("controller: broker {} is fenced ({}), {} partitions change", broker, why, records.size() - 1);
  if (Status s = term_->runtime.apply(records); !s)
    WEIR_ERROR("controller: broker {} could not be fenced: {}", broker, s.error().message());
}

void Controller::on_disconnect(BrokerId broker) {
  if (active() && broker != self_ && term_->state.image().alive(broker)) probe(broker);
}

void Controller::probe(BrokerId broker) {
  if (!probing_.insert(broker).second) return;
  BrokerEpoch epoch = term_->state.image().broker(broker)->epoch;
  transport_.probe(
      broker, kProbeTimeout,
      [this, alive = alive_, broker, epoch, term = std::weak_ptr<Term>(term_), began = runtime_.now()](bool reachable) {
        if (!*alive || term.expired() || term.lock() != term_) return;
        probing_.erase(broker);
        const BrokerImage* b = term_->state.image().broker(broker);
        if (reachable) return ask(broker);
        auto* session = sessions_.find(broker);
        // Heard of meanwhile, or registered anew: it lives.
        if (!b || b->epoch != epoch || (session && session->last_contact > began)) return;
        fence(broker, "its port refuses connections");
      });
}

void Controller::ask(BrokerId broker) {
  if (broker == self_) return sessions_.answered(broker, runtime_.now());
  call<wire::ApiVersionsResponse>(
      transport_, broker, Lane::probe, wire::ApiVersionsRequest{}, 0, options_.broker_session_timeout,
      [this, alive = alive_, broker, term = std::weak_ptr<Term>(term_)](Result<wire::ApiVersionsResponse> answer) {
        if (!*alive || term.expired() || term.lock() != term_ || !answer) return;
        sessions_.answered(broker, runtime_.now());
      });
}

void Controller::check_sessions() {
  if (!active()) return;
  MonoTime now = runtime_.now();
  // This very process stood still: the heartbeats of the time lie unread. Everyone starts anew.
  if (now - session_timer_.due() > options_.broker_session_timeout / 8) {
    WEIR_WARN("controller: stood still for {} ms, broker sessions start anew",
              (now - session_timer_.due()).count() / 1'000'000);
    sessions_.forgive(now);
  }
  for (BrokerId b : sessions_.expired(term_->state.image(), now)) {
    if (!active()) return;
    const auto* session = sessions_.find(b);
    fence(b, now < session->lost_at ? "no heartbeat within the session timeout"
                                    : "it led the quorum, fell silent and does not answer");
  }
  if (!active()) return;
  for (BrokerId b : sessions_.to_ask(term_->state.image(), now)) ask(b);
  for (BrokerId b : sessions_.to_set_aside(term_->state.image(), now)) {
    MetadataRecords records = set_aside(context(), b);
    WEIR_INFO("controller: broker {} is silent and does not answer, it leaves {} ISRs", b, records.size());
    if (Status s = term_->runtime.apply(records); !s)
      WEIR_ERROR("controller: broker {} could not be set aside: {}", b, s.error().message());
    if (!active()) return;
  }
  arm_sessions();
}

void Controller::arm_sessions() {
  MonoTime next = sessions_.next_look(term_->state.image());
  if (next == MonoTime::max()) return runtime_.disarm(session_timer_);
  runtime_.arm(session_timer_, std::max(next, runtime_.now() + kSessionStep));
}

void Controller::rebalance() {
  if (!active()) return;
  MetadataRecords records = rebalance_leaders(context(), kRebalanceMax);
  if (!records.empty()) {
    WEIR_INFO("controller: {} partitions go back to their preferred leaders", records.size());
    if (Status s = term_->runtime.apply(records); !s) WEIR_ERROR("controller: {}", s.error().message());
  }
  runtime_.arm_in(rebalance_timer_, options_.leader_imbalance_check_interval);
}

// --- topics, configs, partitions

void Controller::handle(const wire::CreateTopicsRequest& r, RequestContext, Reply<wire::CreateTopicsResponse> reply) {
  run<wire::CreateTopicsResponse>(r, std::move(reply), [&](const ControllerContext& c) { return decide(c, r); });
}
void Controller::handle(const wire::DeleteTopicsRequest& r, RequestContext x, Reply<wire::DeleteTopicsResponse> reply) {
  run<wire::DeleteTopicsResponse>(r, std::move(reply),
                                  [&](const ControllerContext& c) { return decide(c, r, x.api_version); });
}
void Controller::handle(const wire::CreatePartitionsRequest& r, RequestContext,
                        Reply<wire::CreatePartitionsResponse> reply) {
  run<wire::CreatePartitionsResponse>(r, std::move(reply), [&](const ControllerContext& c) { return decide(c, r); });
}
void Controller::handle(const wire::AlterPartitionRequest& r, RequestContext x,
                        Reply<wire::AlterPartitionResponse> reply) {
  run<wire::AlterPartitionResponse>(
      r, std::move(reply), [&](const ControllerContext& c) { return decide(c, r, x.api_version, sessions_.aside()); });
}
void Controller::handle(const wire::AllocateProducerIdsRequest& r, RequestContext,
                        Reply<wire::AllocateProducerIdsResponse> reply) {
  run<wire::AllocateProducerIdsResponse>(r, std::move(reply), [&](const ControllerContext& c) { return decide(c, r); });
}
void Controller::handle(const wire::IncrementalAlterConfigsRequest& r, RequestContext,
                        Reply<wire::IncrementalAlterConfigsResponse> reply) {
  run<wire::IncrementalAlterConfigsResponse>(r, std::move(reply),
                                             [&](const ControllerContext& c) { return decide(c, r); });
}
void Controller::handle(const wire::AlterConfigsRequest& r, RequestContext, Reply<wire::AlterConfigsResponse> reply) {
  run<wire::AlterConfigsResponse>(r, std::move(reply), [&](const ControllerContext& c) { return decide(c, r); });
}
void Controller::handle(const wire::ElectLeadersRequest& r, RequestContext, Reply<wire::ElectLeadersResponse> reply) {
  run<wire::ElectLeadersResponse>(r, std::move(reply), [&](const ControllerContext& c) { return decide(c, r); });
}
void Controller::handle(const wire::UpdateFeaturesRequest& r, RequestContext x,
                        Reply<wire::UpdateFeaturesResponse> reply) {
  run<wire::UpdateFeaturesResponse>(r, std::move(reply),
                                    [&](const ControllerContext& c) { return decide(c, r, x.api_version); });
}

}  // namespace weir::replication
