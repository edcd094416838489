// The one WebSocket. Subscriptions survive it: after a reconnect each says which sequence number it saw last and gets only what it missed.
import { signal } from '@preact/signals';

export type ConnectionState = 'connecting' | 'live' | 'reconnecting';
export interface Message {
  op: string; id: number; seq: number; prev?: number; epoch?: string; gap?: boolean; message?: string;
  items?: Record<string, unknown>; set?: Record<string, unknown>; del?: string[];
  tables?: SeriesTable[]; rows?: SeriesRow[]; changes?: (SeriesTable | SeriesRow | string)[];
}
export interface SeriesTable { t: number; job: string; table: string; topic: string; keys: string[]; metrics: string[] }
export type SeriesRow = [table: number, keys: string[], start: number, end: number, metrics: (number | null)[]];
interface Subscription { id: number; channel: string; params: Record<string, unknown>; seq?: number; epoch?: string; onMessage: (m: Message) => void }

export const connection = signal<ConnectionState>('connecting');
export const lastMessageAt = signal(Date.now());
/** For the browser test: what happened on the wire. */
export const wireStats = { snapshots: 0, deltas: 0, resumes: 0, gaps: 0, opened: 0 };

const subscriptions = new Map<number, Subscription>();
let socket: WebSocket | null = null;
let nextId = 1;
let attempts = 0;
let retryTimer = 0;

function send(subscription: Subscription) {
  if (socket?.readyState !== WebSocket.OPEN) return;
  socket.send(JSON.stringify({
    op: 'sub', id: subscription.id, channel: subscription.channel, params: subscription.params,
    from_seq: subscription.seq, epoch: subscription.epoch,
  }));
}

function onMessage(text: string) {
  const message = JSON.parse(text) as Message;
  lastMessageAt.value = Date.now();
  if (message.op !== 'snapshot' && message.op !== 'delta') {
    if (message.op === 'error') console.warn('live:', message.message);
    return;
  }
  const subscription = subscriptions.get(message.id);
  if (!subscription) return;
  if (message.op === 'delta' && message.prev !== subscription.seq) {  // cannot happen on one connection; ask anew if it does
    subscription.seq = undefined;
    return send(subscription);
  }
  if (message.op === 'snapshot') wireStats.snapshots++;
  else wireStats.deltas++;
  if (message.gap) wireStats.gaps++;
  subscription.seq = message.seq;
  if (message.epoch) subscription.epoch = message.epoch;
  subscription.onMessage(message);
}

export function connect() {
  window.clearTimeout(retryTimer);
  const url = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/v1/live`;
  const mine = new WebSocket(url);
  socket = mine;
  mine.onopen = () => {
    attempts = 0;
    wireStats.opened++;
    connection.value = 'live';
    for (const subscription of subscriptions.values()) {
      if (subscription.seq !== undefined) wireStats.resumes++;
      send(subscription);
    }
  };
  mine.onmessage = (event) => onMessage(event.data as string);
  mine.onclose = () => {
    if (socket !== mine) return;
    socket = null;
    connection.value = attempts === 0 && wireStats.opened === 0 ? 'connecting' : 'reconnecting';
    const wait = Math.min(5000, 200 * 2 ** attempts) * (0.75 + Math.random() / 2);
    attempts++;
    retryTimer = window.setTimeout(connect, wait);
  };
}

/** Closes the socket as a lost network would; the browser test uses it. */
export function dropConnection() { socket?.close(); }

/** `from` continues an earlier subscription whose content is still in memory. */
export function subscribe(channel: string, params: Record<string, unknown>, onMessage: (m: Message) => void, from?: { seq?: number; epoch?: string }) {
  const subscription: Subscription = { id: nextId++, channel, params, onMessage, ...from };
  subscriptions.set(subscription.id, subscription);
  send(subscription);
  return {
    get position() { return { seq: subscription.seq, epoch: subscription.epoch }; },
    end() {
      subscriptions.delete(subscription.id);
      if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ op: 'unsub', id: subscription.id }));
    },
  };
}

window.addEventListener('online', () => { if (!socket) connect(); });
