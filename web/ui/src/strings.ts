// Every word on the page, in both languages. {x} is replaced by a value.
import { signal } from '@preact/signals';

const en = {
  wall: 'Wall', cluster: 'Cluster', replication: 'Replication', topics: 'Topics', groups: 'Groups', jobs: 'Jobs',
  live: 'Live', connecting: 'Connecting', reconnecting: 'Reconnecting', stale: 'No answer', pausedState: 'Paused',
  pause: 'Pause', resume: 'Resume', range: 'Time range', theme: 'Theme', themeAuto: 'Theme: as the system', themeLight: 'Theme: light', themeDark: 'Theme: dark',
  help: 'Keys', kiosk: 'Full screen', language: 'ZH', skip: 'Skip to content', close: 'Close', copy: 'Copy', copied: 'Copied', csv: 'Copy as CSV',
  filter: 'Filter', noMatch: 'Nothing matches “{q}”.', showAll: 'Show all {n}', viewTable: 'Table', viewChart: 'Chart', time: 'Time', all: 'All',
  healthy: 'All {p} partitions are in sync on {n} nodes.', healthyOne: 'One node, {p} partitions, all in order.', healthyEmpty: 'The cluster is up. There are no topics yet.', noAnswer: 'Node {n} has not answered since {t}; all figures are from then. Another node may know more: see Cluster.',
  degraded: '{u} of {p} partitions are under-replicated.', underMin: '{u} of {p} partitions accept no acks=all writes: too few replicas in sync.',
  leaderless: '{l} of {p} partitions have no leader.', nodesDown: '{d} of {n} nodes down.', waiting: 'Waiting for the node …',
  requestsPerSecond: 'Requests', successRate: 'Success', errorRate: 'Error rate', avgResponse: 'Average response', p95Response: 'p95 response', successes: 'Successes',
  errors: 'Errors', requests: 'Requests', throughput: 'Throughput', logWrites: 'Log writes', perSecond: 'per second', perWindow: 'per {w} window', ofRequests: 'of requests',
  slowest: 'slowest: {s}', weighted: 'over all requests', vsMinute: 'vs 1 min ago', steady: 'steady', services: 'By key', service: 'Key',
  lastWindow: 'Window closed {t}', isrStrip: 'Partitions', events: 'Events', noEvents: 'Nothing has happened yet.', andMore: '+{n} more', allEvents: 'All events',
  inSync: 'in sync', underReplicated: 'under-replicated', belowMin: 'below min ISR', noLeader: 'no leader',
  chartSummary: '{title}: newest {last}, lowest {min}, highest {max}.', noData: 'No rows in this range.',
  emptyJobs: 'No job writes results yet', emptyJobsText: 'Start the example: it counts requests per service in two-second windows, and its rows appear here as windows close.',
  emptyJobsRows: 'Waiting for the first window to close', emptyJobsRowsText: 'The job runs. A row appears as soon as the watermark passes the end of a window. If nothing comes, send some events:',
  emptyTopics: 'No topics yet', emptyTopicsText: 'A topic is made by the first record that is sent to it:',
  emptyGroups: 'No consumer groups yet', emptyGroupsText: 'Read with a group and it appears here with its lag:',
  emptyReplication: 'No partitions yet', emptyReplicationText: 'Send a first record and watch it reach every replica:',
  nodes: 'Nodes', node: 'Node', up: 'up', down: 'down', fenced: 'fenced', controller: 'controller', thisNode: 'this node', cpu: 'CPU', memory: 'Memory', disk: 'Disk', used: 'by logs', free: 'free',
  uptime: 'Uptime', io: 'I/O', leaders: 'Leads', replicas: 'Replicas', connections: 'Connections', producedIn: 'In', fetchedOut: 'Out', requestRate: 'Requests', produceP99: 'Produce p99', syncP99: 'Sync p99', version: 'Version',
  quorum: 'Metadata quorum', quorumLeader: 'Leader', epoch: 'Epoch', committed: 'High watermark', voter: 'Voter', observer: 'observer', logEnd: 'Log end', lag: 'Lag', noQuorumLeader: 'no leader',
  quorumText: 'Node {l} leads epoch {e}.', quorumNone: 'No leader is known: metadata cannot change until a majority is back.',
  partition: 'Partition', leader: 'Leader', isr: 'ISR', highWatermark: 'High watermark', state: 'State', onlyProblems: 'Only under-replicated', behind: '{n} behind', caughtUp: 'caught up', out: 'out of ISR',
  scale: 'Each bar is the end of one replica’s log, zoomed until the one furthest behind fits. The line is the high watermark: what lies left of it is committed.', lastRecords: 'the last {n} records',
  topic: 'Topic', partitions: 'Partitions', factor: 'RF', records: 'Records', size: 'Size', inRate: 'In', retention: 'Retention', cleanup: 'Clean-up', flush: 'Acknowledged', flushAck: 'after fsync', flushInterval: 'fsync by interval', flushOs: 'before fsync',
  internal: 'internal', showInternal: 'Internal topics', forever: 'forever', minIsr: 'Min ISR', health: 'Replicas', backTo: 'All {what}', notFound: 'There is no {what} “{name}”.',
  group: 'Group', type: 'Type', members: 'Members', lagTime: 'Lag (time)', coordinator: 'Coordinator', generation: 'Generation', assignor: 'Assignor', member: 'Member', client: 'Client', host: 'Host', unassigned: 'unassigned', committedOffset: 'Committed', noCommit: 'no commit',
  job: 'Job', watermarkDelay: 'Watermark delay', rowsIn: 'Rows in', rowsOut: 'Rows out', late: 'Late', dropped: 'Unreadable', stateSize: 'State', keys: 'keys', checkpoint: 'Checkpoint', checkpoints: '{n} so far', ago: '{t} ago', emit: 'Emit p50 / p99', guarantee: 'Guarantee', inputs: 'Inputs', position: 'Position', watermark: 'Watermark', idle: 'idle', output: 'Output topic', sql: 'SQL',
  exactly_once: 'exactly once', at_least_once: 'at least once', running: 'running', paused: 'paused', failed: 'failed', starting: 'starting', finished: 'finished', backfilling: 'backfilling',
  keysTitle: 'Keyboard', keySearch: 'Filter the list', keyGo: 'Go to wall, cluster, replication, topics, groups, jobs', keyKiosk: 'Full screen wall', keyPause: 'Pause and resume', keyTheme: 'Change theme', keyHelp: 'This help', keyEsc: 'Close, leave full screen',
  ev_leader_change: 'Leader', ev_isr_shrink: 'ISR shrink', ev_isr_expand: 'ISR grow', ev_node_up: 'Node up', ev_node_down: 'Node down', ev_controller_change: 'Controller', ev_topic_created: 'Topic created', ev_topic_deleted: 'Topic deleted', ev_job_state: 'Job', ev_log_dir_offline: 'Disk offline', ev_other: 'Event',
};
export type Key = keyof typeof en;

const zh: Partial<Record<Key, string>> = {
  wall: '大屏', cluster: '集群', replication: '副本', topics: '主题', groups: '消费组', jobs: '作业',
  live: '实时', connecting: '连接中', reconnecting: '重新连接', stale: '无响应', pausedState: '已暂停',
  pause: '暂停', resume: '继续', range: '时间范围', theme: '主题色', themeAuto: '主题色：跟随系统', themeLight: '主题色：浅色', themeDark: '主题色：深色',
  help: '快捷键', kiosk: '全屏', language: 'EN', skip: '跳到内容', close: '关闭', copy: '复制', copied: '已复制', csv: '复制为 CSV',
  filter: '筛选', noMatch: '没有与“{q}”匹配的内容。', showAll: '显示全部 {n} 项', viewTable: '表格', viewChart: '图表', time: '时间', all: '全部',
  healthy: '{n} 个节点上的 {p} 个分区全部同步。', healthyOne: '单节点，{p} 个分区，一切正常。', healthyEmpty: '集群已就绪，还没有主题。', noAnswer: '节点 {n} 自 {t} 起无响应；所有数据停留在那一刻。其他节点可能知道更多：见“集群”页。',
  degraded: '{p} 个分区中有 {u} 个副本不足。', underMin: '{p} 个分区中有 {u} 个同步副本过少，不接受 acks=all 写入。',
  leaderless: '{p} 个分区中有 {l} 个没有领导者。', nodesDown: '{n} 个节点中有 {d} 个不可用。', waiting: '等待节点响应 …',
  requestsPerSecond: '请求数', successRate: '成功率', errorRate: '错误率', avgResponse: '平均响应时间', p95Response: 'P95 响应时间', successes: '成功数',
  errors: '错误数', requests: '请求数', throughput: '吞吐量', logWrites: '日志写入', perSecond: '每秒', perWindow: '每 {w} 窗口', ofRequests: '占请求',
  slowest: '最慢：{s}', weighted: '按全部请求', vsMinute: '较 1 分钟前', steady: '平稳', services: '按键', service: '键',
  lastWindow: '窗口关闭于 {t}', isrStrip: '分区', events: '事件', noEvents: '尚无事件。', andMore: '另有 {n} 条', allEvents: '全部事件',
  inSync: '同步', underReplicated: '副本不足', belowMin: '低于最小 ISR', noLeader: '无领导者',
  chartSummary: '{title}：最新 {last}，最低 {min}，最高 {max}。', noData: '该时间范围内没有数据。',
  emptyJobs: '还没有作业输出结果', emptyJobsText: '启动示例：按两秒窗口统计各服务的请求，窗口关闭时结果会显示在这里。',
  emptyJobsRows: '等待第一个窗口关闭', emptyJobsRowsText: '作业正在运行。水位线越过窗口终点后即出现一行。若一直没有，请发送一些事件：',
  emptyTopics: '还没有主题', emptyTopicsText: '向主题发送第一条记录即可创建：',
  emptyGroups: '还没有消费组', emptyGroupsText: '用消费组读取，其延迟会显示在这里：',
  emptyReplication: '还没有分区', emptyReplicationText: '发送第一条记录，观察它到达每个副本：',
  nodes: '节点', node: '节点', up: '在线', down: '离线', fenced: '已隔离', controller: '控制器', thisNode: '本节点', cpu: 'CPU', memory: '内存', disk: '磁盘', used: '日志占用', free: '可用',
  uptime: '运行时间', leaders: '领导分区', replicas: '副本', connections: '连接', producedIn: '写入', fetchedOut: '读出', requestRate: '请求', produceP99: '写入 p99', syncP99: '落盘 p99', version: '版本',
  quorum: '元数据仲裁', quorumLeader: '领导者', epoch: '任期', committed: '高水位', voter: '投票者', observer: '观察者', logEnd: '日志末尾', lag: '落后', noQuorumLeader: '无领导者',
  quorumText: '节点 {l} 领导第 {e} 任期。', quorumNone: '未知领导者：多数节点恢复前元数据不可变更。',
  partition: '分区', leader: '领导者', highWatermark: '高水位', state: '状态', onlyProblems: '仅副本不足', behind: '落后 {n}', caughtUp: '已追上', out: '不在 ISR',
  scale: '每条表示一个副本日志的末端，缩放到最落后的副本可见；竖线为高水位，其左侧已提交。', lastRecords: '最近 {n} 条记录',
  topic: '主题', partitions: '分区', records: '记录', size: '大小', inRate: '写入', retention: '保留', cleanup: '清理', flush: '确认时机', flushAck: '落盘后', flushInterval: '定期落盘', flushOs: '落盘前',
  internal: '内部', showInternal: '内部主题', forever: '永久', minIsr: '最小 ISR', health: '副本', backTo: '全部{what}', notFound: '没有{what}“{name}”。',
  group: '消费组', type: '类型', members: '成员', lagTime: '延迟（时间）', coordinator: '协调者', generation: '代', assignor: '分配策略', member: '成员', client: '客户端', host: '主机', unassigned: '未分配', committedOffset: '已提交', noCommit: '未提交',
  job: '作业', watermarkDelay: '水位线延迟', rowsIn: '输入行', rowsOut: '输出行', late: '迟到', dropped: '无法解析', stateSize: '状态', keys: '个键', checkpoint: '检查点', checkpoints: '共 {n} 次', ago: '{t} 前', emit: '输出 p50 / p99', guarantee: '语义', inputs: '输入', position: '位置', watermark: '水位线', idle: '空闲', output: '输出主题',
  exactly_once: '精确一次', at_least_once: '至少一次', running: '运行中', paused: '已暂停', failed: '失败', starting: '启动中', finished: '已完成', backfilling: '回填中',
  keysTitle: '键盘', keySearch: '筛选列表', keyGo: '前往大屏、集群、副本、主题、消费组、作业', keyKiosk: '全屏大屏', keyPause: '暂停与继续', keyTheme: '切换主题色', keyHelp: '本帮助', keyEsc: '关闭、退出全屏',
  ev_leader_change: '领导者', ev_isr_shrink: 'ISR 缩小', ev_isr_expand: 'ISR 扩大', ev_node_up: '节点上线', ev_node_down: '节点离线', ev_controller_change: '控制器', ev_topic_created: '创建主题', ev_topic_deleted: '删除主题', ev_job_state: '作业', ev_log_dir_offline: '磁盘离线', ev_other: '事件',
};

const saved = (() => { try { return localStorage.getItem('weir.lang'); } catch { return null; } })();
export const language = signal<'en' | 'zh'>(saved === 'zh' || (!saved && navigator.language.startsWith('zh')) ? 'zh' : 'en');
language.subscribe((l) => { document.documentElement.lang = l === 'zh' ? 'zh-CN' : 'en'; });
export function setLanguage(l: 'en' | 'zh') {
  language.value = l;
  try { localStorage.setItem('weir.lang', l); } catch { /* private mode: until the page closes */ }
}

export function t(key: Key, values?: Record<string, string | number>): string {
  let text = (language.value === 'zh' && zh[key]) || en[key];
  for (const name in values) text = text.replace(`{${name}}`, String(values[name]));
  return text;
}
/** A word that comes from the server: translated if it is known, else as it is. */
export const word = (text: string) => (text in en ? t(text as Key) : text);
