#include "web/views_json.h"

#include <algorithm>
#include <cstdio>
#include <unordered_map>

#include "web/json_writer.h"

namespace weir::web {
namespace {

std::string padded(const char* prefix, uint64_t number, int width) {
  char buffer[64];
  std::snprintf(buffer, sizeof(buffer), "%s%0*llu", prefix, width, static_cast<unsigned long long>(number));
  return buffer;
}

std::string meta_json(WallMillis time_ms, const ClusterView* view = nullptr) {
  JsonWriter w;
  w.begin_object().field("time_ms", time_ms);
  if (view) w.field("cluster_id", view->cluster_id).field("local_node", view->local_node);
  return w.end_object().take();
}

std::string node_json(const NodeView& n) {
  JsonWriter w;
  w.begin_object()
      .field("id", n.id)
      .field("host", n.host)
      .field("port", n.port)
      .field("http", n.http)
      .field("rack", n.rack);
  w.field("alive", n.alive).field("fenced", n.fenced).field("controller", n.controller).field("voter", n.voter);
  w.field("rss_bytes", n.rss_bytes)
      .field("cpu_ratio", n.cpu_ratio)
      .field("io_backend", n.io_backend)
      .field("version", n.version);
  w.field("uptime_ms", n.uptime_ms)
      .field("disk_used_bytes", n.disk_used_bytes)
      .field("disk_free_bytes", n.disk_free_bytes);
  w.field("disk_total_bytes", n.disk_total_bytes)
      .field("bytes_in_rate", n.bytes_in_rate)
      .field("bytes_out_rate", n.bytes_out_rate);
  w.field("requests_rate", n.requests_rate)
      .field("produce_p99_ms", n.produce_p99_ms)
      .field("sync_p99_ms", n.sync_p99_ms);
  w.field("connections", n.connections).field("leaders", n.leaders).field("replicas", n.replicas);
  return w.end_object().take();
}

std::string quorum_json(const QuorumView& q) {
  JsonWriter w;
  w.begin_object().field("leader", q.leader).field("epoch", q.epoch).field("high_watermark", q.high_watermark);
  w.key("voters").begin_array();
  for (const auto& v : q.voters) {
    w.begin_object().field("id", v.id).field("log_end_offset", v.log_end_offset).field("lag", v.lag);
    w.field("last_caught_up_ms", v.last_caught_up_ms).field("observer", v.observer).end_object();
  }
  return w.end_array().end_object().take();
}

std::string event_json(const EventView& e) {
  JsonWriter w;
  w.begin_object()
      .field("seq", e.seq)
      .field("time_ms", e.time_ms)
      .field("kind", event_kind_name(e.kind))
      .field("text", e.text);
  return w.field("topic", e.topic).field("partition", e.partition).field("node", e.node).end_object().take();
}

std::string partition_json(const PartitionView& p, char state) {
  JsonWriter w;
  w.begin_object()
      .field("topic", p.topic)
      .field("partition", p.partition)
      .field("leader", p.leader)
      .field("leader_epoch", p.leader_epoch);
  w.field("state", std::string_view(&state, 1)).field("replicas", p.replicas).field("isr", p.isr);
  w.field("log_start", p.log_start).field("high_watermark", p.high_watermark).field("log_end", p.log_end);
  w.key("replica_states").begin_array();
  for (const auto& r : p.replica_states) {
    w.begin_object().field("broker", r.broker).field("log_end", r.log_end).field("in_sync", r.in_sync);
    w.field("lag", r.lag).field("lag_ms", r.lag_ms).end_object();
  }
  w.end_array().field("bytes_in_rate", p.bytes_in_rate).field("bytes_out_rate", p.bytes_out_rate);
  return w.field("records_in_rate", p.records_in_rate).field("size_bytes", p.size_bytes).end_object().take();
}

template <class T>
void add(std::optional<T>& sum, const std::optional<T>& more) {
  if (more) sum = sum.value_or(T{}) + *more;
}

/// What the partitions of one topic add up to. A sum over no known value stays unknown.
struct TopicSums {
  std::string states;
  std::optional<double> bytes_in_rate, bytes_out_rate, records_in_rate;
  std::optional<int64_t> size_bytes, records;
};

std::string topic_json(const TopicView& t, const TopicSums& sums) {
  JsonWriter w;
  w.begin_object().field("name", t.name).field("topic_id", t.topic_id).field("internal", t.internal);
  w.field("partitions", t.partitions)
      .field("replication_factor", t.replication_factor)
      .field("retention_ms", t.retention_ms);
  w.field("retention_bytes", t.retention_bytes)
      .field("cleanup_policy", t.cleanup_policy)
      .field("flush_policy", t.flush_policy);
  w.field("min_insync_replicas", t.min_insync_replicas)
      .field("states", sums.states)
      .field("bytes_in_rate", sums.bytes_in_rate);
  w.field("bytes_out_rate", sums.bytes_out_rate)
      .field("records_in_rate", sums.records_in_rate)
      .field("size_bytes", sums.size_bytes);
  return w.field("records", sums.records).end_object().take();
}

std::string group_json(const GroupView& g) {
  JsonWriter w;
  w.begin_object()
      .field("group_id", g.group_id)
      .field("type", g.type)
      .field("state", g.state)
      .field("protocol", g.protocol);
  w.field("coordinator", g.coordinator).field("generation", g.generation).field("lag", g.lag).field("lag_ms", g.lag_ms);
  w.key("members").begin_array();
  for (const auto& m : g.members) {
    w.begin_object()
        .field("member_id", m.member_id)
        .field("client_id", m.client_id)
        .field("client_host", m.client_host);
    w.field("instance_id", m.instance_id).field("partitions", m.partitions).end_object();
  }
  w.end_array().key("offsets").begin_array();
  for (const auto& o : g.offsets) {
    w.begin_object()
        .field("topic", o.topic)
        .field("partition", o.partition)
        .field("committed", o.committed)
        .field("log_end", o.log_end);
    w.field("lag", o.lag).field("lag_ms", o.lag_ms).field("member_id", o.member_id).end_object();
  }
  return w.end_array().end_object().take();
}

std::string job_json(const JobView& j) {
  JsonWriter w;
  w.begin_object().field("name", j.name).field("state", j.state).field("error", j.error).field("sql", j.sql);
  w.field("output_topic", j.output_topic).key("inputs").begin_array();
  for (const auto& i : j.inputs) {
    w.begin_object()
        .field("topic", i.topic)
        .field("partition", i.partition)
        .field("position", i.position)
        .field("lag", i.lag);
    w.field("watermark_ms", i.watermark_ms).field("idle", i.idle).end_object();
  }
  w.end_array().field("watermark_ms", j.watermark_ms).field("started_ms", j.started_ms).field("rows_in", j.rows_in);
  w.field("rows_out", j.rows_out).field("rows_in_rate", j.rows_in_rate).field("rows_out_rate", j.rows_out_rate);
  w.field("late_rows", j.late_rows).field("dropped_rows", j.dropped_rows).field("state_bytes", j.state_bytes);
  w.field("state_keys", j.state_keys)
      .field("checkpoints", j.checkpoints)
      .field("last_checkpoint_ms", j.last_checkpoint_ms);
  w.field("checkpoint_duration_ms", j.checkpoint_duration_ms)
      .field("emit_p50_ms", j.emit_p50_ms)
      .field("emit_p99_ms", j.emit_p99_ms);
  return w.field("guarantee", j.guarantee).field("node", j.node).end_object().take();
}

std::unordered_map<std::string_view, int32_t> min_isr_by_topic(const ClusterView& view) {
  std::unordered_map<std::string_view, int32_t> min_isr;
  for (const auto& topic : view.topics) min_isr[topic.name] = topic.min_insync_replicas.value_or(1);
  return min_isr;
}

int32_t min_isr_of(const std::unordered_map<std::string_view, int32_t>& min_isr, const std::string& topic) {
  auto found = min_isr.find(topic);
  return found == min_isr.end() ? 1 : found->second;
}

std::string health_json(const ClusterView& view) {
  auto min_isr = min_isr_by_topic(view);
  int64_t under_replicated = 0, under_min_isr = 0, leaderless = 0, alive = 0, replicas = 0, in_sync = 0;
  std::optional<double> bytes_in, records_in;
  for (const auto& p : view.partitions) {
    char state = partition_state(p, min_isr_of(min_isr, p.topic));
    under_replicated += state != 'o';
    under_min_isr += state == 'm';
    leaderless += state == 'l';
    replicas += static_cast<int64_t>(p.replicas.size());
    in_sync += static_cast<int64_t>(p.isr.size());
    add(bytes_in, p.bytes_in_rate);
    add(records_in, p.records_in_rate);
  }
  for (const auto& n : view.nodes) alive += n.alive && !n.fenced;
  JsonWriter w;
  w.begin_object().field("nodes", static_cast<int64_t>(view.nodes.size())).field("nodes_alive", alive);
  w.field("topics", static_cast<int64_t>(view.topics.size()))
      .field("partitions", static_cast<int64_t>(view.partitions.size()));
  w.field("under_replicated", under_replicated).field("under_min_isr", under_min_isr).field("leaderless", leaderless);
  w.field("replicas", replicas)
      .field("in_sync", in_sync)
      .field("bytes_in_rate", bytes_in)
      .field("records_in_rate", records_in);
  return w.end_object().take();
}

}  // namespace

std::string_view event_kind_name(EventKind kind) {
  switch (kind) {
    case EventKind::leader_change:
      return "leader_change";
    case EventKind::isr_shrink:
      return "isr_shrink";
    case EventKind::isr_expand:
      return "isr_expand";
    case EventKind::node_up:
      return "node_up";
    case EventKind::node_down:
      return "node_down";
    case EventKind::controller_change:
      return "controller_change";
    case EventKind::topic_created:
      return "topic_created";
    case EventKind::topic_deleted:
      return "topic_deleted";
    case EventKind::job_state:
      return "job_state";
    case EventKind::log_dir_offline:
      return "log_dir_offline";
    case EventKind::other:
      break;
  }
  return "other";
}

char partition_state(const PartitionView& p, int32_t min_insync_replicas) {
  if (!p.leader || *p.leader < 0) return 'l';
  if (static_cast<int32_t>(p.isr.size()) <
      std::min<int32_t>(min_insync_replicas, static_cast<int32_t>(p.replicas.size())))
    return 'm';
  return p.isr.size() < p.replicas.size() ? 'u' : 'o';
}

Items cluster_items(const ClusterView& view) {
  Items items;
  items["meta"] = meta_json(view.time_ms, &view);
  items["health"] = health_json(view);
  items["quorum"] = quorum_json(view.quorum);
  for (const auto& node : view.nodes) items["node/" + std::to_string(node.id)] = node_json(node);
  for (const auto& event : view.events) items[padded("event/", event.seq, 12)] = event_json(event);
  return items;
}

Items replication_items(const ClusterView& view) {
  auto min_isr = min_isr_by_topic(view);
  Items items;
  items["meta"] = meta_json(view.time_ms);
  for (const auto& p : view.partitions) {
    items[p.topic + padded("/", static_cast<uint32_t>(p.partition), 6)] = partition_json(
        p, partition_state(p, min_isr_of(min_isr, p.topic)));
  }
  return items;
}

Items topic_items(const ClusterView& view) {
  auto min_isr = min_isr_by_topic(view);
  std::unordered_map<std::string_view, TopicSums> sums;
  for (const auto& p : view.partitions) {
    auto& sum = sums[p.topic];
    if (sum.states.size() <= static_cast<size_t>(p.partition))
      sum.states.resize(static_cast<size_t>(p.partition) + 1, '?');
    sum.states[static_cast<size_t>(p.partition)] = partition_state(p, min_isr_of(min_isr, p.topic));
    add(sum.bytes_in_rate, p.bytes_in_rate);
    add(sum.bytes_out_rate, p.bytes_out_rate);
    add(sum.records_in_rate, p.records_in_rate);
    add(sum.size_bytes, p.size_bytes);
    if (p.log_end && p.log_start) add(sum.records, std::optional<int64_t>(*p.log_end - *p.log_start));
  }
  Items items;
  items["meta"] = meta_json(view.time_ms);
  for (const auto& topic : view.topics) items["topic/" + topic.name] = topic_json(topic, sums[topic.name]);
  return items;
}

Items group_items(const GroupsView& view) {
  Items items;
  items["meta"] = meta_json(view.time_ms);
  for (const auto& group : view.groups) items["group/" + group.group_id] = group_json(group);
  return items;
}

Items job_items(const JobsView& view) {
  Items items;
  items["meta"] = meta_json(view.time_ms);
  for (const auto& job : view.jobs) items["job/" + job.name] = job_json(job);
  return items;
}

namespace {
void list_field(JsonWriter& w, const Items& items, std::string_view list, std::string_view prefix) {
  w.key(list).begin_array();
  for (auto it = items.lower_bound(std::string(prefix)); it != items.end() && it->first.starts_with(prefix); ++it) {
    if (it->first != "meta") w.raw(it->second);
  }
  w.end_array();
}
}  // namespace

std::string items_document(const Items& items, std::string_view list, std::string_view prefix) {
  JsonWriter w;
  w.begin_object();
  if (auto meta = items.find("meta"); meta != items.end()) w.key("meta").raw(meta->second);
  list_field(w, items, list, prefix);
  return w.end_object().take();
}

std::string cluster_document(const Items& items) {
  JsonWriter w;
  w.begin_object();
  for (const char* name : {"meta", "health", "quorum"}) {
    if (auto found = items.find(name); found != items.end()) w.key(name).raw(found->second);
  }
  list_field(w, items, "nodes", "node/");
  list_field(w, items, "events", "event/");
  return w.end_object().take();
}

}  // namespace weir::web
