// Small things every page uses.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { t, word, type Key } from '../strings';
import type { EventView, PartitionState } from '../types';
import { clock } from '../fmt';

export type Level = 'ok' | 'warn' | 'crit' | 'idle';

// One shape per level, so that the colour is never alone.
const shapes: Record<Level, ComponentChildren> = {
  ok: <><circle cx="8" cy="8" r="7" class="fill" /><path d="M4.800 8.200l2.200 2.200 4.200-4.600" class="ink" /></>,
  warn: <><path d="M8 1.200l7 12.900H1z" class="fill" /><path d="M8 5.800v4M8 12v.1" class="ink" /></>,
  crit: <><path d="M5 1h6l4 4v6l-4 4H5l-4-4V5z" class="fill" /><path d="M5.600 5.600l4.800 4.800M10.400 5.600l-4.800 4.800" class="ink" /></>,
  idle: <circle cx="8" cy="8" r="6" class="ring" />,
};
export const Icon = ({ level }: { level: Level }) => <svg class={`icon ${level}`} viewBox="0 0 16 16" aria-hidden="true">{shapes[level]}</svg>;

export function Tag({ level, children }: { level: Level; children: ComponentChildren }) {
  return <span class={`tag ${level}`}><Icon level={level} />{children}</span>;
}

export const stateLevel: Record<PartitionState, Level> = { o: 'ok', u: 'warn', m: 'crit', l: 'crit' };
export const stateText: Record<PartitionState, Key> = { o: 'inSync', u: 'underReplicated', m: 'belowMin', l: 'noLeader' };

export function Panel({ title, side, children, class: extra = '' }: { title: ComponentChildren; side?: ComponentChildren; children: ComponentChildren; class?: string }) {
  return (
    <section class={`panel ${extra}`}>
      <header><h2>{title}</h2>{side && <div class="side">{side}</div>}</header>
      {children}
    </section>
  );
}

export function CopyButton({ text, label }: { text: () => string; label?: string }) {
  const [done, setDone] = useState(false);
  const copy = async () => {
    try { await navigator.clipboard.writeText(text()); } catch { return; }
    setDone(true);
    setTimeout(() => setDone(false), 1500);
  };
  return <button class="quiet" onClick={copy}>{done ? t('copied') : label ?? t('copy')}</button>;
}

/** Never an empty page: what to type so that something appears. */
export function Empty({ title, text, commands }: { title: string; text: string; commands: string[] }) {
  return (
    <div class="empty">
      <svg viewBox="0 0 96 40" aria-hidden="true"><path d="M2 14c9 0 9 6 18 6s9-6 18-6 9 0 9 0v22" /><path d="M47 14h8c14 0 8 20 22 20h17M2 36h92" class="b" /></svg>
      <h2>{title}</h2>
      <p>{text}</p>
      {commands.map((c) => <div class="command" key={c}><code>{c}</code><CopyButton text={() => c} /></div>)}
    </div>
  );
}

const eventLevel: Record<string, Level> = { leader_change: 'warn', isr_shrink: 'warn', node_down: 'crit', log_dir_offline: 'crit', isr_expand: 'ok', node_up: 'ok' };
export function Events({ events }: { events: EventView[] }) {
  if (!events.length) return <p class="muted pad">{t('noEvents')}</p>;
  return (
    <ol class="events">
      {grouped(events).map(([e, ...more]) => (
        <li key={e.seq} class={eventLevel[e.kind] === 'crit' ? 'crit' : ''}>
          <time>{clock(e.time_ms)}</time>
          <Icon level={eventLevel[e.kind] ?? 'idle'} />
          {more.length ? (
            <details><summary><span class="sr">{word(`ev_${e.kind}`)}: </span>{e.text} <span class="muted">{t('andMore', { n: more.length })}</span></summary>{more.map((m) => <div key={m.seq}>{m.text}</div>)}</details>
          ) : <span><span class="sr">{word(`ev_${e.kind}`)}: </span>{e.text}</span>}
        </li>
      ))}
    </ol>
  );
}
/** Events of one kind within three seconds, as when a node leaves all its partitions, are one line. Newest first. */
function grouped(events: EventView[]): EventView[][] {
  const groups: EventView[][] = [];
  for (const e of events) {
    const open = groups.find((g) => g[0].kind === e.kind && g[0].time_ms - e.time_ms < 3000 && groups.indexOf(g) >= groups.length - 4);
    if (open) open.push(e);
    else groups.push([e]);
  }
  return groups;
}
/** Newest first. */
export const newest = (events: EventView[], count: number) => [...events].sort((a, b) => b.seq - a.seq).slice(0, count);

export function Meter({ value, of, label }: { value: number | null; of: number | null; label: string }) {
  const ratio = value !== null && of ? Math.min(1, value / of) : 0;
  return <div class="meter" role="img" aria-label={label}><i style={{ transform: `scaleX(${ratio})` }} class={ratio > 0.9 ? 'crit' : ratio > 0.75 ? 'warn' : ''} /></div>;
}
