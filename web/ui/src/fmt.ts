// Numbers for people. Unknown is "–", never 0.
export const unknown = '–';
type N = number | null | undefined;
const known = (n: N): n is number => n !== null && n !== undefined && Number.isFinite(n);

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
export const int = (n: N) => (known(n) ? whole.format(n) : unknown);

/** As many digits as matter, thousands separated: 2,384 · 98.4 · 0.41. */
export function num(n: N): string {
  if (!known(n)) return unknown;
  const a = Math.abs(n);
  if (a >= 100_000) return si(n);
  if (a >= 100) return whole.format(n);
  return n.toFixed(a >= 1 ? 1 : a === 0 ? 0 : a >= 0.1 ? 2 : 3);
}
function si(n: number): string {
  const units: [number, string][] = [[1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k']];
  for (const [size, unit] of units) if (Math.abs(n) >= size) return (n / size).toFixed(Math.abs(n) >= 100 * size ? 0 : Math.abs(n) >= 10 * size ? 1 : 2) + ' ' + unit;
  return whole.format(n);
}
export const compact = (n: N) => (known(n) ? (Math.abs(n) < 10_000 ? whole.format(n) : si(n)) : unknown);

export function bytes(n: N): string {
  if (!known(n)) return unknown;
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let i = 0;
  while (Math.abs(n) >= 1024 && i < units.length - 1) { n /= 1024; i++; }
  return `${i === 0 || n >= 100 ? Math.round(n) : n.toFixed(n >= 10 ? 1 : 2)} ${units[i]}`;
}
export const byteRate = (n: N) => (known(n) ? bytes(n) + '/s' : unknown);
export const rate = (n: N) => (known(n) ? num(n) + '/s' : unknown);
export function pct(n: N, digits = 2): string {
  if (!known(n)) return unknown;
  const p = n * 100;
  return (p === 0 || p === 100 ? String(p) : p.toFixed(digits)) + ' %';
}
export function ms(n: N): string {
  if (!known(n)) return unknown;
  return n >= 10_000 ? (n / 1000).toFixed(1) + ' s' : num(n) + ' ms';
}
export function duration(n: N): string {
  if (!known(n)) return unknown;
  const s = Math.floor(n / 1000);
  if (n < 1000) return `${Math.round(n)} ms`;
  if (s < 60) return n < 10_000 ? `${(n / 1000).toFixed(1)} s` : `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
}
export const clock = (t: N) => (known(t) ? new Date(t).toLocaleTimeString('en-GB') : unknown);
