// Result rows of jobs: columns per table, aligned on the windows' ends, and which column means what.
import { signal } from '@preact/signals';
import { subscribe, type Message, type SeriesRow, type SeriesTable } from './live';
import { paused } from './store';

export interface KeySeries { label: string; rows: { start: number; end: number; metrics: (number | null)[] }[] }
export interface TableSeries { schema: SeriesTable; keys: Map<string, KeySeries>; newestEnd: number; arrivedAt: number }

export const ranges = { '5m': 300_000, '15m': 900_000, '1h': 3_600_000 } as const;
export type Range = keyof typeof ranges;
const keepMs = ranges['1h'];

export const tables = new Map<number, TableSeries>();
export const seriesVersion = signal(0);
export const seriesLoaded = signal(false);
/** For the browser test. */
export const seriesStats = { rows: 0 };
let missed = false;

function putTable(schema: SeriesTable) {
  const known = tables.get(schema.t);
  if (known) known.schema = schema;
  else tables.set(schema.t, { schema, keys: new Map(), newestEnd: -Infinity, arrivedAt: 0 });
  // The same table under a new number: its columns changed.
  for (const [t, other] of tables) {
    if (t !== schema.t && other.schema.job === schema.job && other.schema.table === schema.table) tables.delete(t);
  }
}

function putRow([t, keys, start, end, metrics]: SeriesRow) {
  const table = tables.get(t);
  if (!table) return;
  const label = keys.length ? keys.join(' · ') : table.schema.table;
  let series = table.keys.get(label);
  if (!series) table.keys.set(label, (series = { label, rows: [] }));
  const { rows } = series;
  let at = rows.length;
  while (at > 0 && (rows[at - 1].end > end || (rows[at - 1].end === end && rows[at - 1].start > start))) at--;
  const row = { start, end, metrics };
  if (at > 0 && rows[at - 1].end === end && rows[at - 1].start === start) rows[at - 1] = row;
  else rows.splice(at, 0, row);
  table.newestEnd = Math.max(table.newestEnd, end);
  table.arrivedAt = Date.now();
  if (rows[0].end < table.newestEnd - keepMs * 1.1) rows.splice(0, rows.findIndex((r) => r.end >= table.newestEnd - keepMs));
  seriesStats.rows++;
}

function onMessage(m: Message) {
  if (m.op === 'snapshot') {
    tables.clear();
    m.tables?.forEach(putTable);
    m.rows?.forEach(putRow);
    seriesLoaded.value = true;
  }
  for (const change of m.changes ?? []) {
    if (typeof change === 'string') {
      for (const [t, table] of tables) if (table.schema.job === change) tables.delete(t);
    } else if (Array.isArray(change)) putRow(change);
    else putTable(change);
  }
  if (paused.peek()) missed = true;
  else seriesVersion.value++;
}

let started = false;
/** Result rows are few and wanted everywhere: one subscription for the life of the page. */
export function startSeries() {
  if (started) return;
  started = true;
  subscribe('series', { range_ms: keepMs }, onMessage);
  paused.subscribe((now) => {
    if (!now && missed) {
      missed = false;
      seriesVersion.value++;
    }
  });
}

export type Role = 'requests' | 'success' | 'errors' | 'error_rate' | 'throughput' | 'avg' | 'p95' | 'success_rate';

export function roleOf(metric: string): Role | null {
  const name = metric.toLowerCase();
  if (/(err|fail)\w*_?(rate|ratio|pct|percent)/.test(name)) return 'error_rate';
  if (/succ\w*_?(rate|ratio|pct|percent)/.test(name)) return 'success_rate';
  if (/(^|_)p_?95($|_)|p95|95th/.test(name)) return 'p95';
  if (/(^|_)(avg|mean|average)($|_)|^avg|^mean/.test(name)) return 'avg';
  if (/succ|(^|_)ok($|_|s$)/.test(name)) return 'success';
  if (/err|fail/.test(name)) return 'errors';
  if (/throughput|(^|_)(rps|qps|tps)($|_)|per_s(ec)?/.test(name)) return 'throughput';
  if (/^(n|cnt|count|total|hits|calls|events)$|request|^reqs?$|_count$|^num_|^total_/.test(name)) return 'requests';
  return null;
}

/** What a column's numbers are counted in, judged by its name. */
export function unitOf(metric: string): 'ms' | 'bytes' | 'ratio' | 'none' {
  const name = metric.toLowerCase();
  if (/_ms$|_millis|latency|duration|response|elapsed/.test(name) || ['p95', 'avg'].includes(roleOf(name) ?? '')) return 'ms';
  if (/bytes/.test(name)) return 'bytes';
  if (/rate$|ratio$/.test(name)) return 'ratio';
  return 'none';
}
function msFactor(metric: string) {
  const name = metric.toLowerCase();
  return /_us$|micros/.test(name) ? 0.001 : /_ns$|nanos/.test(name) ? 1e-6 : /(_s|_sec|_secs|_seconds)$/.test(name) ? 1000 : 1;
}

export interface Frame {
  table: SeriesTable;
  labels: string[];
  /** Ends of windows, seconds. */
  xs: number[];
  windowMs: number;
  /** By role or by column name: one array per label, aligned with xs. */
  columns: Map<string, (number | null)[][]>;
  /** Metrics without a role, shown as charts of their own. */
  extra: string[];
}

const shownKeysMax = 8;

/** The table's rows of the last `rangeMs` as aligned columns; roles that are not columns are derived where they can be. */
export function frameOf(table: TableSeries, rangeMs: number): Frame {
  const { schema } = table;
  const from = table.newestEnd - rangeMs;
  const roles = schema.metrics.map(roleOf);
  const indexOf = (role: Role) => roles.indexOf(role);
  const requestsAt = indexOf('requests');
  // With many keys the largest are shown: by the requests (or the first metric) of the newest window.
  const weight = (series: KeySeries) => series.rows[series.rows.length - 1]?.metrics[Math.max(0, requestsAt)] ?? 0;
  const all = [...table.keys.values()].filter((s) => s.rows.length && s.rows[s.rows.length - 1].end > from);
  const shown = all.length > shownKeysMax ? [...all].sort((a, b) => weight(b) - weight(a)).slice(0, shownKeysMax) : all;
  shown.sort((a, b) => a.label.localeCompare(b.label));

  const ends = new Set<number>();
  let windowMs = 0;
  for (const series of shown) for (const row of series.rows) if (row.end > from) { ends.add(row.end); windowMs = row.end - row.start; }
  const endList = [...ends].sort((a, b) => a - b);
  const position = new Map(endList.map((end, i) => [end, i]));
  const columns = new Map<string, (number | null)[][]>();
  const column = (name: string) => {
    let c = columns.get(name);
    if (!c) columns.set(name, (c = shown.map(() => new Array<number | null>(endList.length).fill(null))));
    return c;
  };
  const put = (name: string, k: number, i: number, v: number | null | undefined) => { if (v !== null && v !== undefined && Number.isFinite(v)) column(name)[k][i] = v; };

  shown.forEach((series, k) => {
    for (const row of series.rows) {
      const i = position.get(row.end);
      if (i === undefined) continue;
      const seconds = (row.end - row.start) / 1000;
      const value = (role: Role) => { const at = indexOf(role); return at < 0 ? null : row.metrics[at]; };
      let requests = value('requests'), success = value('success'), errors = value('errors');
      if (requests === null && success !== null && errors !== null) requests = success + errors;
      if (success === null && requests !== null && errors !== null) success = requests - errors;
      if (errors === null && requests !== null && success !== null) errors = requests - success;
      put('requests', k, i, requests);
      put('success', k, i, success);
      put('errors', k, i, errors);
      put('throughput', k, i, value('throughput') ?? (requests !== null && seconds > 0 ? requests / seconds : null));
      const given = value('error_rate');
      const percent = given !== null && /pct|percent/.test(schema.metrics[indexOf('error_rate')].toLowerCase());
      put('error_rate', k, i, requests !== null && errors !== null ? (requests > 0 ? errors / requests : 0) : given === null ? null : percent ? given / 100 : given);
      for (const role of ['avg', 'p95'] as const) {
        const at = indexOf(role), v = value(role);
        if (v !== null) put(role, k, i, v * msFactor(schema.metrics[at]));
      }
      schema.metrics.forEach((name, m) => { if (!roles[m]) put(name, k, i, row.metrics[m]); });
    }
  });
  return { table: schema, labels: shown.map((s) => s.label), xs: endList.map((e) => e / 1000), windowMs, columns, extra: schema.metrics.filter((_, m) => !roles[m]) };
}

/**
 * The frame for a chart: where windows lie closer than lines can show, neighbours become one point, cut at fixed times so that points do not
 * wander. Counts and rates become means, the error rate that of all requests, p95 the largest.
 */
export function thin(frame: Frame, pointsMax: number): Frame {
  const per = Math.ceil(frame.xs.length / pointsMax);
  if (per <= 1 || !frame.windowMs) return frame;
  const step = frame.xs.length > 1 ? (frame.xs[frame.xs.length - 1] - frame.xs[0]) / (frame.xs.length - 1) : frame.windowMs / 1000;
  const width = per * step;
  const groups: number[][] = [];
  let last = NaN;
  frame.xs.forEach((x, i) => {
    const bucket = Math.ceil(x / width - 1e-9);
    if (bucket !== last) groups.push([]);
    last = bucket;
    groups[groups.length - 1].push(i);
  });
  const requests = frame.columns.get('requests'), errors = frame.columns.get('errors');
  const columns = new Map<string, (number | null)[][]>();
  for (const [name, series] of frame.columns) {
    columns.set(name, series.map((values, k) => groups.map((group) => {
      const known = group.filter((i) => values[i] !== null);
      if (!known.length) return null;
      if (name === 'p95') return Math.max(...known.map((i) => values[i]!));
      if (name === 'error_rate' && requests && errors) {
        const all = known.reduce((s, i) => s + (requests[k][i] ?? 0), 0);
        return all ? known.reduce((s, i) => s + (errors[k][i] ?? 0), 0) / all : 0;
      }
      return known.reduce((s, i) => s + values[i]!, 0) / known.length;
    })));
  }
  return { ...frame, xs: groups.map((g) => frame.xs[g[g.length - 1]]), columns };
}

/** Per window over all keys: sums, rates over the sums, the mean weighted by requests, the largest p95 and whose it is. */
export function totals(frame: Frame) {
  const n = frame.xs.length;
  const sum = (name: string) => {
    const columns = frame.columns.get(name);
    if (!columns) return null;
    return Array.from({ length: n }, (_, i) => columns.reduce<number | null>((s, c) => (c[i] === null ? s : (s ?? 0) + c[i]!), null));
  };
  const requests = sum('requests'), errors = sum('errors'), success = sum('success'), throughput = sum('throughput');
  const ratio = (a: (number | null)[] | null, b: (number | null)[] | null) =>
    a && b ? a.map((v, i) => (v === null || !b[i] ? null : v / b[i]!)) : null;
  const weights = frame.columns.get('requests'), avgs = frame.columns.get('avg'), p95s = frame.columns.get('p95');
  const avg = avgs && Array.from({ length: n }, (_, i) => {
    let top = 0, bottom = 0;
    avgs.forEach((c, k) => { if (c[i] !== null) { const w = weights?.[k][i] ?? 1; top += c[i]! * w; bottom += w; } });
    return bottom ? top / bottom : null;
  });
  const p95 = p95s && Array.from({ length: n }, (_, i) => p95s.reduce<number | null>((m, c) => (c[i] === null ? m : Math.max(m ?? 0, c[i]!)), null));
  const slowest = p95s && n ? p95s.reduce((best, c, k) => ((c[n - 1] ?? -1) > (p95s[best]?.[n - 1] ?? -1) ? k : best), 0) : null;
  return { requests, errors, success, throughput, errorRate: ratio(errors, requests), successRate: ratio(success, requests), avg, p95,
    slowest: slowest === null ? null : frame.labels[slowest] };
}
