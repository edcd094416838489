// A table that sorts, filters, copies and keeps its state in the URL.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { route, setQuery } from '../router';
import { t } from '../strings';
import { CopyButton } from './bits';

export interface Column<T> {
  id: string;
  title: string;
  /** What is sorted and copied. null: unknown, sorts last. */
  value: (row: T) => string | number | null | undefined;
  show?: (row: T) => ComponentChildren;
  number?: boolean;
  wide?: boolean;
  /** Hidden where the page is narrow. */
  minor?: boolean;
}

const pageSize = 200;

export function sortRows<T>(rows: T[], columns: Column<T>[], sort: string): T[] {
  const down = sort.startsWith('-');
  const column = columns.find((c) => c.id === sort.replace(/^-/, ''));
  if (!column) return rows;
  const sign = down ? -1 : 1;
  return [...rows].sort((a, b) => {
    const x = column.value(a), y = column.value(b);
    if (x === y) return 0;
    if (x === null || x === undefined) return 1;
    if (y === null || y === undefined) return -1;
    return sign * (typeof x === 'number' && typeof y === 'number' ? x - y : String(x).localeCompare(String(y), undefined, { numeric: true }));
  });
}

const csvCell = (v: unknown) => { const s = v === null || v === undefined ? '' : String(v); return /[",\n]/.test(s) ? `"${s.replaceAll('"', '""')}"` : s; };

export function DataTable<T>({ rows, columns, id, rowKey, href, label, start, tools, filterable = true }: {
  rows: T[]; columns: Column<T>[]; id: string; rowKey: (row: T) => string; href?: (row: T) => string; label: string; start?: string;
  tools?: ComponentChildren; filterable?: boolean;
}) {
  const { query } = route.value;
  const [all, setAll] = useState(false);
  const sort = query.get(id + 'sort') ?? start ?? columns[0].id;
  const q = filterable ? query.get('q') ?? '' : '';
  const needle = q.toLowerCase();
  const matching = needle ? rows.filter((r) => columns.some((c) => String(c.value(r) ?? '').toLowerCase().includes(needle))) : rows;
  const sorted = sortRows(matching, columns, sort);
  const shown = all ? sorted : sorted.slice(0, pageSize);
  const sortBy = (c: Column<T>) => setQuery(id + 'sort', sort === c.id ? '-' + c.id : sort === '-' + c.id ? c.id : c.number ? '-' + c.id : c.id);
  const csv = () => [columns.map((c) => csvCell(c.title)), ...sorted.map((r) => columns.map((c) => csvCell(c.value(r))))].map((l) => l.join(',')).join('\n');
  return (
    <div class="data">
      <div class="tools">
        {filterable && <Search />}
        {tools}
        <span class="grow" />
        <span class="muted count">{needle ? `${matching.length} / ${rows.length}` : rows.length}</span>
        <CopyButton text={csv} label={t('csv')} />
      </div>
      <div class="scroll">
        <table aria-label={label}>
          <thead>
            <tr>
              {columns.map((c) => {
                const way = sort === c.id ? 'ascending' : sort === '-' + c.id ? 'descending' : undefined;
                return (
                  <th key={c.id} class={cls(c)} aria-sort={way}>
                    <button onClick={() => sortBy(c)}>{c.title}<span class="arrow" aria-hidden="true">{way === 'ascending' ? '↑' : way === 'descending' ? '↓' : ''}</span></button>
                  </th>
                );
              })}
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <tr key={rowKey(row)} class={href ? 'link' : ''}>
                {columns.map((c, i) => {
                  const content = c.show ? c.show(row) : c.value(row) ?? '–';
                  return <td key={c.id} class={cls(c)}>{i === 0 && href ? <a href={href(row)}>{content}</a> : content}</td>;
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {needle && !matching.length && <p class="muted pad">{t('noMatch', { q })}</p>}
      {shown.length < sorted.length && <button class="quiet more" onClick={() => setAll(true)}>{t('showAll', { n: sorted.length })}</button>}
    </div>
  );
}
const cls = <T,>(c: Column<T>) => `${c.number ? 'n' : ''} ${c.wide ? 'wide' : ''} ${c.minor ? 'minor' : ''}`;

export function Search() {
  return (
    <label class="search">
      <svg viewBox="0 0 16 16" aria-hidden="true"><circle cx="7" cy="7" r="4.500" /><path d="M10.500 10.500L14 14" /></svg>
      <input type="search" placeholder={t('filter')} aria-label={t('filter')} value={route.value.query.get('q') ?? ''} onInput={(e) => setQuery('q', e.currentTarget.value)} />
      <kbd aria-hidden="true">/</kbd>
    </label>
  );
}
