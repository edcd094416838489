// The views of web/backend.h as they come over the wire. null: not known, shown as "–".
export type Maybe<T> = T | null;

export interface NodeView {
  id: number; host: string; port: number; http: Maybe<string>; rack: Maybe<string>;
  alive: boolean; fenced: boolean; controller: boolean; voter: boolean;
  rss_bytes: Maybe<number>; cpu_ratio: Maybe<number>; io_backend: Maybe<string>; version: Maybe<string>; uptime_ms: Maybe<number>;
  disk_used_bytes: Maybe<number>; disk_free_bytes: Maybe<number>; disk_total_bytes: Maybe<number>;
  bytes_in_rate: Maybe<number>; bytes_out_rate: Maybe<number>; requests_rate: Maybe<number>;
  produce_p99_ms: Maybe<number>; sync_p99_ms: Maybe<number>; connections: Maybe<number>; leaders: Maybe<number>; replicas: Maybe<number>;
}
export interface Voter { id: number; log_end_offset: Maybe<number>; lag: Maybe<number>; last_caught_up_ms: Maybe<number>; observer: boolean }
export interface QuorumView { leader: Maybe<number>; epoch: Maybe<number>; high_watermark: Maybe<number>; voters: Voter[] }
export interface EventView { seq: number; time_ms: number; kind: string; text: string; topic: Maybe<string>; partition: Maybe<number>; node: Maybe<number> }
export interface Health {
  nodes: number; nodes_alive: number; topics: number; partitions: number; under_replicated: number; under_min_isr: number;
  leaderless: number; replicas: number; in_sync: number; bytes_in_rate: Maybe<number>; records_in_rate: Maybe<number>;
}
export interface Meta { time_ms: number; cluster_id?: string; local_node?: number }
export interface ReplicaView { broker: number; log_end: Maybe<number>; in_sync: boolean; lag: Maybe<number>; lag_ms: Maybe<number> }
/** o in order, u under-replicated, m fewer in sync than min.insync.replicas, l without leader. */
export type PartitionState = 'o' | 'u' | 'm' | 'l';
export interface PartitionView {
  topic: string; partition: number; leader: Maybe<number>; leader_epoch: number; state: PartitionState; replicas: number[]; isr: number[];
  log_start: Maybe<number>; high_watermark: Maybe<number>; log_end: Maybe<number>; replica_states: ReplicaView[];
  bytes_in_rate: Maybe<number>; bytes_out_rate: Maybe<number>; records_in_rate: Maybe<number>; size_bytes: Maybe<number>;
}
export interface TopicView {
  name: string; topic_id: string; internal: boolean; partitions: number; replication_factor: number; retention_ms: Maybe<number>;
  retention_bytes: Maybe<number>; cleanup_policy: Maybe<string>; flush_policy: Maybe<string>; min_insync_replicas: Maybe<number>; states: string;
  bytes_in_rate: Maybe<number>; bytes_out_rate: Maybe<number>; records_in_rate: Maybe<number>; size_bytes: Maybe<number>; records: Maybe<number>;
}
export interface GroupView {
  group_id: string; type: string; state: string; protocol: string; coordinator: Maybe<number>; generation: Maybe<number>;
  lag: Maybe<number>; lag_ms: Maybe<number>;
  members: { member_id: string; client_id: string; client_host: string; instance_id: Maybe<string>; partitions: number }[];
  offsets: { topic: string; partition: number; committed: Maybe<number>; log_end: Maybe<number>; lag: Maybe<number>; lag_ms: Maybe<number>; member_id: string }[];
}
export interface JobView {
  name: string; state: string; error: Maybe<string>; sql: string; output_topic: string;
  inputs: { topic: string; partition: number; position: Maybe<number>; lag: Maybe<number>; watermark_ms: Maybe<number>; idle: boolean }[];
  watermark_ms: Maybe<number>; started_ms: Maybe<number>; rows_in: Maybe<number>; rows_out: Maybe<number>; rows_in_rate: Maybe<number>;
  rows_out_rate: Maybe<number>; late_rows: Maybe<number>; dropped_rows: Maybe<number>; state_bytes: Maybe<number>; state_keys: Maybe<number>;
  checkpoints: Maybe<number>; last_checkpoint_ms: Maybe<number>; checkpoint_duration_ms: Maybe<number>; emit_p50_ms: Maybe<number>;
  emit_p99_ms: Maybe<number>; guarantee: Maybe<string>; node: Maybe<number>;
}
