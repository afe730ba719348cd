// The talks as the engine keeps them: functions from one immutable `Talk` to the next.

import { isRoom, nick, talkKey } from "./names";
import type { Line, Message } from "./protocol";
import type { Happened, Item, Problem, Said, Status, Talk, TalkKey } from "./types";

/** What the engine knows of a talk beside what it shows. */
export interface Kept extends Talk {
  /** Up to this `seq` nothing is missing; 0: no history was fetched yet. */
  readonly cursor: number;
  /** From this `seq` on nothing is missing: where `older` goes on. 0: no history was fetched yet. */
  readonly floor: number;
  /** Up to this `order` everything is read; null: not known yet. */
  readonly readTo: number | null;
  /** Its history is wanted: somebody has opened it. */
  readonly wanted: boolean;
}

/** Shown at most, in one talk; what is older is fetched again when it is asked for. */
export const MOST_ITEMS = 2000;

/** Client-only tag the server sets on what an agent says for a desk. */
export const DESK_TAG = "imd/desk";

export function newTalk(key: TalkKey, kind: Talk["kind"], domain: string): Kept {
  return {
    key,
    kind,
    address: key.includes("@") || !domain ? key : `${key}@${domain}`,
    title: nick(key),
    items: [],
    unread: 0,
    firstUnread: null,
    last: 0,
    typing: [],
    conversation: null,
    hasOlder: true,
    loading: false,
    room: kind === "room" ? { joined: false, topic: "", members: [], count: 0 } : null,
    problem: null,
    cursor: 0,
    floor: 0,
    readTo: null,
    wanted: false,
  };
}

/** The key of the talk a message belongs to. */
export function talkOf(line: Line | Message, me: TalkKey, domain: string): TalkKey {
  if (isRoom(line.to)) return talkKey(line.to, domain);
  const from = talkKey(line.from, domain);
  if (from === me) return talkKey(line.to, domain);
  return talkKey(line.tags?.[DESK_TAG] || from, domain);
}

const byOrder = (a: Item, b: Item) => a.order - b.order;

/** What one waits for stands at the end, in the order of sending. */
export const PENDING = 2 ** 53;

/** Rank of a status on its way: it never goes back. */
const RANK: Record<Status, number> = { received: 0, sending: 1, failed: 2, sent: 3, kept: 4, delivered: 5, read: 6 };

export function further(now: Status, next: Status): Status {
  return RANK[next] > RANK[now] || now === "failed" ? next : now;
}

/**
 * Puts items into their places; those with a known id or client id are merged with what is there. `trim`: the oldest may
 * go to make room for them.
 */
export function put(talk: Kept, news: readonly Item[], trim = true): Kept {
  if (!news.length) return talk;
  const items = [...talk.items];
  for (const item of news) {
    const at = find(items, item);
    const known = items[at];
    if (known) items[at] = merged(known, item);
    else items.push(item);
  }
  items.sort(byOrder);
  const kept = trim && items.length > MOST_ITEMS ? items.slice(-MOST_ITEMS) : items;
  const dropped = kept.length < items.length;
  return counted({
    ...talk,
    items: kept,
    last: Math.max(talk.last, ...news.map((item) => (item.kind === "event" ? 0 : item.time))),
    ...(dropped ? { hasOlder: true, floor: kept[0]?.order ?? talk.floor } : {}),
  });
}

function find(items: readonly Item[], item: Item): number {
  if (item.kind === "event") return items.findIndex((other) => other.key === item.key);
  return items.findIndex(
    (other) =>
      other.kind !== "event" &&
      ((item.id !== "" && other.id === item.id) || (item.clientId !== "" && other.clientId === item.clientId)),
  );
}

function merged(known: Item, item: Item): Item {
  if (known.kind === "event" || item.kind === "event") return item;
  // What came from the server is as it was said for good; only the way it was sent is known here alone.
  const status = item.mine ? further(known.status, item.status) : item.status;
  return { ...item, key: known.key, clientId: known.clientId || item.clientId, status, name: item.name || known.name };
}

/** `unread` and `firstUnread` anew. */
export function counted(talk: Kept): Kept {
  const readTo = talk.readTo ?? 0;
  let unread = 0;
  let first: string | null = null;
  for (const item of talk.items) {
    if (item.kind === "event" || item.mine || item.order <= readTo || item.order === PENDING) continue;
    unread += 1;
    first ??= item.key;
  }
  // Where "new" is drawn stays while one reads on.
  return { ...talk, unread, firstUnread: first ?? talk.firstUnread };
}

/** Without what was taken back. */
export function without(talk: Kept, ids: readonly string[]): Kept {
  const items = talk.items.filter((item) => item.kind === "event" || !ids.includes(item.id));
  return items.length === talk.items.length ? talk : counted({ ...talk, items });
}

/** What the server tells of a message, as an item. */
export function said(line: Line | Message, mine: boolean, name: string): Said {
  return {
    key: line.id,
    id: line.id,
    clientId: "",
    from: line.from,
    name,
    mine,
    body: line.body,
    kind: line.kind ?? "text",
    time: line.time * 1000,
    order: line.seq,
    status: mine ? "sent" : "received",
    problem: null,
  };
}

export function happened(
  event: Happened["event"],
  key: string,
  time: number,
  who: string,
  name: string,
  by = "",
  text = "",
): Happened {
  return {
    kind: "event",
    event,
    key: `event:${key}`,
    time: time * 1000,
    order: Math.round(time * 1e6),
    who,
    name,
    by,
    text,
  };
}

/** One of our own messages has come a step further. */
export function step(talk: Kept, clientId: string, change: (item: Said) => Said): Kept {
  const before = talk.items.find((item): item is Said => item.kind !== "event" && item.clientId === clientId);
  if (!before) return talk;
  const after = change(before);
  // The history may have brought it already, from before the connection was cut.
  const same = (item: Item) => item !== before && item.kind !== "event" && item.id !== "" && item.id === after.id;
  const items = talk.items.filter((item) => !same(item)).map((item) => (item === before ? after : item));
  return counted({ ...talk, items: items.sort(byOrder), last: Math.max(talk.last, after.time) });
}

/** A message of ours has become `delivered` or `read`; who has read it has read what was sent before it, too. */
export function receipt(talk: Kept, id: string, clientId: string, status: "delivered" | "read"): Kept {
  const target = talk.items.find(
    (item): item is Said =>
      item.kind !== "event" && item.mine && (item.id === id || (clientId !== "" && item.clientId === clientId)),
  );
  if (!target) return talk;
  return {
    ...talk,
    items: talk.items.map((item) => {
      if (item.kind === "event" || !item.mine || item.order > target.order) return item;
      const before = item !== target;
      if (before && (status !== "read" || RANK[item.status] < RANK.sent)) return item;
      const next = further(item.status, status);
      return next === item.status ? item : { ...item, status: next };
    }),
  };
}

export function failed(item: Said, problem: Problem): Said {
  // It stands where it was said, and waits for nothing.
  return { ...item, order: item.time * 1000, status: "failed", problem };
}

/** The talk under another name: a person or a room was renamed. */
export function under(talk: Kept, key: TalkKey, domain: string, title: string): Kept {
  return { ...talk, key, address: newTalk(key, talk.kind, domain).address, title };
}
