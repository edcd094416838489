#include "replication/controller/brokers.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/util/check.h"
#include "base/util/diag.h"
#include "replication/controller/partition_change.h"

namespace weir::replication {

namespace {

int16_t number(ErrorCode code) { return static_cast<int16_t>(code); }

std::vector<BrokerId> without(const std::vector<BrokerId>& v, BrokerId id) {
  std::vector<BrokerId> out;
  for (BrokerId b : v)
    if (b != id) out.push_back(b);
  return out;
}

wire::BrokerRegistrationChangeRecord registration_change(const BrokerImage& b, int8_t fenced, int8_t shutdown) {
  wire::BrokerRegistrationChangeRecord r;
  r.broker_id = b.id;
  r.broker_epoch = b.epoch;
  r.fenced = fenced;
  r.in_controlled_shutdown = shutdown;
  return r;
}

bool has_leaderships(const MetadataImage& image, BrokerId broker) {
  bool any = false;
  for_each_partition_of(image, broker,
                        [&](const TopicImage&, PartitionId, const PartitionImage& p) { any |= p.leader == broker; });
  return any;
}

/// Every other broker is down or goes down too. (False for the only broker there is: it has its own quorum to write its
/// leave to.)
bool all_others_leave(const MetadataImage& image, BrokerId broker, BrokerSessions& sessions) {
  for (const auto& [id, b] : image.brokers) {
    const auto* session = sessions.find(id);
    if (id != broker && !b->fenced && !b->in_controlled_shutdown && !(session && session->let_go)) return false;
  }
  return image.brokers.size() > 1;
}

}  // namespace

// --- moves

namespace {

/// What the topic sets, else what the cluster does.
std::optional<std::string> topic_setting(const ControllerContext& c, const std::string& topic, const std::string& key) {
  const ConfigMap& own = c.image.config(ConfigType::topic, topic);
  if (auto it = own.find(key); it != own.end()) return it->second;
  return c.options.configs.topic_default ? c.options.configs.topic_default(c.image, key) : std::nullopt;
}

size_t min_insync_replicas(const ControllerContext& c, const std::string& topic) {
  int n = 1;
  if (auto value = topic_setting(c, topic, "min.insync.replicas"))
    std::from_chars(value->data(), value->data() + value->size(), n);
  return static_cast<size_t>(std::max(n, 1));
}

}  // namespace

bool unclean_election_enabled(const ControllerContext& c, const std::string& topic) {
  return topic_setting(c, topic, "unclean.leader.election.enable") == "true";
}

MetadataRecords set_aside(const ControllerContext& c, BrokerId broker) {
  auto may_lead = [&](BrokerId id) { return is_active(c.image, id); };
  MetadataRecords out;
  for_each_partition_of(c.image, broker, [&](const TopicImage& t, PartitionId i, const PartitionImage& p) {
    std::vector<BrokerId> rest = without(p.isr, broker);
    if (p.leader == broker || p.leader == kNoBroker || rest.size() == p.isr.size() ||
        rest.size() < min_insync_replicas(c, t.name))
      return;
    if (auto r = plan_change(p, t.id, i, {.isr = rest, .may_lead = may_lead})) out.push_back(*r);
  });
  return out;
}

void fence_moves(const ControllerContext& c, BrokerId broker, MetadataRecords& out) {
  auto may_lead = [&](BrokerId id) { return id != broker && is_active(c.image, id); };
  for_each_partition_of(c.image, broker, [&](const TopicImage& t, PartitionId i, const PartitionImage& p) {
    if (p.leader != broker && std::find(p.isr.begin(), p.isr.end(), broker) == p.isr.end()) return;
    bool unclean = p.leader == broker && unclean_election_enabled(c, t.name);
    if (auto r = plan_change(
            p, t.id, i,
            {.isr = without(p.isr, broker), .may_lead = may_lead, .unclean = unclean, .last_choice = c.last_choice}))
      out.push_back(*r);
  });
}

namespace {

/// A directory that lost records comes back under another id, an empty one too.
bool lost_records(const BrokerImage& known, const wire::BrokerRegistrationRequest& r) {
  return !known.log_dirs.empty() && std::none_of(known.log_dirs.begin(), known.log_dirs.end(), [&](const Uuid& dir) {
    return std::find(r.log_dirs.begin(), r.log_dirs.end(), dir) != r.log_dirs.end();
  });
}

/// `broker` does not hold all that it acknowledged. Where it is the last of the ISR nobody is known to, and electing it
/// would cut the others to its log: nobody leads until somebody decides so. A single replica keeps what it has.
void loss_moves(const ControllerContext& c, BrokerId broker, MetadataRecords& out) {
  auto may_lead = [&](BrokerId id) { return id != broker && is_active(c.image, id); };
  for_each_partition_of(c.image, broker, [&](const TopicImage& t, PartitionId i, const PartitionImage& p) {
    if (p.replicas.size() == 1 || p.isr != std::vector<BrokerId>{broker}) return;
    bool unclean = unclean_election_enabled(c, t.name);
    if (auto r = plan_change(p, t.id, i, {.isr = {}, .may_lead = may_lead, .unclean = unclean, .lost = true}))
      out.push_back(*r);
    if (!unclean)
      WEIR_ERROR(
          "controller: {}-{} has no leader: node {} lost records of it, and it was the last in sync. Another replica "
          "may lack acknowledged records; to go on with what it has: weir elect {} --partition {} --unclean",
          t.name, i, broker, t.name, i);
  });
}

}  // namespace

void unfence_moves(const ControllerContext& c, BrokerId broker, MetadataRecords& out) {
  auto may_lead = [&](BrokerId id) { return id == broker || is_active(c.image, id); };
  for_each_partition_of(c.image, broker, [&](const TopicImage& t, PartitionId i, const PartitionImage& p) {
    if (p.leader != kNoBroker) return;
    if (auto r = plan_change(p, t.id, i,
                             {.isr = p.isr, .may_lead = may_lead, .unclean = unclean_election_enabled(c, t.name)}))
      out.push_back(*r);
  });
}

MetadataRecords fence_broker(const ControllerContext& c, BrokerId broker) {
  const BrokerImage* b = c.image.broker(broker);
  CHECK(b != nullptr, "only a registered broker is fenced", broker);
  MetadataRecords out;
  if (b->fenced) return out;
  out.push_back(registration_change(*b, 1, 0));
  fence_moves(c, broker, out);
  return out;
}

MetadataRecords rebalance_leaders(const ControllerContext& c, size_t limit) {
  MetadataRecords out;
  auto may_lead = [&](BrokerId id) { return is_active(c.image, id); };
  for (const auto& [name, t] : c.image.topics) {
    for (size_t i = 0; i < t->partitions.size() && out.size() < limit; i++) {
      const PartitionImage& p = t->partitions[i];
      if (p.replicas.empty() || p.leader == p.replicas.front() || p.leader == kNoBroker) continue;
      if (auto r = plan_change(
              p, t->id, static_cast<PartitionId>(i),
              {.isr = p.isr, .may_lead = may_lead, .prefer_first = true, .last_choice = c.last_choice}))
        out.push_back(*r);
    }
  }
  return out;
}

// --- requests

Result<ControllerDecision<wire::BrokerRegistrationResponse>> decide(const ControllerContext& c,
                                                                    const wire::BrokerRegistrationRequest& r,
                                                                    bool session_alive) {
  ControllerDecision<wire::BrokerRegistrationResponse> d;
  auto refuse = [&](ErrorCode code) {
    d.response.error_code = number(code);
    return d;
  };
  if (r.cluster_id != c.image.cluster_id) return refuse(ErrorCode::inconsistent_cluster_id);
  if (r.incarnation_id.is_zero() || r.broker_id < 0) return refuse(ErrorCode::invalid_request);
  const BrokerImage* known = c.image.broker(r.broker_id);
  if (known && known->incarnation_id == r.incarnation_id) {
    d.response.broker_epoch = known->epoch;  // its first answer was lost
    return d;
  }
  if (known && !known->fenced) {
    // A live broker holds the id (KIP-631), unless this one listens where that one did: a port has one owner, so that
    // one is gone.
    bool same_place = !r.listeners.empty() && known->listeners.size() == r.listeners.size();
    for (size_t i = 0; same_place && i < r.listeners.size(); i++)
      same_place = known->listeners[i].endpoint == io::Endpoint{r.listeners[i].host, r.listeners[i].port};
    if (session_alive && !same_place) return refuse(ErrorCode::duplicate_broker_registration);
    fence_moves(c, r.broker_id, d.records);
  }
  if (known && lost_records(*known, r)) loss_moves(c, r.broker_id, d.records);
  wire::RegisterBrokerRecord record;
  record.broker_id = r.broker_id;
  record.incarnation_id = r.incarnation_id;
  record.broker_epoch = d.response.broker_epoch = c.log_end;  // KIP-631: the offset of the registration, so it only
                                                              // grows
  for (const auto& l : r.listeners) record.end_points.push_back({l.name, l.host, l.port, l.security_protocol});
  for (const auto& f : r.features)
    record.features.push_back({f.name, f.min_supported_version, f.max_supported_version});
  record.rack = r.rack;
  record.fenced = true;
  record.log_dirs = r.log_dirs;
  d.records.push_back(std::move(record));
  return d;
}

Result<ControllerDecision<wire::BrokerHeartbeatResponse>> decide(const ControllerContext& c,
                                                                 const wire::BrokerHeartbeatRequest& r,
                                                                 BrokerSessions& sessions) {
  ControllerDecision<wire::BrokerHeartbeatResponse> d;
  auto& a = d.response;
  const BrokerImage* b = c.image.broker(r.broker_id);
  if (!b || b->epoch != r.broker_epoch) {
    a.error_code = number(ErrorCode::stale_broker_epoch);
    return d;
  }
  auto* session = sessions.find(r.broker_id);
  CHECK(session != nullptr, "a heartbeat was noted before it is judged", r.broker_id);
  a.is_caught_up = r.current_metadata_offset >= b->epoch;
  a.is_fenced = b->fenced;
  if (b->fenced) {
    a.should_shut_down = r.want_shut_down;
    if (r.want_fence || r.want_shut_down || !a.is_caught_up) return d;
    d.records.push_back(registration_change(*b, -1, 0));
    unfence_moves(c, r.broker_id, d.records);
    a.is_fenced = false;
    return d;
  }
  if (r.want_fence) {
    d.records = fence_broker(c, r.broker_id);
    a.is_fenced = true;
    return d;
  }
  if (!r.want_shut_down) return d;
  if (all_others_leave(c.image, r.broker_id, sessions)) {
    // Nobody could take its partitions, and with the others the majority goes that a record would need: it goes as it
    // is, its session runs out.
    a.should_shut_down = session->let_go = true;
    return d;
  }
  if (!b->in_controlled_shutdown) {
    // KIP-631 §Controlled shutdown: leaders move first; the broker goes when the others know.
    d.records.push_back(registration_change(*b, 0, 1));
    fence_moves(c, r.broker_id, d.records);
    session->shutdown_offset = c.log_end + static_cast<Offset>(d.records.size()) - 1;
    return d;
  }
  if (has_leaderships(c.image, r.broker_id)) {
    fence_moves(c, r.broker_id, d.records);
    return d;
  }
  if (session->shutdown_offset == kNoOffset) session->shutdown_offset = c.log_end - 1;
  if (sessions.lowest_offset(c.image, r.broker_id) < session->shutdown_offset) return d;
  d.records = fence_broker(c, r.broker_id);
  a.is_fenced = a.should_shut_down = true;
  return d;
}

Result<ControllerDecision<wire::UnregisterBrokerResponse>> decide(const ControllerContext& c,
                                                                  const wire::UnregisterBrokerRequest& r) {
  ControllerDecision<wire::UnregisterBrokerResponse> d;
  d.response.error_message.reset();
  const BrokerImage* b = c.image.broker(r.broker_id);
  if (!b) {
    d.response.error_code = number(ErrorCode::broker_id_not_registered);
    d.response.error_message = "Broker ID " + std::to_string(r.broker_id) + " is not currently registered";
    return d;
  }
  fence_moves(c, r.broker_id, d.records);
  // Who takes its id next may come with an empty directory, and nothing would tell.
  loss_moves(c, r.broker_id, d.records);
  wire::UnregisterBrokerRecord record;
  record.broker_id = b->id;
  record.broker_epoch = b->epoch;
  d.records.push_back(record);
  return d;
}

}  // namespace weir::replication
