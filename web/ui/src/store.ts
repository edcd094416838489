// What the channels hold, as signals. A page asks with useChannel; the subscription lives while some page needs it, and a hidden tab has none.
import { signal, type Signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { subscribe, type Message } from './live';

export const paused = signal(false);

export class ChannelStore {
  items = new Map<string, unknown>();
  /** Grows with each change that may be shown; 0: nothing came yet. */
  version: Signal<number> = signal(0);
  private users = 0;
  private link: ReturnType<typeof subscribe> | null = null;
  private position: { seq?: number; epoch?: string } = {};
  private missed = false;

  constructor(private channel: string, private params: Record<string, unknown> = {}) {}

  private onMessage = (m: Message) => {
    if (m.op === 'snapshot') this.items = new Map(Object.entries(m.items ?? {}));
    for (const key in m.set ?? {}) this.items.set(key, m.set![key]);
    for (const key of m.del ?? []) this.items.delete(key);
    this.changed();
  };
  private changed() {
    if (paused.peek() && this.version.peek() > 0) this.missed = true;
    else this.version.value++;
  }
  catchUp() {
    if (!this.missed) return;
    this.missed = false;
    this.version.value++;
  }
  update() {
    const wanted = this.users > 0 && !document.hidden;
    if (wanted && !this.link) this.link = subscribe(this.channel, this.params, this.onMessage, this.position);
    if (!wanted && this.link) {
      this.position = this.link.position;
      this.link.end();
      this.link = null;
    }
  }
  acquire() { this.users++; this.update(); }
  release() { this.users--; window.setTimeout(() => this.update(), 1000); }

  get<T>(key: string): T | undefined { return this.items.get(key) as T | undefined; }
  list<T>(prefix: string): T[] {
    const out: T[] = [];
    for (const [key, value] of this.items) if (key.startsWith(prefix) && key !== 'meta') out.push(value as T);
    return out;
  }
}

const stores = new Map<string, ChannelStore>();
export function channel(name: string, params: Record<string, unknown> = {}): ChannelStore {
  const key = name + JSON.stringify(params);
  let store = stores.get(key);
  if (!store) stores.set(key, (store = new ChannelStore(name, params)));
  return store;
}

/** The store, subscribed while the component is there; the component renders again with each change. */
export function useChannel(name: string, params: Record<string, unknown> = {}): ChannelStore {
  const store = channel(name, params);
  useEffect(() => {
    store.acquire();
    return () => store.release();
  }, [store]);
  store.version.value;
  return store;
}

document.addEventListener('visibilitychange', () => { for (const store of stores.values()) store.update(); });
export function setPaused(value: boolean) {
  paused.value = value;
  if (!value) for (const store of stores.values()) store.catchUp();
}
