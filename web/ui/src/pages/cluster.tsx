import { Events, Meter, Panel, Tag, newest } from '../parts/bits';
import { byteRate, bytes, duration, int, ms, pct, rate, unknown } from '../fmt';
import { useChannel } from '../store';
import { t } from '../strings';
import type { EventView, Health, Meta, NodeView, QuorumView } from '../types';
import { healthOf } from './wall';

function NodeCard({ node, local }: { node: NodeView; local: boolean }) {
  const state = !node.alive ? 'crit' : node.fenced ? 'warn' : 'ok';
  const facts: [string, string][] = [
    [t('cpu'), node.cpu_ratio === null ? unknown : pct(node.cpu_ratio, node.cpu_ratio < 0.1 ? 1 : 0)],
    [t('memory'), bytes(node.rss_bytes)],
    [t('producedIn'), byteRate(node.bytes_in_rate)],
    [t('fetchedOut'), byteRate(node.bytes_out_rate)],
    [t('requestRate'), rate(node.requests_rate)],
    [t('produceP99'), ms(node.produce_p99_ms)],
    [t('syncP99'), ms(node.sync_p99_ms)],
    [t('connections'), int(node.connections)],
    [t('leaders'), node.leaders === null ? unknown : `${int(node.leaders)} / ${int(node.replicas)}`],
    [t('uptime'), duration(node.uptime_ms)],
    [t('io'), node.io_backend ?? unknown],
    [t('version'), node.version ?? unknown],
  ];
  const used = node.disk_total_bytes !== null && node.disk_free_bytes !== null ? node.disk_total_bytes - node.disk_free_bytes : node.disk_used_bytes;
  return (
    <section class={`panel node ${node.alive ? '' : 'gone'}`}>
      <header>
        <h2>{t('node')} {node.id}</h2>
        <Tag level={state}>{node.alive ? (node.fenced ? t('fenced') : t('up')) : t('down')}</Tag>
        {node.controller && <span class="mark">{t('controller')}</span>}
        {local && <span class="mark soft">{t('thisNode')}</span>}
      </header>
      <p class="address"><code>{node.host}:{node.port}</code>{node.http && !local && <a href={node.http} target="_blank" rel="noreferrer">{node.http.replace(/^https?:\/\//, '')} ↗</a>}</p>
      <dl class="facts">{facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}</dl>
      <div class="diskline">
        <Meter value={used} of={node.disk_total_bytes} label={t('disk')} />
        <span class="muted">{t('disk')}: {bytes(node.disk_used_bytes)} {t('used')}, {bytes(node.disk_free_bytes)} {t('free')}</span>
      </div>
    </section>
  );
}

function Quorum({ quorum }: { quorum: QuorumView }) {
  const top = Math.max(0, ...quorum.voters.map((v) => v.log_end_offset ?? 0));
  return (
    <Panel title={t('quorum')} side={<span class="muted">{t('committed')} {int(quorum.high_watermark)}</span>}>
      <p class="lead">{quorum.leader === null ? <Tag level="crit">{t('quorumNone')}</Tag> : t('quorumText', { l: quorum.leader, e: quorum.epoch ?? unknown })}</p>
      <table aria-label={t('quorum')}>
        <thead><tr><th>{t('voter')}</th><th></th><th class="n">{t('logEnd')}</th><th class="n">{t('lag')}</th></tr></thead>
        <tbody>
          {quorum.voters.map((v) => {
            const lag = v.lag ?? (v.log_end_offset === null ? null : top - v.log_end_offset);
            return (
              <tr key={v.id}>
                <td>{t('node')} {v.id} {v.observer && <span class="muted">{t('observer')}</span>}</td>
                <td>{v.id === quorum.leader ? <span class="mark">{t('quorumLeader')}</span> : lag === null ? <span class="muted">{unknown}</span> : lag === 0 ? <Tag level="ok">{t('caughtUp')}</Tag> : <Tag level="warn">{t('behind', { n: int(lag) })}</Tag>}</td>
                <td class="n">{int(v.log_end_offset)}</td>
                <td class="n">{int(lag)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Panel>
  );
}

export function Cluster() {
  const store = useChannel('cluster');
  const meta = store.get<Meta>('meta');
  const health = store.get<Health>('health');
  const quorum = store.get<QuorumView>('quorum');
  const nodes = store.list<NodeView>('node/').sort((a, b) => a.id - b.id);
  if (!meta || !health) return <p class="muted pad">{t('waiting')}</p>;
  const state = healthOf(health);
  return (
    <>
      <div class="title">
        <h1>{t('cluster')}</h1>
        <code class="muted">{meta.cluster_id}</code>
        <Tag level={state.level}>{state.text}</Tag>
      </div>
      <div class="nodes">{nodes.map((n) => <NodeCard key={n.id} node={n} local={n.id === meta.local_node} />)}</div>
      <div class="halves">
        {quorum && <Quorum quorum={quorum} />}
        <Panel title={t('events')} class="feed long"><Events events={newest(store.list<EventView>('event/'), 200)} /></Panel>
      </div>
    </>
  );
}
