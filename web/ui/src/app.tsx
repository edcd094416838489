import { signal, effect } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { connection, lastMessageAt } from './live';
import { isDark } from './parts/chart';
import { navigate, pages, pathOf, route, type Page } from './router';
import { channel, paused, setPaused } from './store';
import { language, setLanguage, t, type Key } from './strings';
import type { Meta } from './types';
import { Wall } from './pages/wall';
import { Cluster } from './pages/cluster';
import { Replication } from './pages/replication';
import { Topics } from './pages/topics';
import { Groups } from './pages/groups';
import { Jobs } from './pages/jobs';

const views: Record<Page, () => preact.ComponentChild> = { wall: Wall, cluster: Cluster, replication: Replication, topics: Topics, groups: Groups, jobs: Jobs };

// --- theme -------------------------------------------------------------------------------------------------------------------
type Theme = 'auto' | 'light' | 'dark';
const read = (key: string) => { try { return localStorage.getItem(key); } catch { return null; } };
const theme = signal<Theme>((read('weir.theme') as Theme) ?? 'auto');
const systemDark = matchMedia('(prefers-color-scheme: dark)');
const applyTheme = () => {
  isDark.value = theme.value === 'dark' || (theme.value === 'auto' && systemDark.matches);
  document.documentElement.dataset.theme = theme.value;
};
effect(applyTheme);
systemDark.addEventListener('change', applyTheme);
function cycleTheme() {
  theme.value = theme.value === 'auto' ? (systemDark.matches ? 'light' : 'dark') : theme.value === 'dark' ? (systemDark.matches ? 'auto' : 'light') : systemDark.matches ? 'dark' : 'auto';
  try { localStorage.setItem('weir.theme', theme.value); } catch { /* private mode */ }
}

// --- keys --------------------------------------------------------------------------------------------------------------------
const help = signal(false);
const kiosk = signal(false);
const now = signal(Date.now());
function setKiosk(on: boolean) {
  kiosk.value = on;
  if (on) void document.documentElement.requestFullscreen?.().catch(() => {});
  else if (document.fullscreenElement) void document.exitFullscreen();
}
document.addEventListener('fullscreenchange', () => { if (!document.fullscreenElement) kiosk.value = false; });
const goKeys: Record<string, Page> = { w: 'wall', c: 'cluster', r: 'replication', t: 'topics', g: 'groups', j: 'jobs' };
let goUntil = 0;
function onKey(event: KeyboardEvent) {
  const typing = /^(INPUT|TEXTAREA|SELECT)$/.test((event.target as Element).tagName);
  if (event.key === 'Escape') {
    if (typing) (event.target as HTMLElement).blur();
    help.value = false;
    setKiosk(false);
    return;
  }
  if (typing || event.metaKey || event.ctrlKey || event.altKey) return;
  if (Date.now() < goUntil) {
    goUntil = 0;
    const page = goKeys[event.key];
    if (page) { event.preventDefault(); navigate(pathOf(page)); }
    return;
  }
  if (event.key === 'g') goUntil = Date.now() + 1500;
  else if (event.key === '/') {
    const field = document.querySelector<HTMLInputElement>('input[type=search]');
    if (field) { event.preventDefault(); field.focus(); field.select(); }
  } else if (event.key === '?') help.value = !help.value;
  else if (event.key === 'f') setKiosk(!kiosk.value);
  else if (event.key === 'p') setPaused(!paused.value);
  else if (event.key === 'd') cycleTheme();
}

function Connection() {
  // The cluster channel brings its time twice a second; silence for five seconds on a live socket means that the node does not answer.
  const quiet = connection.value === 'live' && now.value - lastMessageAt.value > 5000 && !document.hidden;
  const state = connection.value !== 'live' ? connection.value : quiet ? 'stale' : paused.value ? 'paused' : 'live';
  const text: Record<string, Key> = { live: 'live', connecting: 'connecting', reconnecting: 'reconnecting', stale: 'stale', paused: 'pausedState' };
  return <span class={`connection ${state}`} role="status"><i aria-hidden="true" />{t(text[state])}</span>;
}

function Help() {
  const rows: [string[], string][] = [
    [['/'], t('keySearch')], [['g', 'w c r t g j'], t('keyGo')], [['f'], t('keyKiosk')], [['p'], t('keyPause')], [['d'], t('keyTheme')], [['?'], t('keyHelp')], [['Esc'], t('keyEsc')],
  ];
  return (
    <div class="veil" onClick={() => { help.value = false; }}>
      <div class="dialog" role="dialog" aria-modal="true" aria-label={t('keysTitle')} onClick={(e) => e.stopPropagation()}>
        <h2>{t('keysTitle')}</h2>
        <dl>{rows.map(([keys, text]) => <div key={text}><dt>{keys.map((k) => <kbd key={k}>{k}</kbd>)}</dt><dd>{text}</dd></div>)}</dl>
        <button class="control" ref={(e) => e?.focus()} onClick={() => { help.value = false; }}>{t('close')}</button>
      </div>
    </div>
  );
}

const themeIcon = { auto: <><circle cx="8" cy="8" r="5.500" /><path d="M8 2.500v11A5.500 5.500 0 008 2.500z" class="solid" /></>, light: <><circle cx="8" cy="8" r="3" /><path d="M8 1v1.500M8 13.500V15M1 8h1.500M13.500 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1" /></>, dark: <path d="M13 9.800A5.600 5.600 0 016.200 3a5.600 5.600 0 106.800 6.800z" /> };

export function App() {
  const { page } = route.value;
  useEffect(() => {
    document.addEventListener('keydown', onKey);
    const timer = setInterval(() => { now.value = Date.now(); }, 1000);
    const cluster = channel('cluster');  // its heartbeat tells that the node answers, on whatever page
    cluster.acquire();
    return () => { document.removeEventListener('keydown', onKey); clearInterval(timer); cluster.release(); };
  }, []);
  useEffect(() => { document.title = page === 'wall' ? 'Weir' : `${t(page)} · Weir`; }, [page, language.value]);
  // On a phone the tabs scroll: the one of this page is to be seen.
  useEffect(() => { document.querySelector('.top nav [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'nearest' }); }, [page, language.value]);
  const View = views[page];
  const meta = channel('cluster');
  meta.version.value;
  const local = meta.get<Meta>('meta')?.local_node;
  return (
    <div class={`shell ${kiosk.value ? 'kiosk' : ''} on-${page}`}>
      <a class="skip" href="#main">{t('skip')}</a>
      <header class="top">
        <a class="brand" href="/" aria-label="Weir">
          <svg viewBox="0 0 32 24" aria-hidden="true"><path d="M2 7c4.500 0 4.500 3 9 3s4-3 4-3v11" class="a" /><path d="M15 7h4c5.500 0 3.500 11 11 11M2 18h28" class="b" /></svg>
          <b>Weir</b>
        </a>
        <nav aria-label="Pages">{pages.map((p) => <a key={p} href={pathOf(p)} aria-current={p === page ? 'page' : undefined}>{t(p)}</a>)}</nav>
        <div class="status">
          <Connection />
          {local !== undefined && <span class="muted local">{t('node')} {local}</span>}
          <button class="icon-button lang" onClick={() => setLanguage(language.value === 'en' ? 'zh' : 'en')}>{t('language')}</button>
          <button class="icon-button" onClick={cycleTheme} aria-label={t(theme.value === 'auto' ? 'themeAuto' : theme.value === 'light' ? 'themeLight' : 'themeDark')} title={t('theme')}><svg viewBox="0 0 16 16" aria-hidden="true">{themeIcon[theme.value]}</svg></button>
          <button class="icon-button key" onClick={() => { help.value = true; }} aria-label={t('help')} title={t('help')}>?</button>
        </div>
      </header>
      <main id="main" tabIndex={-1}><View /></main>
      {help.value && <Help />}
    </div>
  );
}
