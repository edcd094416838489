import { Empty, Tag, stateLevel, stateText } from '../parts/bits';
import { DataTable, type Column } from '../parts/table';
import { byteRate, bytes, compact, duration, int, rate, unknown } from '../fmt';
import { route, setQuery } from '../router';
import { useChannel } from '../store';
import { t, type Key } from '../strings';
import type { PartitionState, PartitionView, TopicView } from '../types';
import { Lens, byTrouble } from './replication';
import { exampleCommands } from './wall';

const retention = (topic: TopicView) => {
  const time = topic.retention_ms === null ? unknown : topic.retention_ms < 0 ? t('forever') : duration(topic.retention_ms).replace(' 0 h', '');
  return topic.retention_bytes !== null && topic.retention_bytes >= 0 ? `${time}, ${bytes(topic.retention_bytes)}` : time;
};
const flush: Record<string, Key> = { ack: 'flushAck', interval: 'flushInterval', os: 'flushOs' };
const worst = (states: string): PartitionState => (['l', 'm', 'u'] as const).find((s) => states.includes(s)) ?? 'o';

function columns(): Column<TopicView>[] {
  return [
    { id: 'name', title: t('topic'), value: (r) => r.name, show: (r) => <><span class="name">{r.name}</span>{r.internal && <span class="mark soft">{t('internal')}</span>}</>, wide: true },
    { id: 'health', title: t('health'), value: (r) => [...r.states].filter((s) => s !== 'o').length, show: (r) => { const w = worst(r.states); return <Tag level={stateLevel[w]}>{w === 'o' ? t('inSync') : `${[...r.states].filter((s) => s !== 'o').length} ${t(stateText[w])}`}</Tag>; } },
    { id: 'partitions', title: t('partitions'), value: (r) => r.partitions, number: true },
    { id: 'rf', title: t('factor'), value: (r) => r.replication_factor, number: true },
    { id: 'rate', title: t('records') + '/s', value: (r) => r.records_in_rate, show: (r) => rate(r.records_in_rate).replace('/s', ''), number: true },
    { id: 'bytes', title: t('inRate'), value: (r) => r.bytes_in_rate, show: (r) => byteRate(r.bytes_in_rate), number: true },
    { id: 'records', title: t('records'), value: (r) => r.records, show: (r) => compact(r.records), number: true },
    { id: 'size', title: t('size'), value: (r) => r.size_bytes, show: (r) => bytes(r.size_bytes), number: true },
    { id: 'retention', title: t('retention'), value: (r) => r.retention_ms, show: retention, minor: true },
    { id: 'cleanup', title: t('cleanup'), value: (r) => r.cleanup_policy, minor: true },
    { id: 'flush', title: t('flush'), value: (r) => r.flush_policy, show: (r) => (r.flush_policy && flush[r.flush_policy] ? t(flush[r.flush_policy]) : r.flush_policy ?? unknown), minor: true },
  ];
}

export function Topics() {
  const { name, query } = route.value;
  const store = useChannel('topics');
  if (store.version.value === 0) return <p class="muted pad">{t('waiting')}</p>;
  const all = store.list<TopicView>('topic/');
  if (name) {
    const topic = all.find((x) => x.name === name);
    return topic ? <Topic topic={topic} /> : <p class="pad">{t('notFound', { what: t('topic'), name })} <a href="/topics">{t('backTo', { what: t('topics') })}</a></p>;
  }
  const internal = query.get('internal') === '1';
  const rows = all.filter((x) => internal || !x.internal);
  return (
    <>
      <div class="title"><h1>{t('topics')}</h1></div>
      {all.length ? (
        <DataTable id="" label={t('topics')} rows={rows} columns={columns()} rowKey={(r) => r.name} href={(r) => `/topics/${encodeURIComponent(r.name)}`}
          tools={<label class="check"><input type="checkbox" checked={internal} onChange={(e) => setQuery('internal', e.currentTarget.checked ? '1' : '')} />{t('showInternal')}</label>} />
      ) : <Empty title={t('emptyTopics')} text={t('emptyTopicsText')} commands={[exampleCommands().send]} />}
    </>
  );
}

function Topic({ topic }: { topic: TopicView }) {
  const store = useChannel('replication', { topic: topic.name });
  const partitions = store.list<PartitionView>(topic.name + '/').sort(byTrouble);
  const facts: [string, string][] = [
    [t('partitions'), int(topic.partitions)], [t('factor'), int(topic.replication_factor)], [t('minIsr'), int(topic.min_insync_replicas)],
    [t('records'), compact(topic.records)], [t('size'), bytes(topic.size_bytes)], [t('inRate'), byteRate(topic.bytes_in_rate)],
    [t('retention'), retention(topic)], [t('cleanup'), topic.cleanup_policy ?? unknown],
    [t('flush'), topic.flush_policy && flush[topic.flush_policy] ? t(flush[topic.flush_policy]) : unknown],
  ];
  return (
    <>
      <div class="title"><a class="back" href="/topics">{t('topics')}</a><h1>{topic.name}</h1><code class="muted">{topic.topic_id}</code></div>
      <dl class="facts row panel">{facts.map(([k, v]) => <div key={k}><dt>{k}</dt><dd>{v}</dd></div>)}</dl>
      <Lens partitions={partitions} />
    </>
  );
}
