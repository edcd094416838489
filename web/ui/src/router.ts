// Where we are is in the URL: path = page, query = what of it is shown.
import { computed, signal } from '@preact/signals';

const here = () => location.pathname + location.search;
export const url = signal(here());
export const pages = ['wall', 'cluster', 'replication', 'topics', 'groups', 'jobs'] as const;
export type Page = (typeof pages)[number];

export const route = computed(() => {
  const at = new URL(url.value, location.origin);
  const [first, ...rest] = at.pathname.split('/').filter(Boolean);
  const page = (pages as readonly string[]).includes(first) ? (first as Page) : 'wall';
  return { page, name: rest.length ? decodeURIComponent(rest.join('/')) : '', query: at.searchParams };
});

export function navigate(to: string) {
  if (to === here()) return;
  history.pushState(null, '', to);
  url.value = here();
  window.scrollTo(0, 0);
}
/** Changes one value of the query in place; empty takes it away. */
export function setQuery(name: string, value: string) {
  const query = new URLSearchParams(location.search);
  if (value) query.set(name, value);
  else query.delete(name);
  const text = query.toString();
  history.replaceState(null, '', location.pathname + (text ? '?' + text : ''));
  url.value = here();
}
export const pathOf = (page: Page) => (page === 'wall' ? '/' : '/' + page);

window.addEventListener('popstate', () => { url.value = here(); });
document.addEventListener('click', (event) => {
  const link = (event.target as Element).closest?.('a');
  if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || link.target) return;
  if (link.origin !== location.origin || link.pathname.startsWith('/v1/') || link.pathname === '/metrics') return;
  event.preventDefault();
  navigate(link.pathname + link.search);
});
