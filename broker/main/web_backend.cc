#include "broker/main/web_backend.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

#include "base/util/version.h"
#include "broker/group/group_coordinator.h"
#include "broker/main/job_host.h"
#include "broker/main/serve.h"
#include "broker/topic_settings.h"
#include "replication/call.h"

namespace weir::main {
namespace {

constexpr size_t kEventsKept = 300;
constexpr Duration kRateSpan = std::chrono::seconds(1);
constexpr Duration kGatherTimeout = std::chrono::milliseconds(400);
constexpr Duration kStateKept = std::chrono::seconds(3);

int64_t resident_bytes() {
  long pages = 0, resident = 0;
  if (std::FILE* f = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(f, "%ld %ld", &pages, &resident) != 2) resident = 0;
    std::fclose(f);
  }
  return resident * ::sysconf(_SC_PAGESIZE);
}

double cpu_seconds() {
  rusage u;
  ::getrusage(RUSAGE_SELF, &u);
  return static_cast<double>(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
         static_cast<double>(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

std::string list_of(const std::vector<BrokerId>& ids) { return fmt::format("[{}]", fmt::join(ids, ", ")); }

std::string name_of(BrokerId id) { return id == kNoBroker ? "none" : std::to_string(id); }

/// Label values of the Prometheus text format.
std::string label(const std::string& s) {
  std::string out;
  for (char c : s) {
    if (c == '\\' || c == '"') out.push_back('\\');
    if (c == '\n')
      out += "\\n";
    else
      out.push_back(c);
  }
  return out;
}

}  // namespace

WebBackend::WebBackend(io::Runtime& runtime, broker::Node& node, JobHost& jobs)
    : runtime_(runtime), node_(node), jobs_(jobs), started_(runtime.now()) {
  node_.services().quorum.add_listener(*this);
  node_.services().node_view = [this] { return local_state(); };
}

void WebBackend::set_series_sink(std::shared_ptr<web::SeriesSink> sink) {
  runtime_.post([this, sink = std::move(sink)] { jobs_.set_series_sink(sink); });
}

void WebBackend::poll_cluster(web::ViewCallback<web::ClusterView> done) {
  runtime_.post([this, done = std::move(done)] {
    gather([this, done] {
      done(std::shared_ptr<const web::ClusterView>(std::make_shared<web::ClusterView>(cluster_view())));
    });
  });
}

void WebBackend::poll_groups(web::ViewCallback<web::GroupsView> done) {
  runtime_.post([this, done = std::move(done)] {
    gather([this, done] {
      done(std::shared_ptr<const web::GroupsView>(std::make_shared<web::GroupsView>(groups_view())));
    });
  });
}

void WebBackend::poll_jobs(web::ViewCallback<web::JobsView> done) {
  runtime_.post([this, done = std::move(done)] {
    done(std::shared_ptr<const web::JobsView>(std::make_shared<web::JobsView>(jobs_.view())));
  });
}

void WebBackend::metrics(std::function<void(std::string)> done) {
  runtime_.post([this, done = std::move(done)] { done(metrics_text()); });
}

void WebBackend::command(web::Command command, std::function<void(Result<std::string>)> done) {
  (void)command;
  done(Error(ErrorCode::unsupported, "web", "use the command line: weir sql, weir job, weir topic"));
}

void WebBackend::on_metadata(const replication::ImagePtr& image, const replication::MetadataDelta&) {
  if (image_) note_changes(*image_, *image);
  image_ = image;
}

void WebBackend::event(web::EventKind kind, std::string text, std::optional<std::string> topic,
                       std::optional<PartitionId> partition, std::optional<BrokerId> node) {
  web::EventView e;
  e.seq = next_event_++;
  e.time_ms = runtime_.wall_now();
  e.kind = kind;
  e.text = std::move(text);
  e.topic = std::move(topic);
  e.partition = partition;
  e.node = node;
  events_.push_back(std::move(e));
  if (events_.size() > kEventsKept) events_.pop_front();
}

void WebBackend::note_changes(const replication::MetadataImage& before, const replication::MetadataImage& after) {
  using web::EventKind;
  for (const auto& [id, broker] : after.brokers) {
    const auto* old = before.broker(id);
    bool was = old && !old->fenced, is = !broker->fenced;
    if (is && !was) event(EventKind::node_up, fmt::format("node {} is up", id), {}, {}, id);
    if (!is && was) event(EventKind::node_down, fmt::format("node {} is down", id), {}, {}, id);
  }
  if (before.controller != after.controller && after.controller != kNoBroker) {
    event(EventKind::controller_change, fmt::format("node {} is the controller", after.controller), {}, {},
          after.controller);
  }
  for (const auto& [name, topic] : before.topics) {
    if (!after.topics.contains(name)) event(EventKind::topic_deleted, fmt::format("topic {} was deleted", name), name);
  }
  for (const auto& [name, topic] : after.topics) {
    const auto* old = before.topic(name);
    if (!old || old->id != topic->id) {
      event(EventKind::topic_created,
            fmt::format("topic {} was created with {} partition{}", name, topic->partitions.size(),
                        topic->partitions.size() == 1 ? "" : "s"),
            name);
      continue;
    }
    if (old == topic.get()) continue;  // shared: nothing changed
    for (size_t i = 0; i < topic->partitions.size() && i < old->partitions.size(); ++i) {
      const auto &was = old->partitions[i], &is = topic->partitions[i];
      auto p = static_cast<PartitionId>(i);
      if (was.leader != is.leader) {
        event(EventKind::leader_change,
              fmt::format("{}-{}: leader {} → {} (epoch {})", name, i, name_of(was.leader), name_of(is.leader),
                          is.leader_epoch),
              name, p, is.leader);
      }
      if (was.isr.size() != is.isr.size()) {
        event(is.isr.size() < was.isr.size() ? EventKind::isr_shrink : EventKind::isr_expand,
              fmt::format("{}-{}: ISR {} → {}", name, i, list_of(was.isr), list_of(is.isr)), name, p);
      }
    }
  }
}

WebBackend::NodeState WebBackend::local_state() {
  broker::Services& s = node_.services();
  MonoTime now = runtime_.now();
  if (now - counters_.at >= kRateSpan) {
    before_ = std::exchange(counters_, {});
    counters_.at = now;
    counters_.cpu_s = cpu_seconds();
    counters_.requests = node_.requests();
    for (auto* p : s.replicas.all())
      counters_.partitions[p->tp()] = {p->log_end_offset(), p->log().size_bytes(), p->bytes_out()};
  }
  double span = before_.at.ns == 0 ? 0 : static_cast<double>((counters_.at - before_.at).count()) / 1e9;
  NodeState v;
  v.node_id = s.node_id();
  v.rss_bytes = resident_bytes();
  v.uptime_ms = (now - started_).count() / 1'000'000;
  v.connections = static_cast<int32_t>(node_.connection_count());
  v.io_backend = std::string(runtime_.backend());
  v.version = kVersion;
  v.http_url = http_url_;
  if (span > 0) {
    v.cpu_ratio = (counters_.cpu_s - before_.cpu_s) / span;
    v.requests_rate = static_cast<double>(counters_.requests - before_.requests) / span;
  }
  v.produce_p99_us = s.produce_latency.quantile_us(0.99, now);
  v.sync_p99_us = s.logs.journal_write_latency().quantile_us(0.99, now);
  if (std::string dir = log_dir_of(s.config); !dir.empty()) {
    if (auto free = runtime_.disk().free_bytes(dir)) v.disk_free_bytes = static_cast<int64_t>(*free);
  }
  for (auto* log : s.logs.all()) v.disk_used_bytes += static_cast<int64_t>(log->size_bytes());
  for (auto* partition : s.replicas.all()) {
    replication::PartitionView pv = partition->view(now);
    auto& out = v.partitions.emplace_back();
    out.topic = partition->tp().topic;
    out.partition = partition->tp().partition;
    out.leads = pv.leads;
    out.leader_epoch = pv.leader_epoch;
    out.log_start = pv.log_start;
    out.high_watermark = pv.high_watermark;
    out.durable = pv.durable;
    out.log_end = pv.log_end;
    out.size_bytes = static_cast<int64_t>(partition->log().size_bytes());
    auto was = before_.partitions.find(partition->tp()), is = counters_.partitions.find(partition->tp());
    if (span > 0 && is != counters_.partitions.end()) {
      // A partition that was not there before began empty.
      PartitionCounters from = was == before_.partitions.end() ? PartitionCounters{} : was->second;
      auto rate = [span](auto now, auto then) { return now > then ? static_cast<double>(now - then) / span : 0; };
      out.records_in_rate = rate(is->second.log_end, from.log_end);
      out.bytes_in_rate = rate(is->second.bytes, from.bytes);
      out.bytes_out_rate = rate(is->second.bytes_out, from.bytes_out);
    }
    for (const auto& r : pv.replicas)
      out.replicas.push_back({r.broker, r.durable_end, r.caught_up_ago.count() / 1'000'000});
  }
  replication::QuorumView q = s.quorum.view();
  if (q.leader == v.node_id) {
    for (const auto& r : q.replicas) {
      int64_t ago = r.last_caught_up_ago >= Duration{0} ? r.last_caught_up_ago.count() / 1'000'000 : -1;
      v.quorum.push_back({r.id, r.voter, r.log_end, r.lag, ago});
    }
  }
  for (const broker::GroupView& g : s.groups.view()) {
    auto& out = v.groups.emplace_back();
    out.group_id = g.id;
    out.state = g.state;
    out.protocol_type = g.protocol_type;
    out.protocol = g.protocol;
    out.generation = g.generation;
    for (const auto& m : g.members) {
      auto& member = out.members.emplace_back();
      member.member_id = m.id;
      member.client_id = m.client_id;
      member.client_host = m.host;
      member.instance_id = m.instance_id;
      for (const auto& tp : m.assigned) member.assigned.push_back({tp.topic, tp.partition});
    }
    for (const auto& [tp, offset] : g.offsets) out.offsets.push_back({tp.topic, tp.partition, offset});
  }
  return v;
}

void WebBackend::gather(std::function<void()> then) {
  broker::Services& s = node_.services();
  states_[s.node_id()] = {local_state(), runtime_.now()};
  auto open = std::make_shared<size_t>(1);
  auto finish = [open, then = std::move(then)] {
    if (--*open == 0) then();
  };
  for (const auto& [id, broker] : s.image().brokers) {
    if (id == s.node_id() || broker->fenced) continue;
    ++*open;
    replication::call<NodeState>(s.peers, id, replication::Lane::view, wire::WeirNodeViewRequest{}, 0, kGatherTimeout,
                                 [this, id = id, finish](Result<NodeState> state) {
                                   if (state && state->error_code == 0)
                                     states_[id] = {std::move(*state), runtime_.now()};
                                   finish();
                                 });
  }
  finish();
  std::erase_if(states_, [&](const auto& e) { return runtime_.now() - e.second.at > kStateKept; });
}

void WebBackend::add_partition(web::ClusterView& view, const std::string& topic, size_t index,
                               const replication::PartitionImage& image, const AllSaid& all) {
  web::PartitionView out;
  out.topic = topic;
  out.partition = static_cast<PartitionId>(index);
  if (image.leader != kNoBroker) out.leader = image.leader;
  out.leader_epoch = image.leader_epoch;
  out.replicas = image.replicas;
  out.isr = image.isr;
  static const Said kNothing;
  auto said = all.find({topic, out.partition});
  const Said& known = said == all.end() ? kNothing : said->second;
  auto of = [&known](BrokerId id) {
    auto it = std::find_if(known.begin(), known.end(), [id](const auto& e) { return e.first == id; });
    return it == known.end() ? nullptr : it->second;
  };
  const NodeState::PartitionState* leader = of(image.leader);
  if (leader && !leader->leads) leader = nullptr;
  if (leader) {
    out.log_start = leader->log_start;
    out.high_watermark = leader->high_watermark;
    out.log_end = leader->log_end;
    out.size_bytes = leader->size_bytes;
    if (leader->bytes_in_rate >= 0) out.bytes_in_rate = leader->bytes_in_rate;
    if (leader->bytes_out_rate >= 0) out.bytes_out_rate = leader->bytes_out_rate;
    if (leader->records_in_rate >= 0) out.records_in_rate = leader->records_in_rate;
  }
  for (BrokerId id : image.replicas) {
    web::ReplicaView r;
    r.broker = id;
    r.in_sync = std::find(image.isr.begin(), image.isr.end(), id) != image.isr.end();
    if (const auto* p = of(id)) r.log_end = id == image.leader ? p->log_end : p->durable;
    if (leader) {
      for (const auto& told : leader->replicas) {
        if (told.broker != id || id == image.leader || told.durable_end == kNoOffset) continue;
        r.log_end = told.durable_end;  // what counts for the high watermark
        if (told.caught_up_ago_ms >= 0) r.lag_ms = told.caught_up_ago_ms;
      }
      if (r.log_end) r.lag = std::max<int64_t>(0, leader->log_end - *r.log_end);
    }
    out.replica_states.push_back(r);
  }
  view.partitions.push_back(std::move(out));
}

const std::vector<web::TopicView>& WebBackend::topics() {
  const replication::ImagePtr& image = node_.services().replicas.image();
  if (topics_of_ == image) return topics_;
  topics_of_ = image;
  topics_.clear();
  for (const auto& [name, topic] : image->topics) {
    web::TopicView t;
    t.name = name;
    t.topic_id = topic->id.to_string();
    t.internal = name.starts_with("__");
    t.partitions = static_cast<int32_t>(topic->partitions.size());
    t.replication_factor = topic->partitions.empty() ? 0 : static_cast<int32_t>(topic->partitions[0].replicas.size());
    config::TopicConfig c = config::make_topic_config(broker::layers_of_topic(*image, node_.services().config, name));
    t.retention_ms = c.retention_ms;
    t.retention_bytes = c.retention_bytes;
    t.cleanup_policy = fmt::format("{}", fmt::join(c.cleanup_policy, ","));
    t.flush_policy = c.weir_flush;
    t.min_insync_replicas = c.min_insync_replicas;
    topics_.push_back(std::move(t));
  }
  return topics_;
}

web::ClusterView WebBackend::cluster_view() {
  broker::Services& s = node_.services();
  const replication::MetadataImage& image = s.image();
  web::ClusterView v;
  v.cluster_id = image.cluster_id;
  v.local_node = s.node_id();
  v.time_ms = runtime_.wall_now();
  replication::QuorumView q = s.quorum.view();
  std::map<BrokerId, std::pair<int32_t, int32_t>> placed;  // leaders, replicas
  for (const auto& [name, topic] : image.topics) {
    for (const auto& p : topic->partitions) {
      ++placed[p.leader].first;
      for (BrokerId id : p.replicas) ++placed[id].second;
    }
  }
  for (const auto& [id, broker] : image.brokers) {
    web::NodeView n;
    n.id = id;
    if (!broker->listeners.empty())
      n.host = broker->listeners[0].endpoint.host, n.port = broker->listeners[0].endpoint.port;
    n.rack = broker->rack;
    n.alive = !broker->fenced;
    n.fenced = broker->fenced;
    n.controller = image.controller == id;
    n.voter = std::any_of(q.replicas.begin(), q.replicas.end(),
                          [&, node = id](const auto& r) { return r.id == node && r.voter; });
    n.leaders = placed[id].first;
    n.replicas = placed[id].second;
    if (auto it = states_.find(id); it != states_.end() && n.alive) {
      const NodeState& state = it->second.state;
      if (!state.http_url.empty()) n.http = state.http_url;
      n.rss_bytes = state.rss_bytes;
      if (state.cpu_ratio >= 0) n.cpu_ratio = state.cpu_ratio;
      n.io_backend = state.io_backend;
      n.version = state.version;
      n.uptime_ms = state.uptime_ms;
      n.connections = state.connections;
      n.disk_used_bytes = state.disk_used_bytes;
      if (state.disk_free_bytes >= 0) n.disk_free_bytes = state.disk_free_bytes;
      if (state.requests_rate >= 0) n.requests_rate = state.requests_rate;
      if (state.produce_p99_us >= 0) n.produce_p99_ms = static_cast<double>(state.produce_p99_us) / 1000;
      if (state.sync_p99_us >= 0) n.sync_p99_ms = static_cast<double>(state.sync_p99_us) / 1000;
      for (const auto& p : state.partitions) {
        if (p.bytes_out_rate >= 0) n.bytes_out_rate = n.bytes_out_rate.value_or(0) + p.bytes_out_rate;
        if (p.leads && p.bytes_in_rate >= 0) n.bytes_in_rate = n.bytes_in_rate.value_or(0) + p.bytes_in_rate;
      }
    }
    v.nodes.push_back(std::move(n));
  }
  if (q.leader != kNoBroker) v.quorum.leader = q.leader;
  v.quorum.epoch = q.epoch;
  v.quorum.high_watermark = q.high_watermark;
  // How far the others are is what the quorum's leader tells; the voters are known everywhere.
  for (const auto& r : q.replicas) v.quorum.voters.push_back({.id = r.id, .observer = !r.voter});
  if (auto it = states_.find(q.leader); it != states_.end() && !it->second.state.quorum.empty()) {
    v.quorum.voters.clear();
    for (const auto& r : it->second.state.quorum) {
      auto& voter = v.quorum.voters.emplace_back();
      voter.id = r.id;
      voter.observer = !r.voter;
      if (r.log_end != kNoOffset) voter.log_end_offset = r.log_end, voter.lag = r.lag;
      if (r.caught_up_ago_ms >= 0) voter.last_caught_up_ms = v.time_ms - r.caught_up_ago_ms;
    }
  }
  AllSaid all;
  for (const auto& [id, heard] : states_) {
    for (const auto& p : heard.state.partitions) all[{p.topic, p.partition}].emplace_back(id, &p);
  }
  v.topics = topics();
  for (const auto& [name, topic] : image.topics) {
    for (size_t i = 0; i < topic->partitions.size(); ++i) add_partition(v, name, i, topic->partitions[i], all);
  }
  v.events.assign(events_.begin(), events_.end());
  return v;
}

web::GroupsView WebBackend::groups_view() {
  web::GroupsView v;
  v.time_ms = runtime_.wall_now();
  std::map<TopicPartition, Offset> ends;
  for (const auto& [id, heard] : states_) {
    for (const auto& p : heard.state.partitions) {
      if (p.leads) ends[{p.topic, p.partition}] = p.high_watermark;
    }
  }
  for (const auto& [id, heard] : states_) {
    for (const auto& g : heard.state.groups) {
      web::GroupView out;
      out.group_id = g.group_id;
      out.type = "classic";
      out.state = g.state;
      out.protocol = g.protocol;
      out.coordinator = id;
      out.generation = g.generation;
      std::map<TopicPartition, web::GroupOffsetView> offsets;  // what is committed, and what is only assigned yet
      for (const auto& m : g.members) {
        out.members.push_back(
            {m.member_id, m.client_id, m.client_host, m.instance_id, static_cast<int32_t>(m.assigned.size())});
        for (const auto& a : m.assigned) offsets[{a.topic, a.partition}].member_id = m.member_id;
      }
      for (const auto& committed : g.offsets)
        offsets[{committed.topic, committed.partition}].committed = committed.committed;
      for (auto& [tp, o] : offsets) {
        o.topic = tp.topic;
        o.partition = tp.partition;
        if (auto it = ends.find(tp); it != ends.end()) o.log_end = it->second;
        if (o.log_end && o.committed) {
          o.lag = std::max<int64_t>(0, *o.log_end - *o.committed);
          out.lag = out.lag.value_or(0) + *o.lag;
        }
        out.offsets.push_back(std::move(o));
      }
      v.groups.push_back(std::move(out));
    }
  }
  return v;
}

std::string WebBackend::metrics_text() {
  broker::Services& s = node_.services();
  std::string out;
  auto head = [&](const char* name, const char* type, const char* help) {
    out += fmt::format("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
  };
  head("weir_build_info", "gauge", "Always 1; the labels tell the build.");
  out += fmt::format("weir_build_info{{backend=\"{}\"}} 1\n", runtime_.backend());
  head("process_resident_memory_bytes", "gauge", "Resident memory.");
  out += fmt::format("process_resident_memory_bytes {}\n", resident_bytes());
  head("process_cpu_seconds_total", "counter", "User and system CPU time.");
  out += fmt::format("process_cpu_seconds_total {:.3f}\n", cpu_seconds());
  head("weir_requests_total", "counter", "Kafka requests taken.");
  out += fmt::format("weir_requests_total {}\n", node_.requests());
  head("weir_connections", "gauge", "Open Kafka connections.");
  out += fmt::format("weir_connections {}\n", node_.connection_count());
  head("weir_journal_written_bytes_total", "counter", "Bytes written to the commit journal.");
  out += fmt::format("weir_journal_written_bytes_total {}\n", s.logs.journal_bytes_written());
  head("weir_tail_cache_bytes", "gauge", "Memory of the newest records.");
  out += fmt::format("weir_tail_cache_bytes {}\n", s.logs.tail_cache_used());
  auto partitions = s.replicas.all();
  size_t under = 0;
  head("weir_partition_high_watermark", "gauge", "First offset that is not yet committed.");
  for (auto* p : partitions)
    out += fmt::format("weir_partition_high_watermark{{topic=\"{}\",partition=\"{}\"}} {}\n", label(p->tp().topic),
                       p->tp().partition, p->high_watermark());
  head("weir_partition_log_end_offset", "gauge", "Next offset to be written.");
  for (auto* p : partitions)
    out += fmt::format("weir_partition_log_end_offset{{topic=\"{}\",partition=\"{}\"}} {}\n", label(p->tp().topic),
                       p->tp().partition, p->log_end_offset());
  head("weir_partition_isr_size", "gauge", "In-sync replicas of partitions led here.");
  for (auto* p : partitions) {
    const auto* image = s.image().partition(p->tp());
    if (!p->leads() || !image) continue;
    under += image->isr.size() < image->replicas.size();
    out += fmt::format("weir_partition_isr_size{{topic=\"{}\",partition=\"{}\"}} {}\n", label(p->tp().topic),
                       p->tp().partition, image->isr.size());
  }
  head("weir_under_replicated_partitions", "gauge", "Partitions led here with fewer in-sync replicas than replicas.");
  out += fmt::format("weir_under_replicated_partitions {}\n", under);
  return out;
}

}  // namespace weir::main
