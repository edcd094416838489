import { useEffect, useMemo } from 'preact/hooks';
import { Chart, Spark, Swatch, hidden } from '../parts/chart';
import { Empty, Events, Icon, Panel, newest, stateLevel, stateText, type Level } from '../parts/bits';
import { byteRate, clock, compact, int, ms, num, pct, duration, unknown } from '../fmt';
import { connection, lastMessageAt } from '../live';
import { route, setQuery } from '../router';
import { frameOf, thin, ranges, seriesLoaded, seriesVersion, tables, totals, unitOf, type Frame, type Range } from '../series';
import { channel, setPaused, paused, useChannel } from '../store';
import { t } from '../strings';
import type { EventView, Health, Meta, NodeView, PartitionState, TopicView } from '../types';

/** What to type when there is nothing to show yet, with this node's own address. */
export function exampleCommands() {
  const store = channel('cluster');
  const node = store.get<NodeView>(`node/${store.get<Meta>('meta')?.local_node}`);
  const address = node ? `${node.host.includes(':') ? `[${node.host}]` : node.host}:${node.port}` : '127.0.0.1:19092';
  return {
    sql: `weir sql -f examples/monitoring.sql --var BOOTSTRAP=${address} -b ${address}`,
    send: `while sleep 0.5; do echo '{"ts":'$(date +%s000)',"service":"checkout","endpoint":"/pay","status":200,"duration_ms":31,"user":"u1"}'; done | kcat -b ${address} -t requests -P -X linger.ms=5`,
    read: `kcat -b ${address} -G billing requests`,
  };
}

/** The cluster in one sentence; of a node that does not answer any more, only that. */
export function healthOf(h: Health): { level: Level; text: string } {
  if (connection.value === 'reconnecting') {
    return { level: 'warn', text: t('noAnswer', { n: channel('cluster').get<Meta>('meta')?.local_node ?? unknown, t: clock(lastMessageAt.value) }) };
  }
  const parts: string[] = [];
  const down = h.nodes - h.nodes_alive;
  if (h.leaderless) parts.push(t('leaderless', { l: h.leaderless, p: h.partitions }));
  if (h.under_min_isr) parts.push(t('underMin', { u: h.under_min_isr, p: h.partitions }));
  else if (h.under_replicated > h.leaderless) parts.push(t('degraded', { u: h.under_replicated, p: h.partitions }));
  if (down > 0) parts.push(t('nodesDown', { d: down, n: h.nodes }));
  if (parts.length) return { level: h.leaderless || h.under_min_isr ? 'crit' : 'warn', text: parts.join(' ') };
  if (!h.partitions) return { level: 'ok', text: t('healthyEmpty') };
  return { level: 'ok', text: t(h.nodes === 1 ? 'healthyOne' : 'healthy', { p: h.partitions, n: h.nodes }) };
}

interface TileProps { label: string; value: string; unit?: string; note?: string; trend?: (number | null)[] | null; xs?: number[]; good?: 'up' | 'down'; ratio?: boolean }

/** The change against one minute ago, as a share of it; for ratios in percentage points. */
function change(trend: (number | null)[], xs: number[], ratio?: boolean): { text: string; way: number } | null {
  const end = xs.length - 1;
  const now = trend[end];
  const before = xs.findIndex((x) => x >= xs[end] - 60);
  const then = trend[before];
  if (now === null || now === undefined || then === null || then === undefined || before === end) return null;
  if (xs[0] > xs[end] - 60) return null;  // there is no minute of history yet
  const d = ratio ? (now - then) * 100 : then === 0 ? 0 : ((now - then) / Math.abs(then)) * 100;
  const digits = ratio ? 2 : 1;
  if (Math.abs(d) < (ratio ? 0.005 : 0.5)) return { text: t('steady'), way: 0 };
  return { text: `${d > 0 ? '+' : '−'}${Math.abs(d).toFixed(digits)} ${ratio ? 'pp' : '%'}`, way: Math.sign(d) };
}

function Tile({ label, value, unit, note, trend, xs, good, ratio }: TileProps) {
  const delta = trend && xs ? change(trend, xs, ratio) : null;
  const tone = !delta || !delta.way || !good ? '' : (delta.way > 0) === (good === 'up') ? 'better' : 'worse';
  return (
    <div class="tile" data-kpi={label}>
      <div class="label">{label}</div>
      <div class="value">{value}{unit && <small>{unit}</small>}</div>
      <div class="delta"><span class={tone} title={t('vsMinute')}>{delta ? <>{delta.way > 0 ? '▲ ' : delta.way < 0 ? '▼ ' : ''}{delta.text}</> : '\u00a0'}</span>{note && <span class="muted">{note}</span>}</div>
      {trend && <Spark values={trend} />}
    </div>
  );
}

const split = (text: string): [string, string | undefined] => { const at = text.lastIndexOf(' '); return at > 0 ? [text.slice(0, at), text.slice(at + 1)] : [text, undefined]; };

function Tiles({ frame, health }: { frame: Frame; health?: Health }) {
  const sums = useMemo(() => totals(frame), [frame]);
  const last = (a: (number | null)[] | null | undefined) => (a && a.length ? a[a.length - 1] : null);
  const xs = frame.xs;
  const [avg, avgUnit] = split(ms(last(sums.avg))), [p95, p95Unit] = split(ms(last(sums.p95)));
  const [writes, writesUnit] = split(byteRate(health?.bytes_in_rate));
  return (
    <div class="tiles">
      <Tile label={t('requestsPerSecond')} value={num(last(sums.throughput))} unit="/s" trend={sums.throughput} xs={xs} />
      <Tile label={t('successRate')} value={split(pct(last(sums.successRate)))[0]} unit="%" trend={sums.successRate} xs={xs} good="up" ratio />
      <Tile label={t('errorRate')} value={split(pct(last(sums.errorRate)))[0]} unit="%" trend={sums.errorRate} xs={xs} good="down" ratio />
      <Tile label={t('avgResponse')} value={avg} unit={avgUnit} trend={sums.avg} xs={xs} good="down" />
      <Tile label={t('p95Response')} value={p95} unit={p95Unit} note={sums.slowest && frame.labels.length > 1 ? t('slowest', { s: sums.slowest }) : undefined} trend={sums.p95} xs={xs} good="down" />
      <Tile label={t('logWrites')} value={writes} unit={writesUnit} trend={writeTrend.slice()} note={health?.records_in_rate != null ? `${compact(Math.round(health.records_in_rate))} ${t('records').toLowerCase()}/s` : undefined} />
    </div>
  );
}
const writeTrend: (number | null)[] = [];

/** A range that the rows do not fill yet is shown as far as they go, in whole minutes, so that a young job does not stand at the edge of empty charts. */
function spanOf(frame: Frame, range: number): number {
  const first = frame.xs[0], last = frame.xs[frame.xs.length - 1];
  return first === undefined || last === undefined ? range : Math.min(range, Math.max(60, Math.ceil((last - first) / 60) * 60));
}

function Charts({ frame: all, span }: { frame: Frame; span: number }) {
  const frame = useMemo(() => thin(all, 160), [all]);
  const per = frame.windowMs > 0 ? t('perWindow', { w: duration(frame.windowMs).replace('.0', '') }) : '';
  const known: [string, string, string, (v: number | null) => string][] = [
    ['throughput', t('throughput'), t('perSecond'), num],
    ['p95', t('p95Response'), 'ms', ms],
    ['avg', t('avgResponse'), 'ms', ms],
    ['error_rate', t('errorRate'), t('ofRequests'), (v) => pct(v)],
    ['success', t('successes'), per, compact],
    ['errors', t('errors'), per, compact],
  ];
  const extra = frame.extra.map((name): (typeof known)[number] => {
    const unit = unitOf(name);
    return [name, name, unit === 'none' ? '' : unit === 'ratio' ? '%' : unit, unit === 'ms' ? ms : unit === 'bytes' ? (v) => byteRate(v) : unit === 'ratio' ? (v) => pct(v) : num];
  });
  const list = [...known, ...extra].filter(([id]) => frame.columns.has(id));
  if (!list.some(([id]) => id === 'success') && frame.columns.has('requests')) list.push(['requests', t('requests'), per, compact]);
  const axis: Record<string, (v: number) => string> = { p95: (v) => compact(v), avg: (v) => compact(v), error_rate: (v) => `${+(v * 100).toFixed(2)} %`, throughput: compact };
  return (
    <div class="charts">
      {list.map(([id, title, unit, format]) => (
        <Chart key={id} title={title} unit={unit} xs={frame.xs} labels={frame.labels} columns={frame.columns.get(id)!} format={format} span={span} axis={axis[id]} whole={['success', 'errors', 'requests'].includes(id)} />
      ))}
    </div>
  );
}

function KeyTable({ frame }: { frame: Frame }) {
  const end = frame.xs.length - 1;
  const at = (name: string, k: number) => frame.columns.get(name)?.[k][end] ?? null;
  const toggle = (label: string) => {
    const next = new Set(hidden.value);
    if (!next.delete(label)) next.add(label);
    hidden.value = next;
  };
  const names: [string, string, (v: number | null) => string][] = ([
    ['throughput', '/s', num], ['errors', t('errors'), compact], ['error_rate', '%', (v) => split(pct(v))[0]], ['avg', 'avg', num], ['p95', 'p95', num],
  ] as [string, string, (v: number | null) => string][]).filter(([id]) => frame.columns.has(id));
  return (
    <Panel title={frame.table.keys.join(' · ') || t('services')} side={<span class="muted">{t('lastWindow', { t: clock(frame.xs[end] * 1000) })}</span>} class="keys">
      <div class="scroll">
        <table>
          <thead><tr><th></th>{names.map(([id, title]) => <th key={id} class="n">{title}</th>)}</tr></thead>
          <tbody>
            {frame.labels.map((label, k) => (
              <tr key={label} class={hidden.value.has(label) ? 'off' : ''}>
                <td><button class="legend" aria-pressed={!hidden.value.has(label)} onClick={() => toggle(label)}><Swatch k={k} />{label}</button></td>
                {names.map(([id, , format]) => <td key={id} class="n">{format(at(id, k))}</td>)}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

/** One mark per partition: filled in order, half filled under-replicated, hollow and crossed without leader. */
export function IsrStrip({ topics }: { topics: TopicView[] }) {
  const names: Record<string, PartitionState> = { o: 'o', u: 'u', m: 'm', l: 'l' };
  return (
    <div class="strip">
      {topics.map((topic) => {
        const bad = [...topic.states].filter((s) => s !== 'o').length;
        return (
          <a key={topic.name} href={`/topics/${encodeURIComponent(topic.name)}`} class={topic.internal ? 'internal' : ''}>
            <span class="name">{topic.name}</span>
            <span class="cells" role="img" aria-label={`${topic.partitions - bad} / ${topic.partitions} ${t('inSync')}`}>
              {[...topic.states].slice(0, 200).map((s, i) => <i key={i} class={`cell ${names[s] ?? 'x'}`} title={`${topic.name}-${i}: ${t(stateText[names[s] ?? 'l'])}`} />)}
            </span>
            <span class={`sum ${bad ? 'bad' : ''}`}>{bad ? <Icon level={stateLevel[[...topic.states].find((s) => s !== 'o') as PartitionState] ?? 'warn'} /> : null}{topic.partitions - bad}/{topic.partitions}</span>
          </a>
        );
      })}
    </div>
  );
}

export function Wall() {
  const cluster = useChannel('cluster');
  const topicStore = useChannel('topics');
  const version = seriesVersion.value;
  const { query } = route.value;
  const range = (query.get('range') ?? '15m') in ranges ? ((query.get('range') ?? '15m') as Range) : '15m';
  const list = [...tables.values()].filter((table) => table.keys.size).sort((a, b) => a.schema.job.localeCompare(b.schema.job) || a.schema.t - b.schema.t);  // the same one after a reconnect
  const wanted = query.get('job');
  const table = list.find((c) => c.schema.job === wanted) ?? list[0];
  const frame = useMemo(() => (table ? frameOf(table, ranges[range]) : null), [version, table, range]);
  const health = cluster.get<Health>('health');
  const meta = cluster.get<Meta>('meta');
  useEffect(() => {
    if (!health) return;
    writeTrend.push(health.bytes_in_rate);
    if (writeTrend.length > 120) writeTrend.shift();
  }, [meta?.time_ms]);
  const state = health && healthOf(health);
  const topics = topicStore.list<TopicView>('topic/').sort((a, b) => Number(a.internal) - Number(b.internal) || a.name.localeCompare(b.name));
  const events = newest(cluster.list<EventView>('event/'), 80);
  const jobs = [...new Set(list.map((c) => c.schema.job))];

  return (
    <div class="wall">
      <div class="bar">
        <p class="health">{state ? <><Icon level={state.level} /><span role="status">{state.text}</span></> : <span class="muted">{t('waiting')}</span>}</p>
        <div class="controls">
          {jobs.length > 1 && (
            <select aria-label={t('job')} value={table?.schema.job} onChange={(e) => setQuery('job', e.currentTarget.value)}>{jobs.map((j) => <option key={j}>{j}</option>)}</select>
          )}
          <div class="segments" role="group" aria-label={t('range')}>
            {(Object.keys(ranges) as Range[]).map((r) => <button key={r} aria-pressed={r === range} onClick={() => setQuery('range', r === '15m' ? '' : r)}>{r}</button>)}
          </div>
          <button class="control" aria-pressed={paused.value} onClick={() => setPaused(!paused.value)}>
            <svg viewBox="0 0 16 16" aria-hidden="true">{paused.value ? <path d="M4.500 2.500v11l9-5.500z" class="solid" /> : <path d="M5.500 3v10M10.500 3v10" />}</svg>
            <span class="text">{paused.value ? t('resume') : t('pause')}</span>
          </button>
        </div>
      </div>
      {frame ? (
        <>
          <Tiles frame={frame} health={health} />
          <div class="main">
            <Charts frame={frame} span={spanOf(frame, ranges[range] / 1000)} />
            <aside>
              <KeyTable frame={frame} />
              <Panel title={t('isrStrip')} side={health && <a href="/replication">{int(health.in_sync)} / {int(health.replicas)} {t('inSync')}</a>}><IsrStrip topics={topics} /></Panel>
              <Panel title={t('events')} side={<a href="/cluster">{t('allEvents')}</a>} class="feed"><Events events={events} /></Panel>
            </aside>
          </div>
        </>
      ) : (
        <div class="main bare">
          {seriesLoaded.value && (tables.size
            ? <Empty title={t('emptyJobsRows')} text={t('emptyJobsRowsText')} commands={[exampleCommands().send]} />
            : <Empty title={t('emptyJobs')} text={t('emptyJobsText')} commands={[exampleCommands().send, exampleCommands().sql]} />)}
          {topics.length > 0 && (
            <aside>
              <Panel title={t('isrStrip')}><IsrStrip topics={topics} /></Panel>
              <Panel title={t('events')} class="feed"><Events events={events} /></Panel>
            </aside>
          )}
        </div>
      )}
    </div>
  );
}
