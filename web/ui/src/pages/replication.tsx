import { memo } from '../memo';
import { useState } from 'preact/hooks';
import { Empty, Events, Panel, Tag, newest, stateLevel, stateText } from '../parts/bits';
import { Search } from '../parts/table';
import { byteRate, compact, int, unknown } from '../fmt';
import { route, setQuery } from '../router';
import { paused, setPaused, useChannel } from '../store';
import { t } from '../strings';
import type { EventView, PartitionView, ReplicaView } from '../types';
import { exampleCommands } from './wall';

const rank = { l: 0, m: 1, u: 2, o: 3 };
export const byTrouble = (a: PartitionView, b: PartitionView) => rank[a.state] - rank[b.state] || Number(a.topic.startsWith('__')) - Number(b.topic.startsWith('__')) || a.topic.localeCompare(b.topic) || a.partition - b.partition;

/** Where the log ends: the leader says so; while it is not heard of, the furthest replica that is. */
const endOf = (p: PartitionView) => p.log_end ?? Math.max(0, ...p.replica_states.map((r) => r.log_end ?? 0));

/** The window that the bars show: a round number of records that holds the largest lag, so that it does not jitter. */
function spanOf(p: PartitionView): number {
  const end = endOf(p);
  const lag = Math.max(0, ...p.replica_states.map((r) => end - (r.log_end ?? end)), end - (p.high_watermark ?? end));
  let span = 100;
  for (let step = 0; span < lag * 1.25; step++) span *= step % 3 === 1 ? 2.5 : 2;
  return span;
}

function Bar({ p, r, span }: { p: PartitionView; r: ReplicaView; span: number }) {
  const end = endOf(p);
  const place = (offset: number | null) => (offset === null ? 0 : Math.max(0, Math.min(1, 1 - (end - offset) / span)));
  const lag = r.lag ?? (r.log_end === null || p.log_end === null ? null : Math.max(0, end - r.log_end));
  const leader = r.broker === p.leader;
  const inSync = p.isr.includes(r.broker);
  return (
    <div class={`replica ${inSync ? '' : 'outside'} ${leader ? 'leads' : ''}`}>
      <span class="who">{r.broker}{leader && <abbr title={t('leader')}>L</abbr>}</span>
      <span class="track">
        <i class="fill" style={{ transform: `scaleX(${place(r.log_end)})` }} />
        <i class="hw" style={{ insetInlineStart: `${place(p.high_watermark) * 100}%` }} />
      </span>
      <span class="offset">{int(r.log_end)}</span>
      <span class="lag">{leader ? '' : !inSync ? <Tag level="warn">{lag ? t('behind', { n: compact(lag) }) : t('out')}</Tag> : lag === null ? <span class="muted">{unknown}</span> : lag === 0 ? <span class="muted">{t('caughtUp')}</span> : t('behind', { n: compact(lag) })}</span>
    </div>
  );
}

const PartitionRow = memo(function PartitionRow({ p }: { p: PartitionView }) {
  const span = spanOf(p);
  const states = [...p.replicas].sort((a, b) => a - b).map((b): ReplicaView => p.replica_states.find((r) => r.broker === b) ?? { broker: b, log_end: null, in_sync: false, lag: null, lag_ms: null });
  return (
    <article class={`lens ${p.state}`} aria-label={`${p.topic}-${p.partition}`}>
      <div class="id">
        <a href={`/topics/${encodeURIComponent(p.topic)}`}><span>{p.topic}</span><b>-{p.partition}</b></a>
        <Tag level={stateLevel[p.state]}>{t(stateText[p.state])}</Tag>
      </div>
      <dl>
        <div><dt>{t('leader')}</dt><dd>{p.leader ?? unknown}</dd></div>
        <div><dt>{t('epoch')}</dt><dd>{p.leader_epoch < 0 ? unknown : p.leader_epoch}</dd></div>
        <div><dt>{t('isr')}</dt><dd>{p.isr.length}/{p.replicas.length}<small> {[...p.isr].sort((a, b) => a - b).join(' ')}</small></dd></div>
        <div><dt>{t('highWatermark')}</dt><dd>{int(p.high_watermark)}</dd></div>
        <div><dt>{t('inRate')}</dt><dd>{byteRate(p.bytes_in_rate)}</dd></div>
      </dl>
      <div class="bars" title={t('lastRecords', { n: compact(span) })}>{states.map((r) => <Bar key={r.broker} p={p} r={r} span={span} />)}</div>
    </article>
  );
});

export function Lens({ partitions }: { partitions: PartitionView[] }) {
  const [all, setAll] = useState(false);
  const shown = all ? partitions : partitions.slice(0, 60);
  return (
    <>
      <div class="lenses">{shown.map((p) => <PartitionRow key={`${p.topic}/${p.partition}`} p={p} />)}</div>
      {shown.length < partitions.length && <button class="quiet more" onClick={() => setAll(true)}>{t('showAll', { n: partitions.length })}</button>}
    </>
  );
}

const replicationKinds = new Set(['leader_change', 'isr_shrink', 'isr_expand', 'node_up', 'node_down']);

export function Replication() {
  const store = useChannel('replication');
  const cluster = useChannel('cluster');
  const { query } = route.value;
  if (store.version.value === 0) return <p class="muted pad">{t('waiting')}</p>;
  const all = store.list<PartitionView>('');
  if (!all.length) return <Empty title={t('emptyReplication')} text={t('emptyReplicationText')} commands={[exampleCommands().send]} />;
  const q = (query.get('q') ?? '').toLowerCase();
  const problems = query.get('only') === 'urp';
  const internal = query.get('internal') === '1';
  const list = all.filter((p) => (internal || !p.topic.startsWith('__')) && (!problems || p.state !== 'o') && (!q || `${p.topic}-${p.partition}`.toLowerCase().includes(q))).sort(byTrouble);
  const events = newest(cluster.list<EventView>('event/').filter((e) => replicationKinds.has(e.kind)), 60);
  return (
    <>
      <div class="title"><h1>{t('replication')}</h1><p class="muted">{t('scale')}</p></div>
      <div class="tools">
        <Search />
        <label class="check"><input type="checkbox" checked={problems} onChange={(e) => setQuery('only', e.currentTarget.checked ? 'urp' : '')} />{t('onlyProblems')}</label>
        <label class="check"><input type="checkbox" checked={internal} onChange={(e) => setQuery('internal', e.currentTarget.checked ? '1' : '')} />{t('showInternal')}</label>
        <span class="grow" />
        <span class="muted count">{int(list.length)} / {int(all.length)}</span>
        <button class="control" aria-pressed={paused.value} onClick={() => setPaused(!paused.value)}>{paused.value ? t('resume') : t('pause')}</button>
      </div>
      <div class="withfeed">
        <div>{list.length ? <Lens partitions={list} /> : <p class="muted pad">{q ? t('noMatch', { q }) : t('healthy', { p: all.length, n: new Set(all.flatMap((p) => p.replicas)).size })}</p>}</div>
        <Panel title={t('events')} class="feed long"><Events events={events} /></Panel>
      </div>
    </>
  );
}
