// One trend chart: uPlot lines, a crosshair shared by all charts, values under the cursor, and the same as a table.
import { signal } from '@preact/signals';
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { t } from '../strings';
import { clock } from '../fmt';

// Okabe and Ito's palette, in an order whose neighbours differ most; the second round of every pair differs by its dashes too.
export const palettes = {
  light: ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#8a6d00', '#3a9bd5', '#444b52', '#a3480a'],
  dark: ['#56b4e9', '#e69f00', '#2fc79b', '#e39cc4', '#f0e442', '#4f8fd6', '#c9d1d9', '#f07f4a'],
};
export const dashes: number[][] = [[], [7, 3], [2, 2.5], [9, 3, 2, 3], [], [7, 3], [2, 2.5], [9, 3, 2, 3]];
export const isDark = signal(false);
export const seriesColor = (k: number) => palettes[isDark.value ? 'dark' : 'light'][k % 8];
/** Labels that the reader switched off; shared by all charts. */
export const hidden = signal<ReadonlySet<string>>(new Set());

export function Swatch({ k }: { k: number }) {
  return <svg class="swatch" viewBox="0 0 24 8" aria-hidden="true"><line x1="1" x2="23" y1="4" y2="4" stroke={seriesColor(k)} stroke-dasharray={dashes[k % 8].join(' ')} /></svg>;
}

// 1, 2, 5, 10, …: ticks people can read.
const steps = Array.from({ length: 18 * 3 }, (_, i) => +([1, 2, 5][i % 3] * 10 ** (Math.floor(i / 3) - 6)).toPrecision(1));
const sync = uPlot.sync('weir');
const css = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

export interface ChartProps {
  title: string; unit: string; xs: number[]; labels: string[]; columns: (number | null)[][]; format: (v: number | null) => string;
  /** Seconds shown. */
  span: number; zero?: boolean; axis?: (v: number) => string;
  /** Whole numbers: no tick between them. */
  whole?: boolean;
}

export function Chart(props: ChartProps) {
  const { title, unit, xs, labels, columns, format } = props;
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const [table, setTable] = useState(false);
  const [cursor, setCursor] = useState<number | null>(null);
  const dark = isDark.value, off = hidden.value;
  const shape = labels.join('\n') + dark + table;

  useEffect(() => {
    if (!box.current || table) return;
    const host = box.current;
    const font = `${Math.round(parseFloat(getComputedStyle(document.documentElement).fontSize) * 0.75)}px ui-sans-serif, system-ui, sans-serif`;
    const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const axis: uPlot.Axis = { stroke: css('--fg-3'), font, grid: { stroke: css('--line'), width: 1 }, ticks: { show: false } };
    const u = new uPlot({
      width: Math.max(120, host.clientWidth), height: Math.max(80, host.clientHeight), padding: [rem * 0.5, rem * 1.25, 0, 0],
      legend: { show: false }, cursor: { sync: { key: sync.key }, drag: { x: false, y: false }, points: { size: 6, width: 0 } },
      scales: {
        x: { time: true, range: () => { const p = latest.current; const end = p.xs[p.xs.length - 1] ?? Date.now() / 1000; return [end - p.span, end]; } },
        y: { range: (_u, min, max) => { if (!Number.isFinite(max) || max === null) return [0, 1]; const low = latest.current.zero === false ? min : Math.min(0, min); return [low, max <= low ? low + 1 : max + (max - low) * 0.08]; } },
      },
      axes: [
        { ...axis, size: rem * 1.75, gap: 4, space: rem * 5, grid: { show: false }, values: (_u, ticks) => ticks.map((s) => { const d = new Date(s * 1000); return d.getSeconds() ? d.toLocaleTimeString('en-GB') : d.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' }); }) },
        { ...axis, size: rem * 3.25, gap: 6, space: rem * 2.25, incrs: latest.current.whole ? steps.filter((s) => s >= 1) : steps, values: (_u, ticks) => ticks.map((v) => (latest.current.axis ?? ((n: number) => latest.current.format(n)))(v)) },
      ],
      series: [{}, ...latest.current.labels.map((label, k) => ({
        label, stroke: palettes[dark ? 'dark' : 'light'][k % 8], width: 1.75, dash: dashes[k % 8], points: { show: false }, spanGaps: false, show: !hidden.peek().has(label),
      }))],
      hooks: { setCursor: [(self) => setCursor(self.cursor.idx ?? null)] },
    }, [latest.current.xs, ...latest.current.columns] as uPlot.AlignedData, host);
    plot.current = u;
    const watcher = new ResizeObserver(() => { if (host.clientWidth > 0) u.setSize({ width: host.clientWidth, height: Math.max(80, host.clientHeight) }); });
    watcher.observe(host);
    return () => { watcher.disconnect(); u.destroy(); plot.current = null; };
  }, [shape]);

  useEffect(() => { plot.current?.setData([xs, ...columns] as uPlot.AlignedData); }, [xs, columns, shape]);
  useEffect(() => { labels.forEach((l, k) => { const u = plot.current; if (u && u.series[k + 1] && u.series[k + 1].show === off.has(l)) u.setSeries(k + 1, { show: !off.has(l) }); }); }, [off, shape]);

  const values = columns.flat().filter((v): v is number => v !== null);
  const min = values.length ? Math.min(...values) : null, max = values.length ? Math.max(...values) : null;
  const lastIndex = xs.length - 1;
  const summary = t('chartSummary', { title, last: labels.map((l, k) => `${l} ${format(columns[k]?.[lastIndex] ?? null)}`).join(', '), min: format(min), max: format(max) });
  const at = cursor !== null && cursor < xs.length ? cursor : null;
  return (
    <figure class="chart panel" data-chart={title} data-points={xs.length}>
      <header>
        <h2>{title} <small>{unit}</small></h2>
        <button class="quiet" aria-pressed={table} onClick={() => setTable(!table)}>{table ? t('viewChart') : t('viewTable')}</button>
      </header>
      {table ? (
        <div class="scroll tall">
          <table><thead><tr><th>{t('time')}</th>{labels.map((l) => <th class="n" key={l}>{l}</th>)}</tr></thead>
            <tbody>{xs.map((_, i) => i).reverse().slice(0, 100).map((i) => <tr key={xs[i]}><td>{clock(xs[i] * 1000)}</td>{labels.map((l, k) => <td class="n" key={l}>{format(columns[k][i])}</td>)}</tr>)}</tbody>
          </table>
        </div>
      ) : (
        <div class="plot" ref={box} role="img" aria-label={summary} />
      )}
      {at !== null && !table && (
        <div class={`tip ${at > xs.length / 2 ? 'left' : 'right'}`} aria-hidden="true">
          <b>{clock(xs[at] * 1000)}</b>
          {labels.map((l, k) => off.has(l) ? null : <span key={l}><Swatch k={k} /><em>{l}</em><i>{format(columns[k]?.[at] ?? null)}</i></span>)}
        </div>
      )}
      <figcaption class="sr">{summary}</figcaption>
    </figure>
  );
}

/** A small line without axes, for a tile. */
export function Spark({ values }: { values: (number | null)[] }) {
  const points = values.slice(-90);
  const known = points.filter((v): v is number => v !== null);
  if (known.length < 10) return <svg class="spark" aria-hidden="true" />;
  const low = Math.min(...known), high = Math.max(...known), span = high - low || Math.abs(high) || 1;
  const at = points.map((v, i) => (v === null ? null : `${((i / (points.length - 1)) * 100).toFixed(2)},${(26 - ((v - low) / span) * 22).toFixed(2)}`)).filter(Boolean);
  const first = at[0]!.split(',')[0];
  return (
    <svg class="spark" viewBox="0 0 100 28" preserveAspectRatio="none" aria-hidden="true">
      <polygon points={`${first},28 ${at.join(' ')} 100,28`} />
      <polyline points={at.join(' ')} vector-effect="non-scaling-stroke" />
    </svg>
  );
}
