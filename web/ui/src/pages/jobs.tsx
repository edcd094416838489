import { CopyButton, Empty, Panel, Tag, type Level } from '../parts/bits';
import { DataTable, type Column } from '../parts/table';
import { bytes, clock, compact, duration, int, ms, num, rate, unknown } from '../fmt';
import { route } from '../router';
import { useChannel } from '../store';
import { t, word } from '../strings';
import type { JobView, Meta } from '../types';
import { exampleCommands } from './wall';

const levelOf: Record<string, Level> = { running: 'ok', backfilling: 'ok', finished: 'idle', paused: 'idle', starting: 'warn', failed: 'crit' };
const age = (at: number | null, now: number) => (at === null ? null : Math.max(0, now - at));

function columns(now: number): Column<JobView>[] {
  return [
    { id: 'job', title: t('job'), value: (r) => r.name, show: (r) => <span class="name">{r.name}</span>, wide: true },
    { id: 'state', title: t('state'), value: (r) => r.state, show: (r) => <Tag level={levelOf[r.state] ?? 'idle'}>{word(r.state)}</Tag> },
    { id: 'delay', title: t('watermarkDelay'), value: (r) => age(r.watermark_ms, now), show: (r) => duration(age(r.watermark_ms, now)), number: true },
    { id: 'in', title: t('rowsIn'), value: (r) => r.rows_in_rate, show: (r) => rate(r.rows_in_rate), number: true },
    { id: 'out', title: t('rowsOut'), value: (r) => r.rows_out_rate, show: (r) => rate(r.rows_out_rate), number: true },
    { id: 'late', title: t('late'), value: (r) => r.late_rows, show: (r) => int(r.late_rows), number: true },
    { id: 'stateb', title: t('stateSize'), value: (r) => r.state_bytes, show: (r) => bytes(r.state_bytes), number: true },
    { id: 'emit', title: t('emit'), value: (r) => r.emit_p99_ms, show: (r) => (r.emit_p50_ms === null && r.emit_p99_ms === null ? unknown : `${num(r.emit_p50_ms)} / ${ms(r.emit_p99_ms)}`), number: true },
    { id: 'ckpt', title: t('checkpoint'), value: (r) => age(r.last_checkpoint_ms, now), show: (r) => (r.last_checkpoint_ms === null ? unknown : t('ago', { t: duration(age(r.last_checkpoint_ms, now)) })), number: true, minor: true },
    { id: 'output', title: t('output'), value: (r) => r.output_topic, minor: true },
  ];
}

export function Jobs() {
  const { name } = route.value;
  const store = useChannel('jobs');
  if (store.version.value === 0) return <p class="muted pad">{t('waiting')}</p>;
  const all = store.list<JobView>('job/');
  const now = store.get<Meta>('meta')?.time_ms ?? Date.now();
  if (name) {
    const job = all.find((x) => x.name === name);
    return job ? <Job job={job} now={now} /> : <p class="pad">{t('notFound', { what: t('job'), name })} <a href="/jobs">{t('backTo', { what: t('jobs') })}</a></p>;
  }
  return (
    <>
      <div class="title"><h1>{t('jobs')}</h1></div>
      {all.length ? <DataTable id="" label={t('jobs')} rows={all} columns={columns(now)} rowKey={(r) => r.name} href={(r) => `/jobs/${encodeURIComponent(r.name)}`} />
        : <Empty title={t('emptyJobs')} text={t('emptyJobsText')} commands={[exampleCommands().send, exampleCommands().sql]} />}
    </>
  );
}

const keywords = /('[^']*')|(--[^\n]*)|\b(CREATE|TABLE|WITH|WATERMARK|FOR|AS|INTERVAL|INSERT|INTO|SELECT|FROM|WHERE|GROUP|BY|HAVING|FILTER|TUMBLE|HOP|CUMULATE|SESSION|DESCRIPTOR|AND|OR|NOT|CASE|WHEN|THEN|ELSE|END|STRING|INT|BIGINT|DOUBLE|BOOLEAN|TIMESTAMP|SECOND|MINUTE|HOUR|COUNT|SUM|AVG|MIN|MAX|PERCENTILE|DISTINCT|JOIN|ON|ORDER|LIMIT|OVER|PARTITION|NULL|IS|IN|BETWEEN|LIKE)\b/gi;
function Sql({ text }: { text: string }) {
  const parts: preact.ComponentChild[] = [];
  let last = 0;
  for (const m of text.matchAll(keywords)) {
    parts.push(text.slice(last, m.index), <span class={m[1] ? 'str' : m[2] ? 'com' : 'key'}>{m[0]}</span>);
    last = m.index + m[0].length;
  }
  parts.push(text.slice(last));
  return <pre class="sql"><code>{parts}</code></pre>;
}

type Input = JobView['inputs'][number];

function Job({ job, now }: { job: JobView; now: number }) {
  const facts: [string, string, string?][] = [
    [t('watermarkDelay'), duration(age(job.watermark_ms, now)), job.watermark_ms === null ? undefined : clock(job.watermark_ms)],
    [t('rowsIn'), rate(job.rows_in_rate), compact(job.rows_in)], [t('rowsOut'), rate(job.rows_out_rate), compact(job.rows_out)],
    [t('late'), int(job.late_rows)], [t('dropped'), int(job.dropped_rows)],
    [t('stateSize'), bytes(job.state_bytes), job.state_keys === null ? undefined : `${compact(job.state_keys)} ${t('keys')}`],
    [t('emit'), job.emit_p50_ms === null && job.emit_p99_ms === null ? unknown : `${num(job.emit_p50_ms)} / ${ms(job.emit_p99_ms)}`],
    [t('checkpoint'), job.last_checkpoint_ms === null ? unknown : t('ago', { t: duration(age(job.last_checkpoint_ms, now)) }), job.checkpoints === null ? undefined : t('checkpoints', { n: compact(job.checkpoints) })],
    [t('guarantee'), job.guarantee ? word(job.guarantee) : unknown],
  ];
  const inputs: Column<Input>[] = [
    { id: 'topic', title: t('partition'), value: (r) => `${r.topic}-${r.partition}`, wide: true },
    { id: 'position', title: t('position'), value: (r) => r.position, show: (r) => int(r.position), number: true },
    { id: 'lag', title: t('lag'), value: (r) => r.lag, show: (r) => int(r.lag), number: true },
    { id: 'watermark', title: t('watermark'), value: (r) => r.watermark_ms, show: (r) => (r.watermark_ms === null ? unknown : clock(r.watermark_ms)), number: true },
    { id: 'delay', title: t('watermarkDelay'), value: (r) => age(r.watermark_ms, now), show: (r) => (r.idle ? <span class="muted">{t('idle')}</span> : duration(age(r.watermark_ms, now))), number: true },
  ];
  return (
    <>
      <div class="title"><a class="back" href="/jobs">{t('jobs')}</a><h1>{job.name}</h1><Tag level={levelOf[job.state] ?? 'idle'}>{word(job.state)}</Tag>
        <span class="muted">→ <a href={`/topics/${encodeURIComponent(job.output_topic)}`}>{job.output_topic}</a></span></div>
      {job.error && <p class="error" role="alert">{job.error}</p>}
      <dl class="facts row panel">{facts.map(([k, v, more]) => <div key={k}><dt>{k}</dt><dd>{v}{more && <small>{more}</small>}</dd></div>)}</dl>
      <div class="halves">
        <Panel title={t('sql')} side={<CopyButton text={() => job.sql} />}><Sql text={job.sql} /></Panel>
        {job.inputs.length > 0 && <Panel title={t('inputs')}><DataTable id="i" label={t('inputs')} rows={job.inputs} columns={inputs} rowKey={(r) => `${r.topic}-${r.partition}`} filterable={false} /></Panel>}
      </div>
    </>
  );
}
