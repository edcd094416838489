#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/util/result.h"
#include "base/util/types.h"

/// What the dashboard shows, as plain structs, and the interface that main implements to hand them over. No JSON here.
///
/// Rules for every view: cheap copies taken on the shard that owns the data, then handed over. A value that is not
/// known is std::nullopt and shown as "–": zero lag is not the same as no commit. Times are WallMillis (UTC). Rates are
/// per second.
namespace weir::web {

/// One node of the cluster as its registration, its heartbeats and (for the local node) its own counters tell.
struct NodeView {
  BrokerId id = kNoBroker;
  std::string host;  // advertised Kafka address
  int32_t port = 0;
  std::optional<std::string> http;  // base URL of its dashboard, "http://127.0.0.1:8081"
  std::optional<std::string> rack;
  bool alive = false;       // registered and heartbeating
  bool fenced = false;      // registered, but may not lead
  bool controller = false;  // it is the active controller
  bool voter = false;       // it votes in the metadata quorum
  std::optional<int64_t> rss_bytes;
  std::optional<double> cpu_ratio;        // of one core: 0.5 = half a core, 2.0 = two cores
  std::optional<std::string> io_backend;  // "io_uring", "posix", "sim"
  std::optional<std::string> version;
  std::optional<int64_t> uptime_ms;
  std::optional<int64_t> disk_used_bytes;  // by this node's logs
  std::optional<int64_t> disk_free_bytes;
  std::optional<int64_t> disk_total_bytes;
  std::optional<double> bytes_in_rate;   // record bytes produced to its leaders
  std::optional<double> bytes_out_rate;  // record bytes fetched by consumers
  std::optional<double> requests_rate;   // Kafka requests answered
  std::optional<double> produce_p99_ms;  // acknowledged produce requests
  std::optional<double> sync_p99_ms;     // journal write to durable
  std::optional<int32_t> connections;
  std::optional<int32_t> leaders;   // partitions it leads
  std::optional<int32_t> replicas;  // partitions it holds
};

struct QuorumVoterView {
  BrokerId id = kNoBroker;
  std::optional<Offset> log_end_offset;
  std::optional<int64_t> lag;  // records behind the quorum leader
  std::optional<WallMillis> last_caught_up_ms;
  bool observer = false;  // follows without a vote
};

struct QuorumView {
  std::optional<BrokerId> leader;  // nullopt: no leader known
  std::optional<LeaderEpoch> epoch;
  std::optional<Offset> high_watermark;
  std::vector<QuorumVoterView> voters;  // voters first, then observers
};

/// One replica of a partition as its leader knows it (from follower fetches); on a node that does not lead it, what it
/// knows itself.
struct ReplicaView {
  BrokerId broker = kNoBroker;
  std::optional<Offset> log_end;
  bool in_sync = false;
  std::optional<int64_t> lag;     // records behind the leader's log end
  std::optional<int64_t> lag_ms;  // since it was last caught up
};

struct PartitionView {
  std::string topic;
  PartitionId partition = 0;
  std::optional<BrokerId> leader;  // nullopt: leaderless
  LeaderEpoch leader_epoch = kNoLeaderEpoch;
  std::vector<BrokerId> replicas;  // assignment, preferred leader first
  std::vector<BrokerId> isr;
  std::optional<Offset> log_start;
  std::optional<Offset> high_watermark;
  std::optional<Offset> log_end;            // of the leader
  std::vector<ReplicaView> replica_states;  // may be empty when the leader's view has not reached this node
  std::optional<double> bytes_in_rate;
  std::optional<double> bytes_out_rate;
  std::optional<double> records_in_rate;
  std::optional<int64_t> size_bytes;
};

struct TopicView {
  std::string name;
  std::string topic_id;  // base64 uuid, as Kafka's tools print it
  bool internal = false;
  int32_t partitions = 0;
  int32_t replication_factor = 0;
  std::optional<int64_t> retention_ms;        // -1: forever
  std::optional<int64_t> retention_bytes;     // -1: without limit
  std::optional<std::string> cleanup_policy;  // "delete", "compact", "compact,delete"
  std::optional<std::string> flush_policy;    // weir.flush: "ack", "interval", "os"
  std::optional<int32_t> min_insync_replicas;
};

enum class EventKind : uint8_t {
  leader_change,
  isr_shrink,
  isr_expand,
  node_up,
  node_down,
  controller_change,
  topic_created,
  topic_deleted,
  job_state,
  log_dir_offline,
  other,
};

/// One line of the event log. `seq` grows by one per event of this node and never repeats while the node runs: the
/// server keys events by it.
struct EventView {
  uint64_t seq = 0;
  WallMillis time_ms = 0;
  EventKind kind = EventKind::other;
  std::string text;  // one plain sentence: "orders-3: leader 1 → 2 (epoch 7)"
  std::optional<std::string> topic;
  std::optional<PartitionId> partition;
  std::optional<BrokerId> node;
};

struct ClusterView {
  std::string cluster_id;
  BrokerId local_node = kNoBroker;  // the node that serves this page
  WallMillis time_ms = 0;           // when the view was taken
  std::vector<NodeView> nodes;
  QuorumView quorum;
  std::vector<TopicView> topics;
  std::vector<PartitionView> partitions;
  std::vector<EventView> events;  // newest last; the backend keeps a bounded number (some hundred)
};

struct GroupOffsetView {
  std::string topic;
  PartitionId partition = 0;
  std::optional<Offset> committed;  // nullopt: no commit
  std::optional<Offset> log_end;
  std::optional<int64_t> lag;     // records
  std::optional<int64_t> lag_ms;  // age of the first record not yet consumed
  std::string member_id;          // empty: unassigned
};

struct GroupMemberView {
  std::string member_id;
  std::string client_id;
  std::string client_host;
  std::optional<std::string> instance_id;
  int32_t partitions = 0;
};

struct GroupView {
  std::string group_id;
  std::string type;      // "classic", "consumer", "share"
  std::string state;     // as Kafka prints it: "Stable", "Empty", "PreparingRebalance", …
  std::string protocol;  // assignor, empty if none
  std::optional<BrokerId> coordinator;
  std::optional<int32_t> generation;
  std::optional<int64_t> lag;     // sum over partitions that have a commit
  std::optional<int64_t> lag_ms;  // max over partitions
  std::vector<GroupMemberView> members;
  std::vector<GroupOffsetView> offsets;
};

struct GroupsView {
  WallMillis time_ms = 0;
  std::vector<GroupView> groups;
};

struct JobInputView {
  std::string topic;
  PartitionId partition = 0;
  std::optional<Offset> position;          // next offset to read
  std::optional<int64_t> lag;              // records up to the high watermark
  std::optional<WallMillis> watermark_ms;  // event time
  bool idle = false;                       // set aside: it does not hold the watermark back
};

struct JobView {
  std::string name;
  std::string state;                 // "running", "paused", "failed", "starting", "finished", "backfilling"
  std::optional<std::string> error;  // why it failed
  std::string sql;
  std::string output_topic;
  std::vector<JobInputView> inputs;
  std::optional<WallMillis> watermark_ms;  // min over partitions that are not idle
  std::optional<WallMillis> started_ms;
  std::optional<int64_t> rows_in;
  std::optional<int64_t> rows_out;
  std::optional<double> rows_in_rate;
  std::optional<double> rows_out_rate;
  std::optional<int64_t> late_rows;
  std::optional<int64_t> dropped_rows;  // could not be read as the table's format
  std::optional<int64_t> state_bytes;
  std::optional<int64_t> state_keys;
  std::optional<int64_t> checkpoints;
  std::optional<WallMillis> last_checkpoint_ms;
  std::optional<double> checkpoint_duration_ms;
  std::optional<double> emit_p50_ms;  // closing record read → row on the output topic
  std::optional<double> emit_p99_ms;
  std::optional<std::string> guarantee;  // "exactly_once", "at_least_once"
  std::optional<BrokerId> node;          // where it runs, if on one node
};

struct JobsView {
  WallMillis time_ms = 0;
  std::vector<JobView> jobs;
};

/// The columns of a job's result table, sent once before its rows (and again after a change).
struct SeriesTable {
  std::string job;
  std::string table;                 // INSERT INTO …
  std::string topic;                 // the output topic
  std::vector<std::string> keys;     // names of the key columns, e.g. {"service"}
  std::vector<std::string> metrics;  // names of the numeric columns, e.g. {"requests", "p95_ms"}
};

/// One result row. A row with the same job, table, keys and window replaces an earlier one, so pushing it twice does no
/// harm.
struct SeriesRow {
  std::string job;
  std::string table;
  std::vector<std::string> keys;  // values, in the order of SeriesTable::keys
  WallMillis window_start_ms = 0;
  WallMillis window_end_ms = 0;
  std::vector<std::optional<double>> metrics;  // values, in the order of SeriesTable::metrics
};

/// Where the backend pushes result rows. Every call may come from any thread, never blocks and never fails: the rows
/// are moved into the web thread's inbox, which is bounded (a flood drops the oldest rows and the page is told of the
/// gap).
class SeriesSink {
 public:
  virtual ~SeriesSink() = default;
  virtual void table(SeriesTable table) = 0;
  virtual void rows(std::vector<SeriesRow> rows) = 0;
  virtual void drop(std::string job) = 0;  // the job is gone: its series too
};

enum class CommandKind : uint8_t { run_sql, drop_job, pause_job, resume_job, create_topic, delete_topic, elect_leader };

/// A write that came by POST or DELETE and passed the Origin, Host and token rules.
struct Command {
  CommandKind kind = CommandKind::run_sql;
  std::string name;                         // job or topic
  std::string sql;                          // run_sql
  std::map<std::string, std::string> vars;  // run_sql: ${K} → V
  int32_t partitions = -1;                  // create_topic; -1: the default
  int32_t replication_factor = -1;
  PartitionId partition = -1;                  // elect_leader
  std::map<std::string, std::string> configs;  // create_topic
  std::string principal;                       // who asked, for the audit line: "token", "loopback"
};

template <class View>
using ViewCallback = std::function<void(Result<std::shared_ptr<const View>>)>;

/// What the web server asks of the node. Every function but set_series_sink is called on the web thread and must return
/// at once; a callback is called exactly once, on any thread, also after stop() was called (the server then ignores
/// it). At most one poll of a kind is in flight, at most ten a second, and none while nobody looks. A poll that is not
/// answered within five seconds makes the page show its data as stale.
class Backend {
 public:
  virtual ~Backend() = default;

  virtual bool ready() = 0;                                         // GET /readyz
  virtual void metrics(std::function<void(std::string)> done) = 0;  // GET /metrics: Prometheus text exposition format
                                                                    // 0.0.4
  virtual void poll_cluster(ViewCallback<ClusterView> done) = 0;
  virtual void poll_groups(ViewCallback<GroupsView> done) = 0;
  virtual void poll_jobs(ViewCallback<JobsView> done) = 0;

  /// The server hands over its sink at start and takes it back (nullptr) at stop, on the thread that calls start and
  /// stop; a copy used later does no harm. The backend first pushes tables and whatever recent rows it has, then each
  /// row as soon as it is committed to the output topic.
  virtual void set_series_sink(std::shared_ptr<SeriesSink> sink) = 0;

  /// Success: one sentence or a JSON document for the caller.
  virtual void command(Command command, std::function<void(Result<std::string>)> done) {
    (void)command;
    done(Error(ErrorCode::unsupported, "web", "this node takes no commands over HTTP"));
  }
};

std::string_view event_kind_name(EventKind kind);

}  // namespace weir::web
